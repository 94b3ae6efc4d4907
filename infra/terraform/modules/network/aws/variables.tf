variable "name" {
  description = "Prefix of all names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "The name is 2 to 21 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "cidr" {
  description = "Addresses of the network, /16 to /20; a sixteenth of them goes to each subnet."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = try(cidrhost(var.cidr, 0) != "" && contains(range(16, 21), tonumber(split("/", var.cidr)[1])), false)
    error_message = "The network is an IPv4 CIDR between /16 and /20."
  }
}

variable "availability_zones" {
  description = "Zones with a public and a private subnet each; the database and the balancer need two."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 4
    error_message = "Give two to four zones: fewer cannot fail over, and each costs traffic between zones."
  }
}

variable "nat" {
  description = "Way out of the private subnets: `one` gateway, one for `each` zone, or `none` (then webhooks and downloads lead nowhere)."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "each"], var.nat)
    error_message = "nat is none, one or each: every gateway costs by the hour and by the byte."
  }
}

variable "interface_endpoints" {
  description = "AWS services that are reached inside the network, such as `secretsmanager`; each costs by the hour and zone, and without a NAT gateway instances need `secretsmanager` and `autoscaling`."
  type        = set(string)
  default     = []
}

variable "metrics_cidrs" {
  description = "Addresses inside the network from which metrics may be read."
  type        = list(string)
  default     = []

  validation {
    condition     = !contains(var.metrics_cidrs, "0.0.0.0/0")
    error_message = "Metrics are not for the whole internet."
  }
}

variable "flow_logs_days" {
  description = "Days for which the headers of all connections are kept; 365 or more is what auditors ask for."
  type        = number
  default     = 365

  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365, 400, 731], var.flow_logs_days)
    error_message = "CloudWatch keeps logs for 7, 14, 30, 60, 90, 180, 365, 400 or 731 days."
  }
}

variable "log_key_arn" {
  description = "KMS key that encrypts the logs; null leaves it to CloudWatch's own."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
