output "group" {
  description = "The group as the module `edge` takes it in `groups`: its address, its name and its largest size."
  value = {
    address = local.address
    name    = google_compute_region_instance_group_manager.this.name
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
