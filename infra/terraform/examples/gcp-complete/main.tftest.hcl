mock_provider "google" {
  mock_resource "google_compute_global_address" {
    defaults = { address = "203.0.113.7" }
  }
  mock_resource "google_sql_database_instance" {
    defaults = {
      private_ip_address = "10.24.0.3"
      server_ca_cert     = [{ cert = "-----BEGIN CERTIFICATE-----", common_name = "", create_time = "", expiration_time = "", sha1_fingerprint = "" }]
    }
  }
}

variables {
  project   = "tts-test"
  bucket    = "tts-audio-test"
  domains   = ["tts.example.org"]
  gpu_image = "projects/tts-test/global/images/gpu"
}

run "parts_fit_together" {
  assert {
    condition     = length(split(" ", output.secret_places)) == 6 && !strcontains(output.secret_places, "owner")
    error_message = "a part has no place for its secrets, or the owner's would be overwritten"
  }

  assert {
    condition     = strcontains(module.edge.environment["/etc/kiskadee/cloud.env"], "/projects/tts-test/regions/europe-west3/instanceGroupManagers/kiskadee-gpu")
    error_message = "nobody lets the pool grow"
  }

  assert {
    condition     = output.address == "203.0.113.7" && strcontains(module.edge.environment["/etc/kiskadee/edge.env"], "203.0.113.7/32")
    error_message = "the balancer is not believed"
  }

  assert {
    condition     = output.storage == "gs://tts-audio-test" && output.database.host == "10.24.0.3"
    error_message = "the next step does not find database or bucket"
  }
}
