variable "region" {
  description = "The region."
  type        = string
  default     = "eu-central-1"
}

variable "availability_zones" {
  description = "Two to four of its zones that have the machines."
  type        = list(string)
  default     = ["eu-central-1a", "eu-central-1b"]
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "kiskadee"
}

variable "bucket" {
  description = "Name of the bucket, the same for nobody else in the world."
  type        = string
}

variable "archive" {
  description = "Archive of the program and its SHA-256; null where the images have it."
  type        = object({ url = string, sha256 = string })
  default     = null
}

variable "edge_image_id" {
  description = "Image of the edges: Ubuntu 24.04."
  type        = string
}

variable "gpu_image_id" {
  description = "Image of the workers: Ubuntu 24.04 with NVIDIA's driver."
  type        = string
}

variable "gpu_most" {
  description = "Machines with a GPU at most: what the worst hour costs."
  type        = number
  default     = 4
}

variable "training_most" {
  description = "Machines that train at most; 0 for none."
  type        = number
  default     = 0

  validation {
    condition     = var.training_most >= 0 && var.training_most <= 20
    error_message = "0 to 20 machines."
  }
}

variable "certificate_arn" {
  description = "Certificate of the site, in ACM."
  type        = string
}

variable "deletion_protection" {
  description = "Refuse to delete the database and the balancer."
  type        = bool
  default     = true
}
