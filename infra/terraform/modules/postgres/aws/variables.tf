variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in two zones or more."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A standby needs a subnet in a second zone."
  }
}

variable "security_group_id" {
  description = "Group that says who reaches the database."
  type        = string
}

variable "engine_version" {
  description = "Postgres, 16 or newer."
  type        = string
  default     = "17"

  validation {
    condition     = try(tonumber(split(".", var.engine_version)[0]) >= 16, false)
    error_message = "Postgres 16 or newer."
  }
}

variable "instance_class" {
  description = "Size of the server and of its standby."
  type        = string
  default     = "db.m7g.large"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.(large|[0-9]{0,2}xlarge|medium|small)$", var.instance_class))
    error_message = "A class such as db.m7g.large."
  }
}

variable "storage_gib" {
  description = "Storage at the start; 400 GiB or more have 12,000 operations a second."
  type        = number
  default     = 100

  validation {
    condition     = var.storage_gib >= 20 && var.storage_gib <= 65536
    error_message = "20 to 65536 GiB."
  }
}

variable "storage_most_gib" {
  description = "Size to which the storage grows by itself; it never shrinks again."
  type        = number
  default     = 500

  validation {
    condition     = var.storage_most_gib >= 40 && var.storage_most_gib <= 65536
    error_message = "40 to 65536 GiB, and a tenth more than storage_gib."
  }
}

variable "multi_az" {
  description = "A standby in another zone, which doubles the price."
  type        = bool
  default     = true
}

variable "backup_days" {
  description = "Days to any second of which the database can be put back."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "7 to 35 days."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the database."
  type        = bool
  default     = true
}

variable "max_connections" {
  description = "Sessions at most; edges come through a pooler."
  type        = number
  default     = 200

  validation {
    condition     = var.max_connections >= 50 && var.max_connections <= 2000
    error_message = "50 to 2000 sessions."
  }
}

variable "parameters" {
  description = "Further parameters of Postgres, or other values."
  type        = map(string)
  default     = {}

  validation {
    condition     = !contains(keys(var.parameters), "rds.force_ssl")
    error_message = "Connections without TLS are not for sale."
  }
}

variable "kms_key_arn" {
  description = "Key of the storage, the secrets and the statistics; null leaves it to AWS's own."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}
