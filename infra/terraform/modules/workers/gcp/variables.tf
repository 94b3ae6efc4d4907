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
  description = "Image of the machines, with cloud-init, for a GPU with NVIDIA's driver: Ubuntu's has it, Debian's at Google has not."
  type        = string
  default     = "ubuntu-os-cloud/ubuntu-2404-lts-amd64"
}

variable "pool" {
  description = "Name of the pool, as `kiskadee worker --pool` and `kiskadee admin scale --pool` say it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,20}$", var.pool))
    error_message = "A pool is called by lower-case letters, digits and underscores, a letter first."
  }
}

variable "machine_type" {
  description = "Type of machine: g2-standard-4 has an L4, a3-highgpu-8g eight H100."
  type        = string
  default     = "g2-standard-4"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*-[a-z]+(-[0-9]+g?)?$", var.machine_type))
    error_message = "A type such as g2-standard-4."
  }
}

variable "gpu" {
  description = "Whether workers use a GPU."
  type        = bool
  default     = true
}

variable "spot" {
  description = "Machines that cost less and may be taken away within half a minute."
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
  description = "Machines that are there at the start, and with `scaling_metric` always."
  type        = number
  default     = 0

  validation {
    condition     = var.size_least >= 0 && var.size_least <= 100
    error_message = "0 to 100 machines."
  }
}

variable "drain_seconds" {
  description = "What a stop may take; Google gives a spot machine 30 s, training wants 7200 and machines of its own."
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
  description = "Metric of Cloud Monitoring that says how many workers are wanted, such as `prometheus.googleapis.com/workers_wanted/gauge`, with a filter; null where an edge lets the group grow (module edge, `groups`). It only ever adds machines."
  type        = object({ name = string, filter = optional(string) })
  default     = null
}

variable "zones" {
  description = "Zones of the region that have such machines; all where none is named."
  type        = list(string)
  default     = []
}

variable "network_id" {
  description = "The network."
  type        = string
}

variable "subnetwork_id" {
  description = "The subnet."
  type        = string
}

variable "bucket" {
  description = "Output of the module `bucket`."
  type        = object({ name = string, storage = string })
}

variable "secret_id" {
  description = "Secret of the part `worker`."
  type        = string
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

variable "disk_type" {
  description = "Type of the disk; a3 and newer machines take hyperdisk-balanced alone."
  type        = string
  default     = "pd-balanced"
}

variable "packages" {
  description = "Further Debian packages."
  type        = list(string)
  default     = []
}

variable "labels" {
  description = "Labels of everything."
  type        = map(string)
  default     = {}
}
