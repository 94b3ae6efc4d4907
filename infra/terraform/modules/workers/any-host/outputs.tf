output "user_data" {
  description = "The cloud-init document of each machine."
  value       = { for name, host in module.host : name => host.user_data }
  sensitive   = true
}

output "services" {
  description = "Units that are started on each machine."
  value       = { for name, host in module.host : name => host.services }
}
