output "address" {
  description = "Address of the balancer, to which the site's names in the DNS lead."
  value       = google_compute_global_address.this.address
}

output "service_account" {
  description = "Account of the machines."
  value       = google_service_account.this.email
}

output "environment" {
  description = "Settings by file, as systemd reads them."
  value       = module.host.environment
}
