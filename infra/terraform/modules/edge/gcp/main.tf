# Edges behind a balancer that speaks TLS. Beside each edge stand its storage gateway, a pooler that speaks TLS to the
# database, and a worker without engines for the chores, so that the queue is kept while no other worker is alive.

locals {
  group  = "${var.name}-edge"
  labels = merge(var.labels, { project = var.name, part = "edge" })
  parts  = ["edge", "pooler", "storage", "worker", "scaler"]

  # For so long an edge says that it is not ready and still answers; the balancer must notice within.
  drain_delay = 15
}

module "host" {
  source = "../../host"

  archive            = var.archive
  parts              = ["edge", "storage", "pooler"]
  pools              = { chores = { environment = { KISKADEE_ENGINES = "none" } } }
  edge_drain_seconds = local.drain_delay
  database           = var.database
  database_ca        = var.database_ca
  secrets            = { for part in local.parts : part => var.secret_ids[part] }
  groups             = { for pool, group in var.groups : pool => { address = group.address, most = group.most } }

  environment = {
    edge = merge({
      KISKADEE_LISTEN         = "0.0.0.0:8005"
      KISKADEE_METRICS_LISTEN = "0.0.0.0:9005"
      # Google's balancer writes two addresses into X-Forwarded-For: the client's, and its own public one.
      KISKADEE_TRUSTED_PROXIES    = join(",", concat(var.balancer_cidrs, ["${google_compute_global_address.this.address}/32"]))
      KISKADEE_BEHIND_POOLER      = "true"
      SPIN_VARIABLE_DATABASE_HOST = "postgres://127.0.0.1:6432"
      SPIN_VARIABLE_STORAGE_URL   = "http://127.0.0.1:8006"
      SPIN_VARIABLE_HSTS          = "on"
    }, var.environment)

    storage = {
      KISKADEE_STORAGE        = var.bucket.storage
      KISKADEE_STORAGE_LISTEN = "0.0.0.0:8006"
    }

    worker = { KISKADEE_STORAGE = var.bucket.storage }
  }

  cloud = { KISKADEE_CLOUD = "gcp" }
}

resource "google_compute_instance_template" "this" {
  project      = var.project
  name_prefix  = "${local.group}-"
  region       = var.region
  machine_type = var.machine_type
  tags         = ["edge"]
  labels       = local.labels

  disk {
    source_image = var.image
    disk_size_gb = 20
    disk_type    = "pd-balanced"
    boot         = true
    auto_delete  = true
  }

  # No access_config: no public address.
  network_interface {
    network    = var.network_id
    subnetwork = var.subnetwork_id
  }

  shielded_instance_config {
    enable_secure_boot          = true
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
  project                   = var.project
  name                      = local.group
  region                    = var.region
  base_instance_name        = local.group
  target_size               = var.size
  distribution_policy_zones = var.zones

  version {
    instance_template = google_compute_instance_template.this.self_link_unique
  }

  named_port {
    name = "http"
    port = 8005
  }

  # New ones are ready before old ones go.
  update_policy {
    type                  = "PROACTIVE"
    minimal_action        = "REPLACE"
    max_surge_fixed       = length(var.zones)
    max_unavailable_fixed = 0
  }

  auto_healing_policies {
    health_check      = google_compute_health_check.alive.id
    initial_delay_sec = 300
  }
}
