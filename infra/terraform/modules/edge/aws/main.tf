# Edges behind a balancer that speaks TLS. Beside each edge stand its storage gateway, a pooler that speaks TLS to the
# database, and a worker without engines for the chores, so that the queue is kept while no other worker is alive.

locals {
  tags = merge(var.tags, { Project = var.name, Part = "edge" })

  # For so long an edge says that it is not ready and still answers; the balancer must notice within.
  drain_delay = 15
}

data "aws_region" "here" {}

module "host" {
  source = "../../host"

  archive            = var.archive
  parts              = ["edge", "storage", "pooler"]
  pools              = { chores = { environment = { KISKADEE_ENGINES = "none" } } }
  edge_drain_seconds = local.drain_delay
  database           = var.database
  database_ca        = var.database_ca
  secrets            = { for part in ["edge", "pooler", "storage", "worker", "scaler"] : part => var.secret_arns[part] }
  groups             = { for pool, group in var.groups : pool => { address = group.address, most = group.most } }

  environment = {
    edge = merge({
      KISKADEE_LISTEN             = "0.0.0.0:8005"
      KISKADEE_METRICS_LISTEN     = "0.0.0.0:9005"
      KISKADEE_TRUSTED_PROXIES    = join(",", var.trusted_proxies)
      KISKADEE_BEHIND_POOLER      = "true"
      SPIN_VARIABLE_DATABASE_HOST = "postgres://127.0.0.1:6432"
      SPIN_VARIABLE_STORAGE_URL   = "http://127.0.0.1:8006"
      SPIN_VARIABLE_HSTS          = "on"
    }, var.environment)

    storage = {
      AWS_REGION              = data.aws_region.here.region
      KISKADEE_STORAGE        = var.storage.storage
      KISKADEE_STORAGE_LISTEN = "0.0.0.0:8006"
    }

    worker = {
      AWS_REGION       = data.aws_region.here.region
      KISKADEE_STORAGE = var.storage.storage
    }
  }

  cloud = {
    KISKADEE_CLOUD = "aws"
    AWS_REGION     = data.aws_region.here.region
  }
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:access logs are kept where a bucket for them is named
  #checkov:skip=CKV2_AWS_28:a web ACL is the caller's choice; the edges limit rates, sizes and connections themselves
  #checkov:skip=CKV2_AWS_76:nothing here is written in Java
  #checkov:skip=CKV2_AWS_20:the listener on port 80 does redirect; it is a resource of its own
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = var.public_subnet_ids
  security_groups            = [var.security_group_ids.balancer]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
  enable_http2               = true
  xff_header_processing_mode = "append"
  # Event streams may be silent for long.
  idle_timeout = 3600
  tags         = local.tags

  dynamic "access_logs" {
    for_each = var.log_bucket == null ? [] : [var.log_bucket]
    content {
      bucket  = access_logs.value
      prefix  = var.name
      enabled = true
    }
  }
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:between balancer and edge lies the private network alone
  name                 = var.name
  vpc_id               = var.vpc_id
  port                 = 8005
  protocol             = "HTTP"
  target_type          = "instance"
  deregistration_delay = 60
  tags                 = local.tags

  # The process' own readiness: the database decides nothing here, for all edges share it.
  health_check {
    path                = "/ready"
    port                = "9005"
    protocol            = "HTTP"
    matcher             = "200"
    interval            = 5
    timeout             = 4
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn
  tags              = local.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_lb_listener" "redirect" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"
  tags              = local.tags

  default_action {
    type = "redirect"

    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count = var.web_acl_arn == null ? 0 : 1

  resource_arn = aws_lb.this.arn
  web_acl_arn  = var.web_acl_arn
}

resource "aws_launch_template" "this" {
  name_prefix                          = "${var.name}-edge-"
  image_id                             = var.image_id
  instance_type                        = var.instance_type
  instance_initiated_shutdown_behavior = "terminate"
  update_default_version               = true
  user_data                            = base64gzip(module.host.user_data)
  tags                                 = local.tags

  iam_instance_profile {
    arn = aws_iam_instance_profile.this.arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  network_interfaces {
    associate_public_ip_address = "false"
    security_groups             = [var.security_group_ids.edge]
    delete_on_termination       = "true"
  }

  block_device_mappings {
    device_name = var.root_device

    ebs {
      volume_size           = 20
      volume_type           = "gp3"
      encrypted             = "true"
      delete_on_termination = "true"
    }
  }

  monitoring {
    enabled = true
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume"]
    content {
      resource_type = tag_specifications.value
      tags          = merge(local.tags, { Name = "${var.name}-edge" })
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_autoscaling_group" "this" {
  name                      = "${var.name}-edge"
  min_size                  = var.size
  max_size                  = var.size * 2
  desired_capacity          = var.size
  vpc_zone_identifier       = var.private_subnet_ids
  target_group_arns         = [aws_lb_target_group.this.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 300

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  # New ones are ready before old ones go.
  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 100
      max_healthy_percentage = 200
      auto_rollback          = true
    }
  }

  tag {
    key                 = "Project"
    value               = var.name
    propagate_at_launch = true
  }
}
