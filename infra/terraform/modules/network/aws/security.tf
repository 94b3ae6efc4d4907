# Who may speak to whom. Groups name groups, not addresses, so an instance that is added needs no new rule.

locals {
  groups = {
    balancer  = "The balancer: HTTP and HTTPS from anywhere, to the edges"
    edge      = "Edges with their storage gateways: from the balancer and from workers"
    workers   = "Workers: nobody calls them but who reads metrics"
    database  = "Postgres: from edges and workers"
    endpoints = "Endpoints of AWS services: from edges and workers"
  }

  # Called group, caller, port. 8005 is the edge, 8006 its storage gateway, 9005 and 9100 the metrics and readiness.
  calls = {
    edge_from_balancer           = ["edge", "balancer", 8005]
    edge_readiness_from_balancer = ["edge", "balancer", 9005]
    edge_gateway_from_workers    = ["edge", "workers", 8006]
    database_from_edge           = ["database", "edge", 5432]
    database_from_workers        = ["database", "workers", 5432]
    endpoints_from_edge          = ["endpoints", "edge", 443]
    endpoints_from_workers       = ["endpoints", "workers", 443]
  }

  metrics = {
    for pair in setproduct(["edge", "workers"], var.metrics_cidrs) : "${pair[0]} ${pair[1]}" => {
      group = pair[0], cidr = pair[1], port = pair[0] == "edge" ? 9005 : 9100
    }
  }
}

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:the modules of the database, the workers and the edge attach them
  for_each = local.groups

  name        = "${var.name}-${each.key}"
  description = each.value
  vpc_id      = aws_vpc.this.id
  tags        = merge(local.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_vpc_security_group_ingress_rule" "world" {
  #checkov:skip=CKV_AWS_260:port 80 answers with a redirect to HTTPS alone
  for_each = toset(["80", "443"])

  security_group_id = aws_security_group.this["balancer"].id
  description       = "HTTP from anywhere, on port ${each.key}"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = tonumber(each.key)
  to_port           = tonumber(each.key)
}

resource "aws_vpc_security_group_ingress_rule" "call" {
  for_each = local.calls

  security_group_id            = aws_security_group.this[each.value[0]].id
  referenced_security_group_id = aws_security_group.this[each.value[1]].id
  description                  = replace(each.key, "_", " ")
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value[2])
  to_port                      = tonumber(each.value[2])
}

resource "aws_vpc_security_group_ingress_rule" "metrics" {
  for_each = local.metrics

  security_group_id = aws_security_group.this[each.value.group].id
  description       = "Metrics to ${each.value.cidr}"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  for_each = { for name, call in local.calls : name => call if call[1] == "balancer" }

  security_group_id            = aws_security_group.this["balancer"].id
  referenced_security_group_id = aws_security_group.this[each.value[0]].id
  description                  = replace(each.key, "_", " ")
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value[2])
  to_port                      = tonumber(each.value[2])
}

# Webhooks and recordings live at addresses of strangers, so workers may call anybody. The guard against calls to
# private networks is the worker's own (`--webhook-allow-private off`).
resource "aws_vpc_security_group_egress_rule" "out" {
  #checkov:skip=CKV_AWS_382:webhooks and downloads lead to any address and port
  for_each = toset(["edge", "workers"])

  security_group_id = aws_security_group.this[each.key].id
  description       = "Database, bucket, webhooks and downloads"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}
