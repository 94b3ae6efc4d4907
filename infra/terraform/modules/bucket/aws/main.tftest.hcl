mock_provider "aws" {}

variables {
  name = "tts-audio-test"
}

run "closed_to_the_public" {
  assert {
    condition     = aws_s3_bucket_public_access_block.this.block_public_acls == true && aws_s3_bucket_public_access_block.this.ignore_public_acls == true
    error_message = "an ACL could open it"
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.this.block_public_policy == true && aws_s3_bucket_public_access_block.this.restrict_public_buckets == true
    error_message = "a policy could open it"
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false" && jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Effect == "Deny"
    error_message = "requests without TLS are answered"
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "objects could belong to others"
  }
}

run "what_is_kept_and_for_how_long" {
  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "a deletion is for ever"
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.abort_incomplete_multipart_upload[0].days_after_initiation if rule.id == "unfinished"] == [1]
    error_message = "unfinished uploads pile up, unseen"
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.noncurrent_version_expiration[0].noncurrent_days if rule.id == "old-versions"] == [30]
    error_message = "old versions are paid for without end"
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : "${rule.filter[0].prefix} ${rule.expiration[0].days}" if rule.id == "results"] == ["results/ 30"]
    error_message = "results are kept for 30 days, and nothing else is deleted by them"
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy == false
    error_message = "a destroy takes what the bucket holds"
  }

  assert {
    condition     = length(aws_s3_bucket_cors_configuration.this) == 0 && output.storage == "s3://${aws_s3_bucket.this.id}"
    error_message = "pages of strangers may read, or workers are told another bucket"
  }
}

run "with_what_may_be_chosen" {
  variables {
    results_days = 0
    cors_origins = ["https://tts.example.org"]
    kms_key_arn  = "arn:aws:kms:eu-central-1:123456789012:key/1"
  }

  assert {
    condition     = length([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule if rule.id == "results"]) == 0
    error_message = "results are deleted although they are to be kept"
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms" && one(aws_s3_bucket_server_side_encryption_configuration.this.rule).bucket_key_enabled == true
    error_message = "the key is not used, or asked for with each object"
  }

  assert {
    condition     = one(aws_s3_bucket_cors_configuration.this[0].cors_rule).allowed_origins == toset(["https://tts.example.org"])
    error_message = "the page cannot fetch"
  }
}

run "what_costs_or_exposes_is_refused" {
  command = plan

  variables {
    name              = "No_Bucket"
    results_days      = 1
    old_versions_days = 0
    cors_origins      = ["*"]
  }

  expect_failures = [var.name, var.results_days, var.old_versions_days, var.cors_origins]
}
