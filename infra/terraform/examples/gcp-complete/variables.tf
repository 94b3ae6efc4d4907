variable "project" {
  description = "The project, which holds nothing else."
  type        = string
}

variable "region" {
  description = "The region."
  type        = string
  default     = "europe-west3"
}

variable "zones" {
  description = "Two or more of its zones."
  type        = list(string)
  default     = ["europe-west3-a", "europe-west3-b"]
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

variable "domains" {
  description = "Names of the site."
  type        = list(string)
}

variable "archive" {
  description = "Archive of the program and its SHA-256; null where the images have it."
  type        = object({ url = string, sha256 = string })
  default     = null
}

variable "gpu_image" {
  description = "Image of the workers: Ubuntu 24.04 with NVIDIA's driver."
  type        = string
}

variable "gpu_most" {
  description = "Machines with a GPU at most: what the worst hour costs."
  type        = number
  default     = 4
}

variable "deletion_protection" {
  description = "Refuse to delete the database."
  type        = bool
  default     = true
}
