# A pool of workers: a group that others only let grow. A worker that is idle ends its own machine, so nobody who does not
# know who is busy ever chooses a machine to end.

locals {
  group = "${var.name}-${var.pool}"
  hook  = "drain"
  tags  = merge(var.tags, { Project = var.name, Pool = var.pool })
}

data "aws_region" "here" {}

module "host" {
  source = "../../host"

  archive     = var.archive
  database_ca = var.database_ca
  packages    = var.packages
  secrets     = { worker = var.secret_arn }

  pools = {
    (var.pool) = {
      gpu               = var.gpu
      drain_seconds     = var.drain_seconds
      idle_exit_seconds = var.idle_exit_seconds
      environment       = var.environment
    }
  }

  environment = {
    worker = {
      AWS_REGION              = data.aws_region.here.region
      KISKADEE_METRICS_LISTEN = "0.0.0.0:9100"
      KISKADEE_MODELS_DIR     = "/srv/kiskadee/models"
      KISKADEE_NOTICE         = "aws"
      KISKADEE_STORAGE        = var.storage.storage
    }
  }

  cloud = {
    KISKADEE_CLOUD = "aws"
    AWS_REGION     = data.aws_region.here.region
    KISKADEE_GROUP = local.group
    KISKADEE_HOOK  = local.hook
  }
}

resource "aws_launch_template" "this" {
  name_prefix                          = "${local.group}-"
  image_id                             = var.image_id
  instance_initiated_shutdown_behavior = "terminate"
  update_default_version               = true
  user_data                            = base64gzip(module.host.user_data)
  tags                                 = local.tags

  iam_instance_profile {
    arn = aws_iam_instance_profile.this.arn
  }

  # A page that a worker is made to fetch cannot ask for the credentials of the machine: that takes a PUT, and one hop.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  network_interfaces {
    associate_public_ip_address = "false"
    security_groups             = [var.security_group_id]
    delete_on_termination       = "true"
  }

  block_device_mappings {
    device_name = var.root_device

    ebs {
      volume_size           = var.disk_gib
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
      tags          = merge(local.tags, { Name = local.group })
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_autoscaling_group" "this" {
  #checkov:skip=CKV_AWS_153:the tags are given to each machine by the launch template, which also tags its disks
  name                  = local.group
  min_size              = var.size_least
  max_size              = var.size_most
  vpc_zone_identifier   = var.subnet_ids
  health_check_type     = "EC2"
  capacity_rebalance    = true
  protect_from_scale_in = true
  enabled_metrics       = ["GroupDesiredCapacity", "GroupInServiceInstances"]
  # Evening out zones would end machines that work.
  suspended_processes = ["AZRebalance"]

  mixed_instances_policy {
    instances_distribution {
      on_demand_base_capacity                  = var.on_demand_base
      on_demand_percentage_above_base_capacity = 100 - var.spot_percent
      spot_allocation_strategy                 = "price-capacity-optimized"
    }

    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.this.id
        version            = aws_launch_template.this.latest_version
      }

      dynamic "override" {
        for_each = var.instance_types
        content {
          instance_type = override.value
        }
      }
    }
  }

  # The machine waits for its workers; it says itself that they go on, until they have drained.
  initial_lifecycle_hook {
    name                 = local.hook
    lifecycle_transition = "autoscaling:EC2_INSTANCE_TERMINATING"
    heartbeat_timeout    = 300
    default_result       = "CONTINUE"
  }

  tag {
    key                 = "Project"
    value               = var.name
    propagate_at_launch = true
  }

  lifecycle {
    # The queue decides.
    ignore_changes = [desired_capacity]

    precondition {
      condition     = var.size_least <= var.size_most
      error_message = "size_least is not above size_most."
    }
  }
}

resource "aws_autoscaling_policy" "wanted" {
  count = var.scaling_metric == null ? 0 : 1

  name                   = "wanted"
  autoscaling_group_name = aws_autoscaling_group.this.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value     = 1
    disable_scale_in = true

    customized_metric_specification {
      metrics {
        id          = "share"
        label       = "Workers wanted for each that is there"
        expression  = "IF(there > 0, wanted / there, wanted)"
        return_data = true
      }

      metrics {
        id          = "wanted"
        return_data = false

        metric_stat {
          stat = "Maximum"

          metric {
            namespace   = var.scaling_metric.namespace
            metric_name = var.scaling_metric.name

            dynamic "dimensions" {
              for_each = var.scaling_metric.dimensions
              content {
                name  = dimensions.key
                value = dimensions.value
              }
            }
          }
        }
      }

      metrics {
        id          = "there"
        return_data = false

        metric_stat {
          stat = "Average"

          metric {
            namespace   = "AWS/AutoScaling"
            metric_name = "GroupInServiceInstances"

            dimensions {
              name  = "AutoScalingGroupName"
              value = local.group
            }
          }
        }
      }
    }
  }
}
