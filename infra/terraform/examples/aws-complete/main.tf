# Everything on AWS: two edges, a database with a standby, a bucket, and machines with a GPU that come when there is work.

module "network" {
  source = "../../modules/network/aws"

  name               = var.name
  availability_zones = var.availability_zones
}

module "postgres" {
  source = "../../modules/postgres/aws"

  name                = var.name
  subnet_ids          = module.network.private_subnet_ids
  security_group_id   = module.network.security_group_ids["database"]
  deletion_protection = var.deletion_protection
}

module "bucket" {
  source = "../../modules/bucket/aws"

  name = var.bucket
}

module "gpu" {
  source = "../../modules/workers/aws"

  name              = var.name
  pool              = "gpu"
  archive           = var.archive
  image_id          = var.gpu_image_id
  instance_types    = ["g6.xlarge", "g5.xlarge"]
  size_most         = var.gpu_most
  subnet_ids        = module.network.private_subnet_ids
  security_group_id = module.network.security_group_ids["workers"]
  storage           = module.bucket
  secret_arn        = module.postgres.secret_arns["worker"]
  database_ca       = module.postgres.database_ca
  environment       = { KISKADEE_FAMILIES = "speech" }
}

# Training is not for machines that may be taken away: what it has not kept at a checkpoint is done again.
module "training" {
  source = "../../modules/workers/aws"
  count  = var.training_most > 0 ? 1 : 0

  name              = var.name
  pool              = "training"
  archive           = var.archive
  image_id          = var.gpu_image_id
  instance_types    = ["g6.2xlarge"]
  size_most         = var.training_most
  spot_percent      = 0
  drain_seconds     = 7200
  disk_gib          = 200
  subnet_ids        = module.network.private_subnet_ids
  security_group_id = module.network.security_group_ids["workers"]
  storage           = module.bucket
  secret_arn        = module.postgres.secret_arns["worker"]
  database_ca       = module.postgres.database_ca
  environment       = { KISKADEE_FAMILIES = "training" }
}

module "edge" {
  source = "../../modules/edge/aws"

  name                = var.name
  archive             = var.archive
  image_id            = var.edge_image_id
  vpc_id              = module.network.vpc_id
  public_subnet_ids   = module.network.public_subnet_ids
  private_subnet_ids  = module.network.private_subnet_ids
  trusted_proxies     = module.network.public_subnet_cidrs
  security_group_ids  = { for name in ["balancer", "edge"] : name => module.network.security_group_ids[name] }
  certificate_arn     = var.certificate_arn
  deletion_protection = var.deletion_protection
  database            = module.postgres.database
  database_ca         = module.postgres.database_ca
  storage             = module.bucket
  secret_arns         = module.postgres.secret_arns
  groups              = merge({ gpu = module.gpu.group }, var.training_most > 0 ? { training = module.training[0].group } : {})
}
