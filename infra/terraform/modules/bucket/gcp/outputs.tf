output "name" {
  description = "The bucket."
  value       = google_storage_bucket.this.name
}

output "storage" {
  description = "What `--storage` of workers and gateways is."
  value       = "gs://${google_storage_bucket.this.name}"
}
