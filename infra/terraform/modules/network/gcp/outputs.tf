output "network_id" {
  description = "The network."
  value       = google_compute_network.this.id
}

output "subnetwork_id" {
  description = "The subnet of the machines."
  value       = google_compute_subnetwork.this.id
}

output "services_connection" {
  description = "The connection to Google's services; the database waits for it."
  value       = google_service_networking_connection.services.id
}

output "balancer_cidrs" {
  description = "Addresses from which balancers speak: edges trust them as proxies."
  value       = local.balancer_cidrs
}
