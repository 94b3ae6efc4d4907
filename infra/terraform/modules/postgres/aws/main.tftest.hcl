mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "tts.example.eu-central-1.rds.amazonaws.com"
      master_user_secret = [{ kms_key_id = "", secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds", secret_status = "active" }]
    }
  }
}

variables {
  name              = "tts"
  subnet_ids        = ["subnet-a", "subnet-b"]
  security_group_id = "sg-1"
}

run "a_database_that_is_hard_to_lose" {
  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.deletion_protection
    error_message = "one zone or one slip takes the database"
  }

  assert {
    condition     = aws_db_instance.this.backup_retention_period == 14 && aws_db_instance.this.delete_automated_backups == false
    error_message = "backups are kept for 14 days, also after the database"
  }

  assert {
    condition     = aws_db_instance.this.skip_final_snapshot == false && aws_db_instance.this.final_snapshot_identifier == "tts-last"
    error_message = "a deletion leaves nothing"
  }

  assert {
    condition     = aws_db_instance.this.max_allocated_storage == 500
    error_message = "a full disk stops everything"
  }
}

run "nobody_from_outside_and_nothing_in_clear" {
  assert {
    condition     = aws_db_instance.this.publicly_accessible == false
    error_message = "the internet reaches the database"
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted == true
    error_message = "disks are in clear"
  }

  assert {
    condition     = contains([for parameter in aws_db_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "rds.force_ssl=1")
    error_message = "connections without TLS are taken"
  }

  assert {
    condition     = aws_db_instance.this.manage_master_user_password == true && aws_db_instance.this.password == null
    error_message = "the owner's password is in the state"
  }

  assert {
    condition     = keys(output.secret_arns) == ["backup", "edge", "pooler", "scaler", "storage", "worker"]
    error_message = "a part has no secret of its own"
  }

  assert {
    condition     = startswith(output.url_settings, "sslmode=verify-full")
    error_message = "parts would speak to whoever answers"
  }
}

run "parameters_may_be_changed_but_for_tls" {
  variables {
    parameters = { jit = "1" }
  }

  assert {
    condition     = contains([for parameter in aws_db_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "jit=1")
    error_message = "a parameter of the caller does not win"
  }

  assert {
    condition     = [for parameter in aws_db_parameter_group.this.parameter : parameter.apply_method if parameter.name == "max_connections"] == ["pending-reboot"]
    error_message = "RDS refuses to change it at once"
  }
}

run "what_costs_or_exposes_is_refused" {
  command = plan

  variables {
    subnet_ids       = ["subnet-a"]
    engine_version   = "15.4"
    instance_class   = "m7g.large"
    storage_gib      = 5
    storage_most_gib = 10
    backup_days      = 1
    max_connections  = 5000
    parameters       = { "rds.force_ssl" = "0" }
  }

  expect_failures = [var.subnet_ids, var.engine_version, var.instance_class, var.storage_gib, var.storage_most_gib, var.backup_days, var.max_connections, var.parameters]
}
