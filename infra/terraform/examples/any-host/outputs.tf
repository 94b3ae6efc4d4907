output "edge_user_data" {
  description = "cloud-init document of the edge's machine."
  value       = module.edge.user_data
  sensitive   = true
}

output "worker_user_data" {
  description = "cloud-init documents of the workers' machines."
  value       = module.workers.user_data
  sensitive   = true
}

output "secret_places" {
  description = "What `logins.py` is told on the edge's machine: parts and the folder in which it writes."
  value       = join(" ", [for part in ["edge", "storage", "worker", "backup"] : "${part}=/etc/credstore"])
}
