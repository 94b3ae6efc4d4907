mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/tts/1", dns_name = "tts.example.elb.amazonaws.com" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/tts/1" }
  }
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/tts-edge" }
  }
}

variables {
  name               = "tts"
  image_id           = "ami-0123456789abcdef0"
  vpc_id             = "vpc-1"
  public_subnet_ids  = ["subnet-1", "subnet-2"]
  private_subnet_ids = ["subnet-3", "subnet-4"]
  trusted_proxies    = ["10.20.0.0/20", "10.20.16.0/20"]
  security_group_ids = { balancer = "sg-1", edge = "sg-2" }
  certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
  database           = { host = "db.example.org", port = 5432, name = "kiskadee" }
  database_ca        = "https://example.org/ca.pem"
  storage            = { storage = "s3://tts-audio", arn = "arn:aws:s3:::tts-audio" }
  secret_arns = {
    edge    = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tts/edge"
    pooler  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tts/pooler"
    storage = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tts/storage"
    worker  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tts/worker"
    scaler  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tts/scaler"
    backup  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tts/backup"
  }
}

run "tls_alone_leads_to_the_edges" {
  assert {
    condition     = aws_lb_listener.https.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06" && aws_lb_listener.https.protocol == "HTTPS"
    error_message = "old versions of TLS are spoken"
  }

  assert {
    condition     = aws_lb_listener.redirect.default_action[0].redirect[0].protocol == "HTTPS"
    error_message = "plain HTTP is answered"
  }

  assert {
    condition     = aws_lb.this.drop_invalid_header_fields == true && aws_lb.this.xff_header_processing_mode == "append"
    error_message = "clients could smuggle headers or choose their address"
  }

  assert {
    condition     = aws_lb.this.enable_deletion_protection == true
    error_message = "one slip takes the address that stands in the DNS"
  }
}

run "edges_come_and_go_unnoticed" {
  assert {
    condition     = aws_lb_target_group.this.health_check[0].path == "/ready" && aws_lb_target_group.this.health_check[0].port == "9005"
    error_message = "the balancer asks for the readiness of the fleet, or of nothing"
  }

  assert {
    condition     = aws_lb_target_group.this.health_check[0].interval * aws_lb_target_group.this.health_check[0].unhealthy_threshold < local.drain_delay
    error_message = "an edge closes before the balancer has noticed that it drains"
  }

  assert {
    condition     = strcontains(jsonencode(yamldecode(nonsensitive(module.host.user_data))), "KISKADEE_DRAIN_DELAY=15\\nTimeoutStopSec=50") && aws_lb_target_group.this.deregistration_delay >= local.drain_delay + 20
    error_message = "requests that run are cut off"
  }

  assert {
    condition     = aws_autoscaling_group.this.instance_refresh[0].preferences[0].min_healthy_percentage == 100 && aws_autoscaling_group.this.health_check_type == "ELB"
    error_message = "old edges go before new ones are ready"
  }

  assert {
    condition     = aws_lb.this.idle_timeout == 3600
    error_message = "silent event streams are cut off"
  }
}

run "what_an_edge_may_do" {
  assert {
    condition     = strcontains(output.environment["/etc/kiskadee/edge.env"], "KISKADEE_TRUSTED_PROXIES=\"10.20.0.0/20,10.20.16.0/20\"")
    error_message = "all the world is one address"
  }

  assert {
    condition     = aws_launch_template.this.metadata_options[0].http_tokens == "required" && aws_launch_template.this.network_interfaces[0].associate_public_ip_address == "false"
    error_message = "a machine has a public address, or gives its credentials away"
  }

  assert {
    condition     = aws_launch_template.this.block_device_mappings[0].ebs[0].encrypted == "true"
    error_message = "disks are in clear"
  }

  assert {
    condition     = !contains(flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource]), "*")
    error_message = "the role reaches everything"
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.this.policy, "tts/backup")
    error_message = "an edge reads a secret that is not its own"
  }

  assert {
    condition     = strcontains(output.environment["/etc/kiskadee/worker-chores.env"], "KISKADEE_ENGINES=\"none\"")
    error_message = "the chores are not kept, or an edge speaks"
  }

  assert {
    condition     = length(base64gzip(nonsensitive(module.host.user_data))) * 3 / 4 < 16384
    error_message = "AWS takes 16 KiB of user data"
  }
}

run "groups_that_it_lets_grow" {
  variables {
    groups      = { gpu = { address = "tts-gpu", arn = "arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:*:autoScalingGroupName/tts-gpu", most = 8 } }
    web_acl_arn = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/tts/1"
    log_bucket  = "tts-logs"
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "Grow"] == [[var.groups.gpu.arn]]
    error_message = "an edge changes groups of others"
  }

  assert {
    condition     = strcontains(output.environment["/etc/kiskadee/cloud.env"], "KISKADEE_GROUPS_MOST=\"gpu=8\"")
    error_message = "nothing bounds the group"
  }

  assert {
    condition     = length(aws_wafv2_web_acl_association.this) == 1 && aws_lb.this.access_logs[0].bucket == "tts-logs"
    error_message = "the web ACL or the logs are not there"
  }
}

run "what_costs_or_exposes_is_refused" {
  command = plan

  variables {
    name            = "A name that is too long"
    image_id        = "debian"
    instance_type   = "large"
    size            = 1
    trusted_proxies = ["0.0.0.0/0"]
    certificate_arn = ""
  }

  expect_failures = [var.name, var.image_id, var.instance_type, var.size, var.trusted_proxies, var.certificate_arn]
}
