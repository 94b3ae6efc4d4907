# Workers on machines of one's own, at whichever provider takes user data. It renders one document a machine, and touches
# none: the machine does the rest itself at its first start.

locals {
  # The address of the database is a file that systemd gives the unit; keys of the storage can only be variables.
  database_url = lookup(var.secrets, "KISKADEE_DATABASE_URL", "")
  keys         = { for name, value in var.secrets : name => value if name != "KISKADEE_DATABASE_URL" }
  key_lines = join("", [
    for name, value in local.keys : "${name}=\"${replace(replace(value, "\\", "\\\\"), "\"", "\\\"")}\"\n"
  ])
}

module "host" {
  source   = "../../host"
  for_each = var.hosts

  archive     = var.archive
  pools       = each.value.pools
  database_ca = var.database_ca
  packages    = var.packages

  environment = {
    worker = merge({
      KISKADEE_METRICS_LISTEN = "127.0.0.1:9100"
      KISKADEE_MODELS_DIR     = "/srv/kiskadee/models"
      KISKADEE_NOTICE         = "none"
      KISKADEE_STORAGE        = var.storage
    }, var.environment)
  }

  files = merge(
    local.database_url == "" ? {} : { "/etc/credstore/kiskadee.worker.KISKADEE_DATABASE_URL" = local.database_url },
    length(local.keys) == 0 ? {} : { "/etc/kiskadee/keys.env" = local.key_lines },
  )
}
