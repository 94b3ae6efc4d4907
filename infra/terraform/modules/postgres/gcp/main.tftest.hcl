mock_provider "google" {
  mock_resource "google_sql_database_instance" {
    defaults = {
      private_ip_address = "10.24.0.3"
      server_ca_cert     = [{ cert = "-----BEGIN CERTIFICATE-----", common_name = "", create_time = "", expiration_time = "", sha1_fingerprint = "" }]
    }
  }
}

variables {
  name                = "tts"
  project             = "tts-test"
  region              = "europe-west3"
  network_id          = "projects/tts-test/global/networks/tts"
  services_connection = "connection"
}

run "a_database_that_is_hard_to_lose" {
  assert {
    condition     = google_sql_database_instance.this.settings[0].availability_type == "REGIONAL"
    error_message = "one zone takes the database"
  }

  assert {
    condition     = google_sql_database_instance.this.deletion_protection == true && google_sql_database_instance.this.settings[0].deletion_protection_enabled == true
    error_message = "one slip takes the database"
  }

  assert {
    condition     = google_sql_database_instance.this.settings[0].backup_configuration[0].point_in_time_recovery_enabled == true && google_sql_database_instance.this.settings[0].backup_configuration[0].transaction_log_retention_days == 7
    error_message = "it cannot be put back to any second of a week"
  }

  assert {
    condition     = google_sql_database_instance.this.settings[0].disk_autoresize == true && google_sql_database_instance.this.settings[0].disk_autoresize_limit == 500
    error_message = "a full disk stops everything, or grows for ever"
  }
}

run "nobody_from_outside_and_nothing_in_clear" {
  assert {
    condition     = google_sql_database_instance.this.settings[0].ip_configuration[0].ipv4_enabled == false
    error_message = "the internet reaches the database"
  }

  assert {
    condition     = google_sql_database_instance.this.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY"
    error_message = "connections without TLS are taken"
  }

  assert {
    condition     = google_sql_database_instance.this.root_password == null
    error_message = "the owner's password is in the state"
  }

  assert {
    condition     = keys(output.secret_ids) == ["backup", "edge", "owner", "pooler", "scaler", "storage", "worker"]
    error_message = "a part has no secret of its own"
  }

  assert {
    condition     = output.database.host == "10.24.0.3" && google_sql_database_instance.this.settings[0].ip_configuration[0].server_ca_mode == "GOOGLE_MANAGED_INTERNAL_CA"
    error_message = "the pooler goes elsewhere, or others have certificates of the same authority"
  }
}

run "what_is_logged" {
  assert {
    condition = alltrue([for name in ["cloudsql.enable_pgaudit", "log_checkpoints", "log_connections", "log_disconnections", "log_lock_waits"] :
      contains([for flag in google_sql_database_instance.this.settings[0].database_flags : "${flag.name}=${flag.value}"], "${name}=on")
    ])
    error_message = "nobody will know who came and what waited"
  }

  assert {
    condition     = [for flag in google_sql_database_instance.this.settings[0].database_flags : flag.value if contains(["log_min_error_statement", "log_statement"], flag.name)] == ["error", "ddl"]
    error_message = "statements that failed, or that change the schema, are not told"
  }
}

run "flags_may_be_changed" {
  variables {
    flags = { track_io_timing = "off" }
  }

  assert {
    condition     = [for flag in google_sql_database_instance.this.settings[0].database_flags : flag.value if flag.name == "track_io_timing"] == ["off"]
    error_message = "a flag of the caller does not win"
  }

  assert {
    condition     = [for flag in google_sql_database_instance.this.settings[0].database_flags : flag.value if flag.name == "max_connections"] == ["200"]
    error_message = "as many sessions as one likes"
  }
}

run "what_costs_is_refused" {
  command = plan

  variables {
    database_version = "POSTGRES_15"
    tier             = "db-f1-micro"
    edition          = "FREE"
    storage_gib      = 5
    storage_most_gib = 0
    backup_days      = 1
    max_connections  = 5000
  }

  expect_failures = [var.database_version, var.tier, var.edition, var.storage_gib, var.storage_most_gib, var.backup_days, var.max_connections]
}
