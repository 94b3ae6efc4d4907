# Machines of one's own, at whichever provider takes user data: one with edge, storage gateway and backup, behind nginx or
# Caddy on the same machine, and any number that speak.

module "edge" {
  source = "../../modules/host"

  archive = var.archive
  parts   = ["edge", "storage", "backup"]

  gateway_address = var.edge_address

  pools = { chores = { environment = { KISKADEE_ENGINES = "none" } } }

  environment = {
    edge = {
      KISKADEE_LISTEN             = "127.0.0.1:8005"
      KISKADEE_METRICS_LISTEN     = "127.0.0.1:9005"
      KISKADEE_TRUSTED_PROXIES    = "127.0.0.0/8"
      SPIN_VARIABLE_DATABASE_HOST = "postgres://${var.database_host}"
      SPIN_VARIABLE_STORAGE_URL   = "http://${var.edge_address}:8006"
      SPIN_VARIABLE_HSTS          = "on"
    }
    storage = {
      KISKADEE_STORAGE        = var.storage
      KISKADEE_STORAGE_LISTEN = "${var.edge_address}:8006"
    }
    worker = { KISKADEE_STORAGE = var.storage }
    backup = { KISKADEE_BACKUP_KEEP = "14" }
  }

  # The edge's own secrets are made on its machine by logins.py and never leave it; the bucket's keys come from here.
  files = length(var.storage_keys) == 0 ? {} : { "/etc/kiskadee/keys.env" = local.key_lines }
}

locals {
  key_lines = join("", [for name, value in var.storage_keys : "${name}='${value}'\n"])
}

module "workers" {
  source = "../../modules/workers/any-host"

  archive = var.archive
  storage = var.storage
  secrets = merge(var.storage_keys, var.worker_database_url == "" ? {} : { KISKADEE_DATABASE_URL = var.worker_database_url })
  hosts   = { for name in var.workers : name => { pools = { gpu = { gpu = true } } } }
}
