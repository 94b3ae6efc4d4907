variable "archive" {
  description = "Archive of the program and its SHA-256; null where the machines have /opt/kiskadee already."
  type        = object({ url = string, sha256 = string })
  default     = null
}

variable "database_host" {
  description = "Postgres, as the machines reach it: host:port."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9.-]+:[0-9]+$", var.database_host))
    error_message = "host:port."
  }
}

variable "edge_address" {
  description = "Address of the edge's machine in the private network, at which workers reach its storage gateway."
  type        = string

  validation {
    condition     = can(cidrhost("${var.edge_address}/32", 0))
    error_message = "An IPv4 address."
  }
}

variable "storage" {
  description = "Where audio is kept: a bucket that all machines reach."
  type        = string
}

variable "storage_keys" {
  description = "Keys of the bucket, such as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT and AWS_REGION."
  type        = map(string)
  default     = {}
  sensitive   = true
}

variable "worker_database_url" {
  description = "The worker's login, as `logins.py` made it; empty at first."
  type        = string
  default     = ""
  sensitive   = true
}

variable "workers" {
  description = "Names of the machines with a GPU."
  type        = list(string)
  default     = ["gpu-1"]
}
