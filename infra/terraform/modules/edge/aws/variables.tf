variable "name" {
  description = "Prefix of all names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "The name is 2 to 21 lower-case letters, digits and hyphens, a letter first: names of balancers are short."
  }
}

variable "archive" {
  description = "Archive of the program and its SHA-256; null where the image has it."
  type        = object({ url = string, sha256 = string })
  default     = null
}

variable "image_id" {
  description = "Image of the machines: Ubuntu 24.04, Debian 12 or newer with cloud-init."
  type        = string

  validation {
    condition     = can(regex("^ami-[0-9a-f]{8,17}$", var.image_id))
    error_message = "An image of EC2, such as ami-0123456789abcdef0."
  }
}

variable "root_device" {
  description = "How the image calls its first disk: /dev/sda1 in Ubuntu's, /dev/xvda in Debian's."
  type        = string
  default     = "/dev/sda1"
}

variable "instance_type" {
  description = "Type of the machines."
  type        = string
  default     = "c7i.large"

  validation {
    condition     = can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", var.instance_type))
    error_message = "A type such as c7i.large."
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

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "public_subnet_ids" {
  description = "Subnets of the balancer."
  type        = list(string)
}

variable "private_subnet_ids" {
  description = "Subnets of the machines."
  type        = list(string)
}

variable "trusted_proxies" {
  description = "Addresses from which the balancer speaks: those of its subnets. Only they are believed when they say who the client is."
  type        = list(string)

  validation {
    condition     = length(var.trusted_proxies) > 0 && alltrue([for cidr in var.trusted_proxies : can(cidrhost(cidr, 0)) && cidr != "0.0.0.0/0"])
    error_message = "CIDRs of the balancer's subnets: who trusts the world lets everybody choose an address."
  }
}

variable "security_group_ids" {
  description = "Output of the module `network`: the groups `balancer` and `edge`."
  type        = object({ balancer = string, edge = string })
}

variable "certificate_arn" {
  description = "Certificate of the site, in ACM."
  type        = string

  validation {
    condition     = startswith(var.certificate_arn, "arn:")
    error_message = "The ARN of a certificate in ACM: a site without TLS is not offered."
  }
}

variable "web_acl_arn" {
  description = "Web ACL of AWS WAF before the balancer; null for none, the edges limit rates themselves."
  type        = string
  default     = null
}

variable "log_bucket" {
  description = "Bucket of the balancer's access logs; null keeps none."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Refuse to delete the balancer, whose name stands in the DNS."
  type        = bool
  default     = true
}

variable "database" {
  description = "Output of the module `postgres`."
  type        = object({ host = string, port = number, name = string, tls = optional(string, "verify-full") })
}

variable "database_ca" {
  description = "Output of the module `postgres`: who signed the database's certificate."
  type        = string
}

variable "storage" {
  description = "Output of the module `bucket`."
  type        = object({ storage = string, arn = string, kms_key_arn = optional(string) })
}

variable "secret_arns" {
  description = "Output of the module `postgres`: secrets by part, of which these machines read edge, pooler, storage, worker and scaler."
  type        = map(string)
}

variable "secret_kms_key_arn" {
  description = "Their key, where it is not AWS's own."
  type        = string
  default     = null
}

variable "groups" {
  description = "Groups of workers that these machines let grow, by pool: output `group` of the module `workers`."
  type        = map(object({ address = string, arn = string, most = number }))
  default     = {}
}

variable "environment" {
  description = "Further settings of `kiskadee edge`, such as SPIN_VARIABLE_CORS_ALLOWED_ORIGINS."
  type        = map(string)
  default     = {}
}

variable "session_manager" {
  description = "Let operators open a shell by AWS Session Manager, which needs no open port."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
