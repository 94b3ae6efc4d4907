output "address" {
  description = "Name of the balancer, to which the site's name in the DNS leads."
  value       = module.edge.address
}

output "owner_secret_arn" {
  description = "Where RDS keeps the owner's name and password, for `kiskadee migrate` and `logins.py`."
  value       = module.postgres.owner_secret_arn
}

output "database" {
  description = "The database."
  value       = module.postgres.database
}

output "secret_places" {
  description = "What `logins.py` is told: parts and the secrets in which it writes."
  value       = join(" ", [for part, arn in module.postgres.secret_arns : "${part}=${arn}"])
}

output "storage" {
  description = "The bucket, as `--storage` takes it."
  value       = module.bucket.storage
}
