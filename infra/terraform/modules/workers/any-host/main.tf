# Workers on machines of one's own, at whichever provider takes user data. It renders one document a machine, and touches
# none: the machine does the rest itself at its first start.

locals {
  secrets_file = "/etc/kiskadee/worker-secrets.env"
  secret_lines = join("", [
    for name, value in var.secrets : "${name}=\"${replace(replace(value, "\\", "\\\\"), "\"", "\\\"")}\"\n"
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

  files = length(var.secrets) == 0 ? {} : { (local.secrets_file) = local.secret_lines }
}
