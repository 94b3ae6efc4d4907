output "address" {
  description = "Name of the balancer, to which the site's name in the DNS leads."
  value       = aws_lb.this.dns_name
}

output "zone_id" {
  description = "Its zone, for an alias record in Route 53."
  value       = aws_lb.this.zone_id
}

output "role_arn" {
  description = "Role of the machines."
  value       = aws_iam_role.this.arn
}

output "environment" {
  description = "Settings by file, as systemd reads them."
  value       = module.host.environment
}
