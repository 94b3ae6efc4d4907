output "group" {
  description = "The group as the module `edge` takes it in `groups`: its address, its ARN with an asterisk for its id, and its largest size."
  value = {
    address = aws_autoscaling_group.this.name
    arn     = "arn:aws:autoscaling:${data.aws_region.here.region}:${data.aws_caller_identity.here.account_id}:autoScalingGroup:*:autoScalingGroupName/${local.group}"
    most    = var.size_most
  }
}

output "role_arn" {
  description = "Role of the machines."
  value       = aws_iam_role.this.arn
}

output "environment" {
  description = "Settings by file, as systemd reads them."
  value       = module.host.environment
}
