variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "pool" {
  description = "Name of the pool, as `kiskadee worker --pool` and `kiskadee admin scale --pool` say it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,30}$", var.pool))
    error_message = "A pool is called by lower-case letters, digits and underscores, a letter first."
  }
}

variable "archive" {
  description = "Archive of the program and its SHA-256; null where the image has it."
  type        = object({ url = string, sha256 = string })
  default     = null
}

variable "image_id" {
  description = "Image of the machines: Debian 12, Ubuntu 24.04 or newer with cloud-init, for a GPU with NVIDIA's driver."
  type        = string

  validation {
    condition     = can(regex("^ami-[0-9a-f]{8,17}$", var.image_id))
    error_message = "An image of EC2, such as ami-0123456789abcdef0."
  }
}

variable "instance_types" {
  description = "Types of machine that will do, the best first: more types, fewer interruptions."
  type        = list(string)
  default     = ["g6.xlarge"]

  validation {
    condition     = length(var.instance_types) >= 1 && length(var.instance_types) <= 20 && alltrue([for type in var.instance_types : can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", type))])
    error_message = "One to twenty types such as g6.xlarge or p5.48xlarge."
  }
}

variable "gpu" {
  description = "Whether workers use a GPU."
  type        = bool
  default     = true
}

variable "size_most" {
  description = "Machines at most: what the worst hour costs."
  type        = number

  validation {
    condition     = var.size_most >= 1 && var.size_most <= 1000
    error_message = "1 to 1000 machines."
  }
}

variable "size_least" {
  description = "Machines that are always there."
  type        = number
  default     = 0

  validation {
    condition     = var.size_least >= 0 && var.size_least <= 100
    error_message = "0 to 100 machines."
  }
}

variable "on_demand_base" {
  description = "Machines that are not taken away; those beyond are as `spot_percent` says."
  type        = number
  default     = 0

  validation {
    condition     = var.on_demand_base >= 0 && var.on_demand_base <= 100
    error_message = "0 to 100 machines."
  }
}

variable "spot_percent" {
  description = "How many of the machines beyond the base are spot machines, which cost less and may be taken away within two minutes."
  type        = number
  default     = 100

  validation {
    condition     = var.spot_percent >= 0 && var.spot_percent <= 100
    error_message = "0 to 100 per cent."
  }
}

variable "drain_seconds" {
  description = "What a stop may take; training wants 7200."
  type        = number
  default     = 25

  validation {
    condition     = var.drain_seconds >= 5 && var.drain_seconds <= 7200
    error_message = "5 to 7200 seconds."
  }
}

variable "idle_exit_seconds" {
  description = "Seconds without work after which a worker and its machine end; 0 keeps them."
  type        = number
  default     = 600

  validation {
    condition     = var.idle_exit_seconds == 0 || var.idle_exit_seconds >= 60
    error_message = "0, or 60 seconds at least: starting a machine and loading a model takes longer."
  }
}

variable "scaling_metric" {
  description = "Metric of CloudWatch that says how many workers are wanted; null where an edge lets the group grow (module edge, `groups`). It only ever adds machines."
  type = object({
    namespace  = string
    name       = string
    dimensions = optional(map(string), {})
  })
  default = null
}

variable "subnet_ids" {
  description = "Private subnets; more zones, more spot machines."
  type        = list(string)
}

variable "security_group_id" {
  description = "Group of the workers."
  type        = string
}

variable "storage" {
  description = "Output of the module `bucket`."
  type        = object({ storage = string, arn = string, kms_key_arn = optional(string) })
}

variable "secret_arn" {
  description = "Secret of the part `worker`."
  type        = string
}

variable "secret_kms_key_arn" {
  description = "Its key, where it is not AWS's own."
  type        = string
  default     = null
}

variable "database_ca" {
  description = "Output of the module `postgres`."
  type        = string
  default     = null
}

variable "environment" {
  description = "Further settings of `kiskadee worker`, such as KISKADEE_ENGINES."
  type        = map(string)
  default     = {}
}

variable "disk_gib" {
  description = "Disk of a machine: system, models, files on their way."
  type        = number
  default     = 60

  validation {
    condition     = var.disk_gib >= 20 && var.disk_gib <= 2000
    error_message = "20 to 2000 GiB."
  }
}

variable "session_manager" {
  description = "Let operators open a shell by AWS Session Manager, which needs no open port."
  type        = bool
  default     = true
}

variable "packages" {
  description = "Further Debian packages."
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}

variable "root_device" {
  description = "How the image calls its first disk: /dev/sda1 in Ubuntu's, /dev/xvda in Debian's."
  type        = string
  default     = "/dev/sda1"
}
