output "group" {
  description = "The group as the module `edge` takes it in `groups`: its address and its largest size."
  value = {
    address = local.address
    most    = var.size_most
  }
}

output "service_account" {
  description = "Account of the machines."
  value       = google_service_account.this.email
}

output "environment" {
  description = "Settings by file, as systemd reads them."
  value       = module.host.environment
}
