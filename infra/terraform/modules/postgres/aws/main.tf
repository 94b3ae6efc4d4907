# Postgres with a standby in another zone. RDS makes the owner's password and keeps it; Terraform never sees it.

locals {
  tags  = merge(var.tags, { Project = var.name })
  major = split(".", var.engine_version)[0]

  # 8 KiB, 1 kB or ms where a number has no unit: RDS takes no units.
  parameters = merge({
    "rds.force_ssl"                       = "1"
    "autovacuum_max_workers"              = "5"
    "autovacuum_naptime"                  = "5"
    "autovacuum_vacuum_cost_limit"        = "2000"
    "checkpoint_timeout"                  = "900"
    "idle_in_transaction_session_timeout" = "60000"
    "jit"                                 = "0"
    "lock_timeout"                        = "2000"
    "log_lock_waits"                      = "1"
    "log_min_duration_statement"          = "1000"
    "log_statement"                       = "ddl"
    "max_connections"                     = tostring(var.max_connections)
    "max_wal_size"                        = "8192"
    "track_io_timing"                     = "1"
    "wal_compression"                     = "lz4"
  }, var.parameters)

  # RDS changes these at the next restart.
  static = ["autovacuum_max_workers", "max_connections"]
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
  tags       = local.tags
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-"
  family      = "postgres${local.major}"
  tags        = local.tags

  dynamic "parameter" {
    for_each = local.parameters
    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = contains(local.static, parameter.key) ? "pending-reboot" : "immediate"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_161:the parts log in by passwords that RDS and Postgres can check without a call to IAM
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.instance_class
  db_name        = "kiskadee"
  port           = 5432

  username                      = "kiskadee_owner"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.kms_key_arn

  storage_type          = "gp3"
  allocated_storage     = var.storage_gib
  max_allocated_storage = var.storage_most_gib
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  multi_az               = var.multi_az
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.security_group_id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  backup_retention_period   = var.backup_days
  backup_window             = "02:00-03:00"
  maintenance_window        = "sun:03:30-sun:04:30"
  copy_tags_to_snapshot     = true
  deletion_protection       = var.deletion_protection
  delete_automated_backups  = false
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-last"

  auto_minor_version_upgrade      = true
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
  tags                            = local.tags

  lifecycle {
    # It has grown by itself.
    ignore_changes = [allocated_storage]

    precondition {
      condition     = var.storage_most_gib >= var.storage_gib * 1.1
      error_message = "storage_most_gib is at least a tenth above storage_gib."
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name = "${var.name}-database-monitoring"
  tags = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

# Empty until `logins.py` has made the logins of the parts: so no password is ever in Terraform's state.
resource "aws_secretsmanager_secret" "part" {
  #checkov:skip=CKV_AWS_149:the key is the caller's choice; without one AWS encrypts with its own
  #checkov:skip=CKV2_AWS_57:logins.py changes all passwords at once, with the parts that use them; AWS's rotation would change one
  for_each = toset(["edge", "pooler", "storage", "worker", "scaler", "backup"])

  name                    = "${var.name}/${each.key}"
  description             = "What ${each.key} of ${var.name} must know and nobody else; written by logins.py"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 30
  tags                    = local.tags
}
