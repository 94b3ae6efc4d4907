mock_provider "google" {}

variables {
  name          = "tts"
  project       = "tts-test"
  region        = "europe-west3"
  pool          = "gpu"
  size_most     = 8
  network_id    = "network"
  subnetwork_id = "subnetwork"
  bucket        = { name = "tts-audio", storage = "gs://tts-audio" }
  secret_id     = "projects/tts-test/secrets/tts-worker"
}

run "machines_that_give_nothing_away" {
  assert {
    condition     = length(google_compute_instance_template.this.network_interface[0].access_config) == 0
    error_message = "workers have public addresses"
  }

  assert {
    condition     = google_compute_instance_template.this.metadata["block-project-ssh-keys"] == "true" && google_compute_instance_template.this.metadata["enable-oslogin"] == "TRUE"
    error_message = "whoever has a key of the project gets in"
  }

  assert {
    condition     = google_compute_instance_template.this.service_account[0].email == google_service_account.this.email
    error_message = "machines have the account of the project, which may do everything"
  }

  assert {
    condition     = google_secret_manager_secret_iam_member.worker.secret_id == var.secret_id && strcontains(google_project_iam_member.end.condition[0].expression, "startsWith('tts-gpu-')")
    error_message = "a worker reads other secrets, or ends machines of others"
  }
}

run "busy_machines_are_not_ended" {
  assert {
    condition     = google_compute_region_instance_group_manager.this.update_policy[0].type == "OPPORTUNISTIC"
    error_message = "a new template ends machines that work"
  }

  assert {
    condition     = google_compute_region_instance_group_manager.this.update_policy[0].instance_redistribution_type == "NONE"
    error_message = "evening out zones ends machines that work"
  }

  assert {
    condition     = strcontains(output.environment["/etc/kiskadee/worker-gpu.env"], "KISKADEE_IDLE_EXIT=\"600\"") && strcontains(output.environment["/etc/kiskadee/worker.env"], "KISKADEE_NOTICE=\"gcp\"")
    error_message = "idle machines stay and are paid for, or notices of spot are not heard"
  }

  assert {
    condition     = google_compute_instance_template.this.scheduling[0].provisioning_model == "SPOT" && google_compute_instance_template.this.scheduling[0].instance_termination_action == "DELETE"
    error_message = "a machine that is taken away is stopped, and its disk paid for"
  }

  assert {
    condition     = google_compute_region_instance_group_manager.this.target_size == 0 && length(google_compute_region_autoscaler.wanted) == 0
    error_message = "machines are started that nobody wants"
  }
}

run "a_metric_that_only_adds" {
  variables {
    spot           = false
    scaling_metric = { name = "prometheus.googleapis.com/workers_wanted/gauge", filter = "metric.labels.pool = gpu" }
  }

  assert {
    condition     = google_compute_region_autoscaler.wanted[0].autoscaling_policy[0].mode == "ONLY_SCALE_OUT"
    error_message = "the metric may end machines that work"
  }

  assert {
    condition     = google_compute_region_autoscaler.wanted[0].autoscaling_policy[0].max_replicas == 8 && google_compute_region_autoscaler.wanted[0].autoscaling_policy[0].metric[0].single_instance_assignment == 1
    error_message = "as many machines as somebody likes"
  }

  assert {
    condition     = google_compute_instance_template.this.scheduling[0].on_host_maintenance == "TERMINATE" && google_compute_instance_template.this.scheduling[0].instance_termination_action == null
    error_message = "machines with a GPU cannot move, and only spot machines have an action at their end"
  }
}

run "what_costs_is_refused" {
  command = plan

  variables {
    name              = "TTS"
    pool              = "GPU"
    machine_type      = "large"
    size_most         = 5000
    size_least        = 200
    drain_seconds     = 10000
    idle_exit_seconds = 5
    disk_gib          = 5
  }

  expect_failures = [var.name, var.pool, var.machine_type, var.size_most, var.size_least, var.drain_seconds, var.idle_exit_seconds, var.disk_gib]
}
