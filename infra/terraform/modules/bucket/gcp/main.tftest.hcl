mock_provider "google" {}

variables {
  name     = "tts-audio-test"
  project  = "tts-test"
  location = "europe-west3"
}

run "closed_to_the_public" {
  assert {
    condition     = google_storage_bucket.this.public_access_prevention == "enforced"
    error_message = "a policy could open it"
  }

  assert {
    condition     = google_storage_bucket.this.uniform_bucket_level_access == true
    error_message = "an ACL could open an object"
  }

  assert {
    condition     = google_storage_bucket.this.force_destroy == false
    error_message = "a destroy takes what the bucket holds"
  }
}

run "what_is_kept_and_for_how_long" {
  assert {
    condition     = google_storage_bucket.this.versioning[0].enabled == true
    error_message = "a deletion is for ever"
  }

  assert {
    condition     = [for rule in google_storage_bucket.this.lifecycle_rule : one(rule.condition).age if one(rule.action).type == "AbortIncompleteMultipartUpload"] == [1]
    error_message = "unfinished uploads pile up, unseen"
  }

  assert {
    condition     = [for rule in google_storage_bucket.this.lifecycle_rule : one(rule.condition).days_since_noncurrent_time if one(rule.condition).with_state == "ARCHIVED"] == [30]
    error_message = "old versions are paid for without end"
  }

  assert {
    condition     = [for rule in google_storage_bucket.this.lifecycle_rule : "${one(rule.condition).matches_prefix[0]} ${one(rule.condition).age}" if one(rule.condition).with_state == "LIVE"] == ["results/ 30"]
    error_message = "results are kept for 30 days, and nothing else is deleted by them"
  }

  assert {
    condition     = output.storage == "gs://tts-audio-test" && length(google_storage_bucket.this.cors) == 0
    error_message = "pages of strangers may read, or workers are told another bucket"
  }
}

run "with_what_may_be_chosen" {
  variables {
    results_days = 0
    cors_origins = ["https://tts.example.org"]
    kms_key_name = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
  }

  assert {
    condition     = length([for rule in google_storage_bucket.this.lifecycle_rule : rule if one(rule.condition).with_state == "LIVE"]) == 0
    error_message = "results are deleted although they are to be kept"
  }

  assert {
    condition     = google_storage_bucket.this.encryption[0].default_kms_key_name == var.kms_key_name && google_storage_bucket.this.cors[0].origin == tolist(["https://tts.example.org"])
    error_message = "the key is not used, or the page cannot fetch"
  }
}

run "what_costs_or_exposes_is_refused" {
  command = plan

  variables {
    name              = "No Bucket"
    results_days      = 1
    old_versions_days = 0
    cors_origins      = ["*"]
  }

  expect_failures = [var.name, var.results_days, var.old_versions_days, var.cors_origins]
}
