output "user_data" {
  description = "The cloud-init document."
  value       = "#cloud-config\n${yamlencode(local.document)}"
  sensitive   = true

  precondition {
    condition     = var.cloud == null || length(var.files) == 0
    error_message = "On a cloud secrets come from its store: user data can be read by whoever may look at the instance."
  }
}

output "services" {
  description = "Units that are started, in this order."
  value       = local.services
}

output "packages" {
  description = "Debian packages that are installed."
  value       = local.packages
}

output "environment" {
  description = "Settings by file, as systemd reads them."
  value       = local.environment_files
}
