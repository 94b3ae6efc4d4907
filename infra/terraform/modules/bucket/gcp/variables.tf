variable "name" {
  description = "Name of the bucket, the same for nobody else in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$", var.name))
    error_message = "3 to 63 lower-case letters, digits, hyphens and underscores."
  }
}

variable "project" {
  description = "The project."
  type        = string
}

variable "location" {
  description = "The region of the machines: between regions every byte costs."
  type        = string
}

variable "results_days" {
  description = "Days after which spoken audio is deleted; 0 keeps it until its owner or the retention of the product deletes it."
  type        = number
  default     = 30

  validation {
    condition     = var.results_days == 0 || (var.results_days >= 2 && var.results_days <= 3650)
    error_message = "0, or 2 to 3650 days: jobs of yesterday are still being downloaded."
  }
}

variable "old_versions_days" {
  description = "Days for which what was deleted or replaced can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.old_versions_days >= 1 && var.old_versions_days <= 365
    error_message = "1 to 365 days: old versions cost as much as new ones."
  }
}

variable "cors_origins" {
  description = "Sites whose pages may fetch audio by signed addresses; none without one."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : startswith(origin, "https://") && !strcontains(origin, "*")])
    error_message = "Origins are https:// addresses without asterisks."
  }
}

variable "kms_key_name" {
  description = "Key of the objects; null leaves it to Google's own."
  type        = string
  default     = null
}

variable "log_bucket" {
  description = "Bucket of the access logs; null keeps none."
  type        = string
  default     = null
}

variable "force_destroy" {
  description = "Delete the bucket with all that it holds: for tests."
  type        = bool
  default     = false
}

variable "labels" {
  description = "Labels of everything."
  type        = map(string)
  default     = {}
}
