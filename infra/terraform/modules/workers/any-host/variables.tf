variable "hosts" {
  description = "Machines by their name, each with the pools of workers that it runs."
  type = map(object({
    pools = map(object({
      gpu               = optional(bool, false)
      drain_seconds     = optional(number, 25)
      idle_exit_seconds = optional(number, 0)
      environment       = optional(map(string), {})
    }))
  }))

  validation {
    condition     = alltrue([for name, host in var.hosts : can(regex("^[a-z][a-z0-9-]{0,62}$", name)) && length(host.pools) > 0])
    error_message = "A machine is called by lower-case letters, digits and hyphens, a letter first, and runs one pool or more."
  }
}

variable "archive" {
  description = "Archive of the program and its SHA-256; null where the machine has /opt/kiskadee already."
  type        = object({ url = string, sha256 = string })
  default     = null
}

variable "storage" {
  description = "Where audio is kept: s3://, gs:// or az://, which every machine reaches, or a directory that is the same on all."
  type        = string

  validation {
    condition     = can(regex("^(s3|gs|az)://|^/", var.storage))
    error_message = "s3://bucket, gs://bucket, az://container or an absolute path."
  }
}

variable "secrets" {
  description = "What nobody else may read: KISKADEE_DATABASE_URL, which becomes a file that only the workers' unit gets, and the keys of the storage, such as AWS_ACCESS_KEY_ID, which become its variables. They stand in the document and in Terraform's state; leave them out and write /etc/credstore/kiskadee.worker.KISKADEE_DATABASE_URL and /etc/kiskadee/keys.env by other means where that will not do."
  type        = map(string)
  default     = {}
  sensitive   = true
}

variable "environment" {
  description = "Further settings of all workers."
  type        = map(string)
  default     = {}
}

variable "database_ca" {
  description = "Certificate that signed the database's, in PEM, or an https:// address of it."
  type        = string
  default     = null
}

variable "packages" {
  description = "Further Debian packages."
  type        = list(string)
  default     = []
}
