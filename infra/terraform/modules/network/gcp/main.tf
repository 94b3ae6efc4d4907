# A network in which only the balancer has a public address. Audio goes to Cloud Storage by Google's private access, and
# never through NAT, which costs by the byte.

locals {
  # Balancers and their health checks speak from there (Google's documentation of load balancing).
  balancer_cidrs = ["130.211.0.0/22", "35.191.0.0/16"]
}

resource "google_compute_network" "this" {
  #checkov:skip=CKV2_GCP_18:the rules are resources of their own below
  project                         = var.project
  name                            = var.name
  auto_create_subnetworks         = false
  routing_mode                    = "REGIONAL"
  delete_default_routes_on_create = false
}

resource "google_compute_subnetwork" "this" {
  #checkov:skip=CKV_GCP_76:there is no IPv6 in this network
  project                  = var.project
  name                     = var.name
  region                   = var.region
  network                  = google_compute_network.this.id
  ip_cidr_range            = var.cidr
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = var.flow_logs_share
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

resource "google_compute_router" "this" {
  count = var.nat ? 1 : 0

  project = var.project
  name    = var.name
  region  = var.region
  network = google_compute_network.this.id
}

resource "google_compute_router_nat" "this" {
  count = var.nat ? 1 : 0

  project                            = var.project
  name                               = var.name
  region                             = var.region
  router                             = google_compute_router.this[0].name
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# Where Cloud SQL gets its address.
resource "google_compute_global_address" "services" {
  project       = var.project
  name          = "${var.name}-services"
  network       = google_compute_network.this.id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  address       = split("/", var.services_cidr)[0]
  prefix_length = tonumber(split("/", var.services_cidr)[1])
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.this.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]
}

# Whatever no rule lets in stays out: that is Google's own last rule. Machines are known by the tags `edge` and `worker`.
resource "google_compute_firewall" "balancer" {
  project       = var.project
  name          = "${var.name}-balancer-to-edges"
  network       = google_compute_network.this.id
  direction     = "INGRESS"
  source_ranges = local.balancer_cidrs
  target_tags   = ["edge"]

  allow {
    protocol = "tcp"
    ports    = ["8005", "9005"]
  }
}

resource "google_compute_firewall" "relay" {
  project     = var.project
  name        = "${var.name}-workers-to-gateways"
  network     = google_compute_network.this.id
  direction   = "INGRESS"
  source_tags = ["worker"]
  target_tags = ["edge"]

  allow {
    protocol = "tcp"
    ports    = ["8006"]
  }
}

resource "google_compute_firewall" "metrics" {
  for_each = length(var.metrics_cidrs) == 0 ? {} : { edge = "9005", worker = "9100" }

  project       = var.project
  name          = "${var.name}-metrics-of-${each.key}s"
  network       = google_compute_network.this.id
  direction     = "INGRESS"
  source_ranges = var.metrics_cidrs
  target_tags   = [each.key]

  allow {
    protocol = "tcp"
    ports    = [each.value]
  }
}
