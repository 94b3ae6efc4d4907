# A pool of workers: a group that others only let grow. A worker that is idle ends its own machine, so nobody who does not
# know who is busy ever chooses a machine to end.

locals {
  group   = "${var.name}-${replace(var.pool, "_", "-")}"
  address = "https://compute.googleapis.com/compute/v1/projects/${var.project}/regions/${var.region}/instanceGroupManagers/${local.group}"
  labels  = merge(var.labels, { project = var.name, pool = var.pool })
}

module "host" {
  source = "../../host"

  archive     = var.archive
  database_ca = var.database_ca
  packages    = var.packages
  secrets     = { worker = var.secret_id }

  pools = {
    (var.pool) = {
      gpu               = var.gpu
      drain_seconds     = var.drain_seconds
      idle_exit_seconds = var.idle_exit_seconds
      environment       = var.environment
    }
  }

  environment = {
    worker = {
      KISKADEE_METRICS_LISTEN = "0.0.0.0:9100"
      KISKADEE_MODELS_DIR     = "/srv/kiskadee/models"
      KISKADEE_NOTICE         = "gcp"
      KISKADEE_STORAGE        = var.bucket.storage
    }
  }

  cloud = {
    KISKADEE_CLOUD = "gcp"
    KISKADEE_GROUP = local.address
  }
}

resource "google_compute_instance_template" "this" {
  project      = var.project
  name_prefix  = "${local.group}-"
  region       = var.region
  machine_type = var.machine_type
  tags         = ["worker"]
  labels       = local.labels

  disk {
    source_image = var.image
    disk_size_gb = var.disk_gib
    disk_type    = var.disk_type
    boot         = true
    auto_delete  = true
  }

  # No access_config: no public address.
  network_interface {
    network    = var.network_id
    subnetwork = var.subnetwork_id
  }

  # A spot machine that is taken away is deleted, not stopped: a stopped one's disk is paid for.
  scheduling {
    provisioning_model          = var.spot ? "SPOT" : "STANDARD"
    preemptible                 = var.spot
    automatic_restart           = !var.spot
    on_host_maintenance         = var.spot || var.gpu ? "TERMINATE" : "MIGRATE"
    instance_termination_action = var.spot ? "DELETE" : null
  }

  # Secure boot refuses drivers that somebody built on the machine, as NVIDIA's are.
  shielded_instance_config {
    enable_secure_boot          = !var.gpu
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  # What it may do is said by roles; the scope says nothing.
  service_account {
    email  = google_service_account.this.email
    scopes = ["cloud-platform"]
  }

  metadata = {
    user-data              = module.host.user_data
    block-project-ssh-keys = "true"
    enable-oslogin         = "TRUE"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_region_instance_group_manager" "this" {
  project                          = var.project
  name                             = local.group
  region                           = var.region
  base_instance_name               = local.group
  target_size                      = var.scaling_metric == null ? var.size_least : null
  distribution_policy_zones        = length(var.zones) == 0 ? null : var.zones
  distribution_policy_target_shape = "ANY"

  version {
    instance_template = google_compute_instance_template.this.self_link_unique
  }

  # A new template is for new machines: an update that replaces would end those that work, and so would evening out zones.
  update_policy {
    type                         = "OPPORTUNISTIC"
    minimal_action               = "REPLACE"
    instance_redistribution_type = "NONE"
    max_surge_fixed              = max(3, length(var.zones))
    max_unavailable_fixed        = 0
  }

  instance_lifecycle_policy {
    force_update_on_repair = "YES"
  }

  lifecycle {
    # The queue decides.
    ignore_changes = [target_size]

    precondition {
      condition     = var.size_least <= var.size_most
      error_message = "size_least is not above size_most."
    }
  }
}

resource "google_compute_region_autoscaler" "wanted" {
  count = var.scaling_metric == null ? 0 : 1

  project = var.project
  name    = local.group
  region  = var.region
  target  = google_compute_region_instance_group_manager.this.id

  autoscaling_policy {
    mode            = "ONLY_SCALE_OUT"
    min_replicas    = var.size_least
    max_replicas    = var.size_most
    cooldown_period = 120

    metric {
      name                       = var.scaling_metric.name
      filter                     = var.scaling_metric.filter
      single_instance_assignment = 1
    }
  }
}
