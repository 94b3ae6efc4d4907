# Postgres with a standby in another zone, reached by a private address alone. No login is made here, so no password is
# in Terraform's state: the README says how the owner gets one, and `logins.py` makes the others.

locals {
  labels = merge(var.labels, { project = var.name })

  flags = merge({
    "autovacuum_max_workers"              = "5"
    "autovacuum_naptime"                  = "5"
    "autovacuum_vacuum_cost_limit"        = "2000"
    "checkpoint_timeout"                  = "900"
    "idle_in_transaction_session_timeout" = "60000"
    "lock_timeout"                        = "2000"
    "log_checkpoints"                     = "on"
    "log_connections"                     = "on"
    "log_disconnections"                  = "on"
    "log_duration"                        = "off"
    "log_hostname"                        = "off"
    "log_lock_waits"                      = "on"
    "log_min_duration_statement"          = "-1"
    "log_min_error_statement"             = "error"
    "log_min_messages"                    = "warning"
    "log_statement"                       = "ddl"
    "max_connections"                     = tostring(var.max_connections)
    "max_wal_size"                        = "8192"
    "track_io_timing"                     = "on"
    "wal_compression"                     = "on"
    "cloudsql.enable_pgaudit"             = "on"
  }, var.flags)
}

resource "google_sql_database_instance" "this" {
  #checkov:skip=CKV_GCP_51:the flag is set; checkov does not see what a dynamic block makes, the module's tests do
  #checkov:skip=CKV_GCP_52:the flag is set; checkov does not see what a dynamic block makes, the module's tests do
  #checkov:skip=CKV_GCP_53:the flag is set; checkov does not see what a dynamic block makes, the module's tests do
  #checkov:skip=CKV_GCP_54:the flag is set; checkov does not see what a dynamic block makes, the module's tests do
  #checkov:skip=CKV_GCP_109:the flag is set; checkov does not see what a dynamic block makes, the module's tests do
  #checkov:skip=CKV_GCP_110:the flag is set; checkov does not see what a dynamic block makes, the module's tests do
  #checkov:skip=CKV_GCP_111:the flag is set; checkov does not see what a dynamic block makes, the module's tests do
  #checkov:skip=CKV_GCP_6:ENCRYPTED_ONLY takes no connection without TLS; certificates of clients are another thing, parts log in by passwords
  #checkov:skip=CKV_GCP_79:17 is newer than what the check knows
  #checkov:skip=CKV_GCP_108:a look-up of a private address at each connection costs and tells nothing; addresses are logged
  #checkov:skip=CKV2_GCP_13:a line for each of thousands of statements a second would be most of the disk; slow ones are told by query insights
  project             = var.project
  name                = var.name
  region              = var.region
  database_version    = var.database_version
  deletion_protection = var.deletion_protection
  encryption_key_name = var.kms_key_name

  settings {
    tier                        = var.tier
    edition                     = var.edition
    availability_type           = var.regional ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = var.storage_gib
    disk_autoresize             = true
    disk_autoresize_limit       = var.storage_most_gib
    deletion_protection_enabled = var.deletion_protection
    user_labels                 = local.labels

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
      start_time                     = "02:00"
      transaction_log_retention_days = var.backup_days

      backup_retention_settings {
        retained_backups = var.backup_days
        retention_unit   = "COUNT"
      }
    }

    ip_configuration {
      ipv4_enabled    = false
      private_network = var.network_id
      ssl_mode        = "ENCRYPTED_ONLY"
      # An authority that signs for this one server: who checks it needs no name in the certificate.
      server_ca_mode = "GOOGLE_MANAGED_INTERNAL_CA"
    }

    insights_config {
      query_insights_enabled  = true
      query_plans_per_minute  = 5
      record_application_tags = false
      record_client_address   = false
    }

    maintenance_window {
      day          = 7
      hour         = 3
      update_track = "stable"
    }

    dynamic "database_flags" {
      for_each = local.flags
      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  lifecycle {
    # It has grown by itself.
    ignore_changes = [settings[0].disk_size]

    precondition {
      condition     = var.services_connection != "" && (var.edition == "ENTERPRISE_PLUS" || var.backup_days == 7)
      error_message = "More than 7 days take the edition ENTERPRISE_PLUS."
    }
  }
}

resource "google_sql_database" "this" {
  project  = var.project
  name     = "kiskadee"
  instance = google_sql_database_instance.this.name
}

# Empty until `logins.py` has made the logins of the parts.
resource "google_secret_manager_secret" "part" {
  for_each = toset(["owner", "edge", "pooler", "storage", "worker", "scaler", "backup"])

  project   = var.project
  secret_id = "${var.name}-${each.key}"
  labels    = local.labels

  replication {
    auto {}
  }
}
