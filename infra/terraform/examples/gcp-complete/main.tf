# Everything at Google: two edges, a database with a standby, a bucket, and machines with an L4 that come when there is work.

module "network" {
  source = "../../modules/network/gcp"

  name    = var.name
  project = var.project
  region  = var.region
}

module "postgres" {
  source = "../../modules/postgres/gcp"

  name                = var.name
  project             = var.project
  region              = var.region
  network_id          = module.network.network_id
  services_connection = module.network.services_connection
  deletion_protection = var.deletion_protection
}

module "bucket" {
  source = "../../modules/bucket/gcp"

  name     = var.bucket
  project  = var.project
  location = var.region
}

module "gpu" {
  source = "../../modules/workers/gcp"

  name          = var.name
  project       = var.project
  region        = var.region
  pool          = "gpu"
  archive       = var.archive
  image         = var.gpu_image
  size_most     = var.gpu_most
  network_id    = module.network.network_id
  subnetwork_id = module.network.subnetwork_id
  bucket        = module.bucket
  secret_id     = module.postgres.secret_ids["worker"]
  database_ca   = module.postgres.database_ca
  environment   = { KISKADEE_FAMILIES = "speech" }
}

module "edge" {
  source = "../../modules/edge/gcp"

  name           = var.name
  project        = var.project
  region         = var.region
  zones          = var.zones
  archive        = var.archive
  network_id     = module.network.network_id
  subnetwork_id  = module.network.subnetwork_id
  balancer_cidrs = module.network.balancer_cidrs
  domains        = var.domains
  database       = module.postgres.database
  database_ca    = module.postgres.database_ca
  bucket         = module.bucket
  secret_ids     = module.postgres.secret_ids
  groups         = { gpu = module.gpu.group }
}
