# The balancer: TLS at a global address, HTTP to the edges.

resource "google_compute_global_address" "this" {
  project = var.project
  name    = local.group
}

# The process' own readiness: the database decides nothing here, for all edges share it.
resource "google_compute_health_check" "ready" {
  project             = var.project
  name                = "${local.group}-ready"
  check_interval_sec  = 5
  timeout_sec         = 4
  healthy_threshold   = 2
  unhealthy_threshold = 2

  http_health_check {
    port         = 9005
    request_path = "/ready"
  }

  log_config {
    enable = true
  }
}

# Slower, and of the process alone: one that drains is not ill.
resource "google_compute_health_check" "alive" {
  project             = var.project
  name                = "${local.group}-alive"
  check_interval_sec  = 15
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 6

  http_health_check {
    port         = 9005
    request_path = "/health"
  }

  log_config {
    enable = true
  }
}

resource "google_compute_backend_service" "this" {
  project               = var.project
  name                  = local.group
  protocol              = "HTTP"
  port_name             = "http"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  health_checks         = [google_compute_health_check.ready.id]
  security_policy       = var.security_policy
  # Event streams and live audio last as long as they do.
  timeout_sec                     = 3600
  connection_draining_timeout_sec = 60

  backend {
    group           = google_compute_region_instance_group_manager.this.instance_group
    balancing_mode  = "UTILIZATION"
    capacity_scaler = 1
  }

  log_config {
    enable      = true
    sample_rate = 0.1
  }
}

resource "google_compute_managed_ssl_certificate" "this" {
  project = var.project
  name    = local.group

  managed {
    domains = var.domains
  }
}

resource "google_compute_ssl_policy" "this" {
  project         = var.project
  name            = local.group
  profile         = "RESTRICTED"
  min_tls_version = "TLS_1_2"
}

resource "google_compute_url_map" "this" {
  project         = var.project
  name            = local.group
  default_service = google_compute_backend_service.this.id
}

resource "google_compute_target_https_proxy" "this" {
  project          = var.project
  name             = local.group
  url_map          = google_compute_url_map.this.id
  ssl_certificates = [google_compute_managed_ssl_certificate.this.id]
  ssl_policy       = google_compute_ssl_policy.this.id
}

resource "google_compute_global_forwarding_rule" "https" {
  project               = var.project
  name                  = "${local.group}-https"
  target                = google_compute_target_https_proxy.this.id
  ip_address            = google_compute_global_address.this.id
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  labels                = local.labels
}

resource "google_compute_url_map" "redirect" {
  project = var.project
  name    = "${local.group}-redirect"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }
}

resource "google_compute_target_http_proxy" "redirect" {
  project = var.project
  name    = "${local.group}-redirect"
  url_map = google_compute_url_map.redirect.id
}

resource "google_compute_global_forwarding_rule" "redirect" {
  project               = var.project
  name                  = "${local.group}-http"
  target                = google_compute_target_http_proxy.redirect.id
  ip_address            = google_compute_global_address.this.id
  port_range            = "80"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  labels                = local.labels
}
