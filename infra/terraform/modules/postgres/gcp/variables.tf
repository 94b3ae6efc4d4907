variable "name" {
  description = "Prefix of all names. The name of a database that was deleted cannot be used for a week."
  type        = string
}

variable "project" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "The region."
  type        = string
}

variable "network_id" {
  description = "The network in which it gets an address."
  type        = string
}

variable "services_connection" {
  description = "Output of the module `network`: without the connection there is no address."
  type        = string
}

variable "database_version" {
  description = "Postgres, 16 or newer."
  type        = string
  default     = "POSTGRES_17"

  validation {
    condition     = can(regex("^POSTGRES_(1[6-9]|[2-9][0-9])$", var.database_version))
    error_message = "POSTGRES_16 or newer."
  }
}

variable "tier" {
  description = "Size of the server and of its standby."
  type        = string
  default     = "db-custom-2-8192"

  validation {
    condition     = can(regex("^db-(custom-[0-9]+-[0-9]+|perf-optimized-N-[0-9]+)$", var.tier))
    error_message = "A size such as db-custom-2-8192 or db-perf-optimized-N-4: shared cores have no standby that keeps up."
  }
}

variable "edition" {
  description = "ENTERPRISE, or ENTERPRISE_PLUS for the sizes db-perf-optimized and 35 days."
  type        = string
  default     = "ENTERPRISE"

  validation {
    condition     = contains(["ENTERPRISE", "ENTERPRISE_PLUS"], var.edition)
    error_message = "ENTERPRISE or ENTERPRISE_PLUS."
  }
}

variable "storage_gib" {
  description = "Storage at the start."
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
    condition     = var.storage_most_gib >= 20 && var.storage_most_gib <= 65536
    error_message = "20 to 65536 GiB; without a bound it would grow for ever."
  }
}

variable "regional" {
  description = "A standby in another zone, which doubles the price."
  type        = bool
  default     = true
}

variable "backup_days" {
  description = "Days to any second of which the database can be put back: 7, or up to 35 with ENTERPRISE_PLUS."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "7 to 35 days."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the database, here and in Google's console."
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

variable "flags" {
  description = "Further flags of Postgres, or other values."
  type        = map(string)
  default     = {}
}

variable "kms_key_name" {
  description = "Key of the storage; null leaves it to Google's own."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of everything."
  type        = map(string)
  default     = {}
}
