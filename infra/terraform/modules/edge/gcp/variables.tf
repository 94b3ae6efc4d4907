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

variable "archive" {
  description = "Archive of the program and its SHA-256; null where the image has it."
  type        = object({ url = string, sha256 = string })
  default     = null
}

variable "image" {
  description = "Image of the machines, with cloud-init: Ubuntu's has it, Debian's at Google has not."
  type        = string
  default     = "ubuntu-os-cloud/ubuntu-2404-lts-amd64"
}

variable "machine_type" {
  description = "Type of the machines."
  type        = string
  default     = "c3-standard-4"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*-[a-z]+(-[0-9]+)?$", var.machine_type))
    error_message = "A type such as c3-standard-4."
  }
}

variable "size" {
  description = "Machines: two or more, so that one may be replaced."
  type        = number
  default     = 2

  validation {
    condition     = var.size >= 2 && var.size <= 50
    error_message = "2 to 50 machines."
  }
}

variable "zones" {
  description = "Zones of the region, two or more."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2
    error_message = "One zone is one failure."
  }
}

variable "network_id" {
  description = "The network."
  type        = string
}

variable "subnetwork_id" {
  description = "The subnet."
  type        = string
}

variable "balancer_cidrs" {
  description = "Output of the module `network`: addresses from which the balancer speaks. Only they, and its own address, are believed when they say who the client is."
  type        = list(string)

  validation {
    condition     = length(var.balancer_cidrs) > 0 && alltrue([for cidr in var.balancer_cidrs : can(cidrhost(cidr, 0)) && cidr != "0.0.0.0/0"])
    error_message = "CIDRs of the balancer: who trusts the world lets everybody choose an address."
  }
}

variable "domains" {
  description = "Names of the site, for which Google gets a certificate once they lead to the address."
  type        = list(string)

  validation {
    condition     = length(var.domains) > 0 && alltrue([for domain in var.domains : can(regex("^[a-z0-9.-]+\\.[a-z]+$", domain))])
    error_message = "One name or more: a site without TLS is not offered."
  }
}

variable "security_policy" {
  description = "Policy of Cloud Armor before the balancer; null for none, the edges limit rates themselves."
  type        = string
  default     = null
}

variable "database" {
  description = "Output of the module `postgres`."
  type        = object({ host = string, port = number, name = string, tls = optional(string, "verify-full") })
}

variable "database_ca" {
  description = "Output of the module `postgres`: who signed the database's certificate."
  type        = string
}

variable "bucket" {
  description = "Output of the module `bucket`."
  type        = object({ name = string, storage = string })
}

variable "secret_ids" {
  description = "Output of the module `postgres`: secrets by part, of which these machines read edge, pooler, storage, worker and scaler."
  type        = map(string)
}

variable "groups" {
  description = "Groups of workers that these machines let grow, by pool: output `group` of the module `workers`."
  type        = map(object({ address = string, most = number }))
  default     = {}
}

variable "environment" {
  description = "Further settings of `kiskadee edge`, such as SPIN_VARIABLE_CORS_ALLOWED_ORIGINS."
  type        = map(string)
  default     = {}
}

variable "labels" {
  description = "Labels of everything."
  type        = map(string)
  default     = {}
}
