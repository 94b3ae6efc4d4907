mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  name               = "tts"
  availability_zones = ["eu-central-1a", "eu-central-1b"]
}

run "everything_but_the_balancer_is_private" {
  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "an instance in a public subnet would get a public address"
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.world : rule.to_port]) == toset([80, 443])
    error_message = "the world reaches more than HTTP"
  }

  assert {
    condition     = length([for rule in aws_vpc_security_group_ingress_rule.call : rule if rule.referenced_security_group_id == null]) == 0
    error_message = "a rule lets in addresses instead of a group"
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.metrics) == 0
    error_message = "metrics are open where nobody asked for it"
  }

  assert {
    condition     = length([for call in local.calls : call if call[0] == "workers"]) == 0
    error_message = "somebody may call workers"
  }
}

run "audio_does_not_pass_nat" {
  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "only the gateway endpoint of S3 is free"
  }

  assert {
    condition     = aws_vpc_endpoint.s3.service_name == "com.amazonaws.eu-central-1.s3"
    error_message = "the endpoint is of another service or region"
  }

  assert {
    condition     = length(aws_vpc_endpoint.s3.route_table_ids) == length(var.availability_zones)
    error_message = "a zone's route table does not know the endpoint"
  }
}

run "subnets_do_not_overlap" {
  assert {
    condition     = length(distinct(concat(output.public_subnet_cidrs, [for subnet in aws_subnet.private : subnet.cidr_block]))) == 4
    error_message = "two subnets have the same addresses"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1
    error_message = "one gateway was asked for"
  }
}

run "a_gateway_for_each_zone" {
  variables {
    nat           = "each"
    metrics_cidrs = ["10.20.240.0/24"]
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 2 && length(aws_route.nat) == 2
    error_message = "a zone depends on another zone's gateway"
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.metrics : rule.from_port]) == toset([9005, 9100])
    error_message = "metrics of edges and workers are on 9005 and 9100"
  }
}

run "without_a_way_out" {
  variables {
    nat                 = "none"
    interface_endpoints = ["secretsmanager"]
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 && length(aws_route.nat) == 0
    error_message = "something of NAT is left, and costs"
  }

  assert {
    condition     = aws_vpc_endpoint.service["secretsmanager"].private_dns_enabled
    error_message = "programs would not find the endpoint by the service's name"
  }
}

run "what_costs_or_exposes_is_refused" {
  command = plan

  variables {
    cidr               = "10.0.0.0/8"
    availability_zones = ["eu-central-1a"]
    nat                = "two"
    metrics_cidrs      = ["0.0.0.0/0"]
    flow_logs_days     = 3
  }

  expect_failures = [var.cidr, var.availability_zones, var.nat, var.metrics_cidrs, var.flow_logs_days]
}
