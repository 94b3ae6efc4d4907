output "name" {
  description = "The bucket."
  value       = aws_s3_bucket.this.id
}

output "arn" {
  description = "Its name in policies."
  value       = aws_s3_bucket.this.arn
}

output "storage" {
  description = "What `--storage` of workers and gateways is."
  value       = "s3://${aws_s3_bucket.this.id}"
}

output "kms_key_arn" {
  description = "Key of the objects; null where it is S3's own."
  value       = var.kms_key_arn
}
