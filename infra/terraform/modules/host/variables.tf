variable "archive" {
  description = "Archive of the program as `cargo xtask dist` makes it, and its SHA-256; null where the machine's image has /opt/kiskadee already."
  type = object({
    url    = string
    sha256 = string
  })
  default = null

  validation {
    condition     = var.archive == null ? true : startswith(var.archive.url, "https://") && can(regex("^[0-9a-f]{64}$", var.archive.sha256))
    error_message = "The archive is an https:// address with the 64 hexadecimal digits of its SHA-256: what is not checked is not run."
  }
}

variable "parts" {
  description = "What runs here beside workers: any of edge, storage, pooler, backup."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.parts, ["edge", "storage", "pooler", "backup"])) == 0
    error_message = "Parts are edge, storage, pooler and backup."
  }
}

variable "pools" {
  description = "Workers that run here, by their pool. `drain_seconds` is what a stop may take, `idle_exit_seconds` 0 keeps an idle worker, `environment` are further settings of `kiskadee worker`."
  type = map(object({
    gpu               = optional(bool, false)
    drain_seconds     = optional(number, 25)
    idle_exit_seconds = optional(number, 0)
    environment       = optional(map(string), {})
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.pools) : can(regex("^[a-z][a-z0-9_]{0,30}$", name))])
    error_message = "A pool is called by lower-case letters, digits and underscores, a letter first."
  }

  validation {
    condition     = alltrue(flatten([for pool in values(var.pools) : [for name in keys(pool.environment) : !can(regex("(DATABASE_URL|TOKEN|PASSWORD|SECRET_ACCESS_KEY|SIGNING_KEY)$", name))]]))
    error_message = "A secret is no setting: whoever may read the instance's user data would read it. It comes from the cloud's store, or by `files`."
  }

  validation {
    condition     = alltrue([for pool in values(var.pools) : pool.drain_seconds >= 5 && pool.drain_seconds <= 7200])
    error_message = "A drain takes 5 to 7200 seconds."
  }

  validation {
    condition     = alltrue([for pool in values(var.pools) : pool.idle_exit_seconds == 0 || pool.idle_exit_seconds >= 60])
    error_message = "An idle worker stays for 60 seconds at least: starting a machine and loading a model takes longer."
  }
}

variable "edge_drain_seconds" {
  description = "Seconds for which an edge that is stopped says that it is not ready and still answers: longer than its balancer takes to notice."
  type        = number
  default     = 5

  validation {
    condition     = var.edge_drain_seconds >= 0 && var.edge_drain_seconds <= 120
    error_message = "0 to 120 seconds."
  }
}

variable "environment" {
  description = "Settings by part (edge, storage, worker, backup), without secrets: whoever may read an instance's user data reads them."
  type        = map(map(string))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.environment), ["edge", "storage", "worker", "backup"])) == 0
    error_message = "Settings are for edge, storage, worker or backup."
  }

  validation {
    condition     = alltrue(flatten([for part in values(var.environment) : [for name, value in part : can(regex("^[A-Z][A-Z0-9_]*$", name)) && !strcontains(value, "\n")]]))
    error_message = "Names are capital letters, digits and underscores, and no value has a line break."
  }

  validation {
    condition     = alltrue(flatten([for part in values(var.environment) : [for name in keys(part) : !can(regex("(DATABASE_URL|TOKEN|PASSWORD|SECRET_ACCESS_KEY|SIGNING_KEY)$", name))]]))
    error_message = "A secret is no setting: whoever may read the instance's user data would read it. It comes from the cloud's store, or by `files`."
  }
}

variable "files" {
  description = "Further files by path, all readable by root alone: the way for secrets where there is no cloud's store, as /etc/credstore/kiskadee.PART.NAME. They stand in user data, so on a cloud they are refused."
  type        = map(string)
  default     = {}
  sensitive   = true
}

variable "cloud" {
  description = "Settings of /etc/kiskadee/cloud.env (KISKADEE_CLOUD, AWS_REGION, KISKADEE_GROUP, KISKADEE_HOOK and so on); null on a machine of one's own."
  type        = map(string)
  default     = null
}

variable "secrets" {
  description = "For each part whose secrets are fetched at the start of the machine: the address of the secret in the cloud's store."
  type        = map(string)
  default     = {}
}

variable "groups" {
  description = "Groups of instances that this machine lets grow, by pool: their address and the size that they never exceed."
  type = map(object({
    address = string
    most    = number
  }))
  default = {}

  validation {
    condition     = alltrue([for group in values(var.groups) : group.most >= 1 && group.most <= 1000])
    error_message = "A group grows to 1 to 1000 instances."
  }
}

variable "gateway_address" {
  description = "Address at which workers reach the storage gateway of this machine; null for the machine's first one."
  type        = string
  default     = null

  validation {
    condition     = var.gateway_address == null || can(cidrhost("${var.gateway_address}/32", 0))
    error_message = "An IPv4 address."
  }
}

variable "database" {
  description = "Where Postgres is: the pooler's target and the name of the database; and what of its certificate is checked, if `database_ca` is given: `verify-full`, or `verify-ca` where an authority signs for this one server and the certificate has not its name."
  type = object({
    host = string
    port = optional(number, 5432)
    name = optional(string, "kiskadee")
    tls  = optional(string, "verify-full")
  })
  default = null

  validation {
    condition     = var.database == null ? true : contains(["verify-full", "verify-ca"], var.database.tls)
    error_message = "verify-full or verify-ca: without a check TLS protects from nobody who stands in between."
  }
}

variable "database_ca" {
  description = "Certificate that signed the database's, in PEM, or an https:// address of it; it becomes /etc/kiskadee/database-ca.pem."
  type        = string
  default     = null
}

variable "pool_size" {
  description = "Sessions at Postgres for each login of the pooler; an edge has seven logins."
  type        = number
  default     = 4

  validation {
    condition     = var.pool_size >= 1 && var.pool_size <= 50
    error_message = "One to fifty sessions: each takes memory at Postgres."
  }
}

variable "packages" {
  description = "Further Debian packages."
  type        = list(string)
  default     = []
}
