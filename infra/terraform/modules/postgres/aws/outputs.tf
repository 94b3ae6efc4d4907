output "database" {
  description = "Host, port and name, as the module `host` takes them."
  value = {
    host = aws_db_instance.this.address
    port = aws_db_instance.this.port
    name = aws_db_instance.this.db_name
  }
}

output "owner_secret_arn" {
  description = "Where RDS keeps the owner's name and password."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "secret_arns" {
  description = "Secrets by part: edge, pooler, storage, worker, scaler, backup."
  value       = { for part, secret in aws_secretsmanager_secret.part : part => secret.arn }
}

output "database_ca" {
  description = "Where RDS publishes the certificates that sign those of databases."
  value       = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
}

output "url_settings" {
  description = "End of an address at which a part asks for TLS and checks whom it speaks to."
  value       = "sslmode=verify-full&sslrootcert=/etc/kiskadee/database-ca.pem"
}
