mock_provider "google" {}

variables {
  name    = "tts"
  project = "tts-test"
  region  = "europe-west3"
}

run "closed_but_for_the_balancer" {
  assert {
    condition     = google_compute_network.this.auto_create_subnetworks == false
    error_message = "every region gets a subnet that nobody asked for"
  }

  assert {
    condition     = google_compute_firewall.balancer.source_ranges == toset(["130.211.0.0/22", "35.191.0.0/16"]) && google_compute_firewall.balancer.target_tags == toset(["edge"])
    error_message = "others than the balancer reach the edges"
  }

  assert {
    condition     = google_compute_firewall.relay.source_tags == toset(["worker"]) && google_compute_firewall.relay.source_ranges == null
    error_message = "others than workers reach the gateways"
  }

  assert {
    condition     = length(google_compute_firewall.metrics) == 0
    error_message = "metrics are open where nobody asked for it"
  }
}

run "audio_does_not_pass_nat" {
  assert {
    condition     = google_compute_subnetwork.this.private_ip_google_access == true
    error_message = "Cloud Storage is reached through NAT"
  }

  assert {
    condition     = google_compute_global_address.services.purpose == "VPC_PEERING" && google_compute_global_address.services.prefix_length == 20
    error_message = "the database gets no private address"
  }

  assert {
    condition     = length(google_compute_router_nat.this) == 1
    error_message = "webhooks lead nowhere"
  }
}

run "metrics_from_inside" {
  variables {
    nat           = false
    metrics_cidrs = ["10.20.15.0/24"]
  }

  assert {
    condition     = [for rule in google_compute_firewall.metrics : rule.source_ranges] == [toset(["10.20.15.0/24"]), toset(["10.20.15.0/24"])]
    error_message = "metrics are open to others"
  }

  assert {
    condition     = length(google_compute_router_nat.this) == 0 && length(google_compute_router.this) == 0
    error_message = "something of NAT is left, and costs"
  }
}

run "what_costs_or_exposes_is_refused" {
  command = plan

  variables {
    name            = "TTS"
    cidr            = "10.0.0.0/8"
    services_cidr   = "none"
    metrics_cidrs   = ["0.0.0.0/0"]
    flow_logs_share = 2
  }

  expect_failures = [var.name, var.cidr, var.services_cidr, var.metrics_cidrs, var.flow_logs_share]
}
