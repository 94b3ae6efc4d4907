variable "name" {
  description = "Prefix of all names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "The name is 2 to 21 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "project" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "The region."
  type        = string
}

variable "cidr" {
  description = "Addresses of the machines, /16 to /24."
  type        = string
  default     = "10.20.0.0/20"

  validation {
    condition     = try(cidrhost(var.cidr, 0) != "" && contains(range(16, 25), tonumber(split("/", var.cidr)[1])), false)
    error_message = "An IPv4 CIDR between /16 and /24."
  }
}

variable "services_cidr" {
  description = "Addresses of Google's services that live in the network, such as the database; /16 to /24, apart from `cidr`."
  type        = string
  default     = "10.24.0.0/20"

  validation {
    condition     = try(cidrhost(var.services_cidr, 0) != "" && contains(range(16, 25), tonumber(split("/", var.services_cidr)[1])), false)
    error_message = "An IPv4 CIDR between /16 and /24."
  }
}

variable "nat" {
  description = "A way out to the internet; without one webhooks and downloads lead nowhere. It costs by the hour and by the byte."
  type        = bool
  default     = true
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

variable "flow_logs_share" {
  description = "Share of connections whose headers are kept; all of them cost more than the network."
  type        = number
  default     = 0.1

  validation {
    condition     = var.flow_logs_share > 0 && var.flow_logs_share <= 1
    error_message = "Above 0, up to 1."
  }
}
