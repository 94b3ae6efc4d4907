mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/tts-gpu" }
  }
}

variables {
  name              = "tts"
  pool              = "gpu"
  image_id          = "ami-0123456789abcdef0"
  size_most         = 8
  subnet_ids        = ["subnet-a", "subnet-b"]
  security_group_id = "sg-1"
  storage           = { storage = "s3://tts-audio", arn = "arn:aws:s3:::tts-audio" }
  secret_arn        = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tts/worker"
  database_ca       = "https://example.org/ca.pem"
}

run "machines_that_give_nothing_away" {
  assert {
    condition     = aws_launch_template.this.metadata_options[0].http_tokens == "required" && aws_launch_template.this.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "a fetched address could read the credentials of the machine"
  }

  assert {
    condition     = aws_launch_template.this.network_interfaces[0].associate_public_ip_address == "false"
    error_message = "workers have public addresses"
  }

  assert {
    condition     = aws_launch_template.this.block_device_mappings[0].ebs[0].encrypted == "true"
    error_message = "disks are in clear"
  }

  assert {
    condition     = alltrue(flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : [for resource in statement.Resource : resource != "*"]]))
    error_message = "the role reaches everything"
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "Secret"] == [[var.secret_arn]]
    error_message = "a worker reads secrets of other parts"
  }
}

run "busy_machines_are_not_ended" {
  assert {
    condition     = aws_autoscaling_group.this.protect_from_scale_in == true
    error_message = "a scaler may end a machine that works"
  }

  assert {
    condition     = contains(aws_autoscaling_group.this.suspended_processes, "AZRebalance")
    error_message = "evening out zones ends machines that work"
  }

  assert {
    condition     = one(aws_autoscaling_group.this.initial_lifecycle_hook).heartbeat_timeout == 300 && one(aws_autoscaling_group.this.initial_lifecycle_hook).lifecycle_transition == "autoscaling:EC2_INSTANCE_TERMINATING"
    error_message = "a machine ends before its workers have drained"
  }

  assert {
    condition     = aws_autoscaling_group.this.capacity_rebalance == true
    error_message = "a spot machine is replaced only after it has gone"
  }

  assert {
    condition     = strcontains(output.environment["/etc/kiskadee/worker-gpu.env"], "KISKADEE_IDLE_EXIT=\"600\"") && strcontains(output.environment["/etc/kiskadee/worker.env"], "KISKADEE_NOTICE=\"aws\"")
    error_message = "idle machines stay and are paid for, or notices of spot are not heard"
  }

  assert {
    condition     = aws_autoscaling_group.this.max_size == 8 && aws_autoscaling_group.this.min_size == 0
    error_message = "the group is larger or smaller than was asked for"
  }

  assert {
    condition     = length(base64gzip(nonsensitive(module.host.user_data))) * 3 / 4 < 16384
    error_message = "AWS takes 16 KiB of user data"
  }
}

run "spot_beyond_a_base_and_a_metric_that_only_adds" {
  variables {
    instance_types = ["g6.xlarge", "g5.xlarge"]
    on_demand_base = 1
    spot_percent   = 75
    scaling_metric = { namespace = "Kiskadee", name = "workers_wanted", dimensions = { pool = "gpu" } }
  }

  assert {
    condition     = aws_autoscaling_group.this.mixed_instances_policy[0].instances_distribution[0].on_demand_base_capacity == 1 && aws_autoscaling_group.this.mixed_instances_policy[0].instances_distribution[0].on_demand_percentage_above_base_capacity == 25
    error_message = "the shares are not what was asked for"
  }

  assert {
    condition     = [for override in aws_autoscaling_group.this.mixed_instances_policy[0].launch_template[0].override : override.instance_type] == ["g6.xlarge", "g5.xlarge"]
    error_message = "a type is missing"
  }

  assert {
    condition     = aws_autoscaling_policy.wanted[0].target_tracking_configuration[0].disable_scale_in == true
    error_message = "the metric may end machines that work"
  }

  assert {
    condition     = output.group.most == 8 && endswith(output.group.arn, "autoScalingGroupName/tts-gpu")
    error_message = "the edge would let another group grow"
  }
}

run "what_costs_is_refused" {
  command = plan

  variables {
    pool              = "GPU"
    image_id          = "debian"
    instance_types    = ["large"]
    size_most         = 5000
    size_least        = 200
    on_demand_base    = -1
    spot_percent      = 120
    drain_seconds     = 10000
    idle_exit_seconds = 5
    disk_gib          = 5
  }

  expect_failures = [var.pool, var.image_id, var.instance_types, var.size_most, var.size_least, var.on_demand_base, var.spot_percent, var.drain_seconds, var.idle_exit_seconds, var.disk_gib]
}
