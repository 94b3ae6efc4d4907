mock_provider "google" {
  mock_resource "google_compute_global_address" {
    defaults = { address = "203.0.113.7" }
  }
}

variables {
  name           = "tts"
  project        = "tts-test"
  region         = "europe-west3"
  zones          = ["europe-west3-a", "europe-west3-b"]
  network_id     = "network"
  subnetwork_id  = "subnetwork"
  balancer_cidrs = ["130.211.0.0/22", "35.191.0.0/16"]
  domains        = ["tts.example.org"]
  database       = { host = "10.24.0.3", port = 5432, name = "kiskadee", tls = "verify-ca" }
  database_ca    = "-----BEGIN CERTIFICATE-----\n"
  bucket         = { name = "tts-audio", storage = "gs://tts-audio" }
  secret_ids     = { for part in ["owner", "edge", "pooler", "storage", "worker", "scaler", "backup"] : part => "projects/tts-test/secrets/tts-${part}" }
}

run "tls_alone_leads_to_the_edges" {
  assert {
    condition     = google_compute_ssl_policy.this.min_tls_version == "TLS_1_2" && google_compute_target_https_proxy.this.ssl_policy == google_compute_ssl_policy.this.id
    error_message = "old versions of TLS are spoken"
  }

  assert {
    condition     = google_compute_url_map.redirect.default_url_redirect[0].https_redirect == true
    error_message = "plain HTTP is answered"
  }

  assert {
    condition     = google_compute_target_http_proxy.redirect.url_map == google_compute_url_map.redirect.id && google_compute_global_forwarding_rule.redirect.port_range == "80"
    error_message = "port 80 leads to the edges"
  }
}

run "edges_come_and_go_unnoticed" {
  assert {
    condition     = google_compute_health_check.ready.http_health_check[0].request_path == "/ready" && google_compute_health_check.ready.http_health_check[0].port == 9005
    error_message = "the balancer asks for the readiness of the fleet, or of nothing"
  }

  assert {
    condition     = google_compute_health_check.ready.check_interval_sec * google_compute_health_check.ready.unhealthy_threshold < local.drain_delay
    error_message = "an edge closes before the balancer has noticed that it drains"
  }

  assert {
    condition     = google_compute_region_instance_group_manager.this.update_policy[0].max_unavailable_fixed == 0 && google_compute_region_instance_group_manager.this.update_policy[0].max_surge_fixed == 2
    error_message = "old edges go before new ones are ready"
  }

  assert {
    condition     = google_compute_backend_service.this.timeout_sec == 3600 && google_compute_backend_service.this.connection_draining_timeout_sec >= local.drain_delay + 20
    error_message = "streams, or requests that run, are cut off"
  }

  assert {
    condition     = google_compute_region_instance_group_manager.this.auto_healing_policies[0].health_check == google_compute_health_check.alive.id && google_compute_health_check.alive.http_health_check[0].request_path == "/health"
    error_message = "an edge that drains is taken for ill"
  }
}

run "what_an_edge_may_do" {
  assert {
    condition     = strcontains(output.environment["/etc/kiskadee/edge.env"], "KISKADEE_TRUSTED_PROXIES=\"130.211.0.0/22,35.191.0.0/16,203.0.113.7/32\"")
    error_message = "all the world is one address"
  }

  assert {
    condition     = length(google_compute_instance_template.this.network_interface[0].access_config) == 0 && google_compute_instance_template.this.shielded_instance_config[0].enable_secure_boot == true
    error_message = "edges have public addresses, or start what nobody signed"
  }

  assert {
    condition     = keys(google_secret_manager_secret_iam_member.part) == ["edge", "pooler", "scaler", "storage", "worker"]
    error_message = "an edge reads a secret that is not its own"
  }

  assert {
    condition     = strcontains(nonsensitive(module.host.user_data), "server_tls_sslmode = verify-ca") && strcontains(output.environment["/etc/kiskadee/worker-chores.env"], "KISKADEE_ENGINES=\"none\"")
    error_message = "the pooler believes any certificate, or the chores are not kept"
  }

  assert {
    condition     = length(google_project_iam_member.grow) == 0
    error_message = "an edge changes groups that nobody named"
  }
}

run "groups_that_it_lets_grow" {
  variables {
    groups = { gpu = { address = "https://compute.googleapis.com/compute/v1/projects/tts-test/regions/europe-west3/instanceGroupManagers/tts-gpu", most = 8 } }
  }

  assert {
    condition     = google_project_iam_custom_role.grow[0].permissions == toset(["compute.instanceGroupManagers.get", "compute.instanceGroupManagers.update"])
    error_message = "an edge may do more than change sizes"
  }

  assert {
    condition     = strcontains(output.environment["/etc/kiskadee/cloud.env"], "KISKADEE_GROUPS_MOST=\"gpu=8\"")
    error_message = "nothing bounds the group"
  }
}

run "what_costs_or_exposes_is_refused" {
  command = plan

  variables {
    name           = "TTS"
    machine_type   = "large"
    size           = 1
    zones          = ["europe-west3-a"]
    balancer_cidrs = ["0.0.0.0/0"]
    domains        = []
  }

  expect_failures = [var.name, var.machine_type, var.size, var.zones, var.balancer_cidrs, var.domains]
}
