output "database" {
  description = "Host, port, name and what of the certificate is checked, as the module `host` takes them."
  value = {
    host = google_sql_database_instance.this.private_ip_address
    port = 5432
    name = google_sql_database.this.name
    tls  = "verify-ca"
  }
}

output "instance" {
  description = "Its name, as `gcloud sql` takes it."
  value       = google_sql_database_instance.this.name
}

output "secret_ids" {
  description = "Secrets by part: edge, pooler, storage, worker, scaler, backup, and the owner's."
  value       = { for part, secret in google_secret_manager_secret.part : part => secret.id }
}

output "database_ca" {
  description = "Who signed the database's certificate, in PEM."
  value       = google_sql_database_instance.this.server_ca_cert[0].cert
}

output "url_settings" {
  description = "End of an address at which a part asks for TLS and checks whom it speaks to."
  value       = "sslmode=verify-ca&sslrootcert=/etc/kiskadee/database-ca.pem"
}
