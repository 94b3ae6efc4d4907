output "address" {
  description = "Address of the balancer, to which the site's names in the DNS lead."
  value       = module.edge.address
}

output "database" {
  description = "The database."
  value       = module.postgres.database
}

output "instance" {
  description = "The database as `gcloud sql` calls it."
  value       = module.postgres.instance
}

output "secret_places" {
  description = "What `logins.py` is told: parts and the secrets in which it writes."
  value       = join(" ", [for part, id in module.postgres.secret_ids : "${part}=${id}" if part != "owner"])
}

output "storage" {
  description = "The bucket, as `--storage` takes it."
  value       = module.bucket.storage
}
