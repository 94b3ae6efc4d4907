# What a worker's machine may do: its audio, its one secret, and leaving its own group.

data "aws_caller_identity" "here" {}

locals {
  keys = distinct(compact([var.storage.kms_key_arn, var.secret_kms_key_arn]))

  statements = concat([
    {
      Sid      = "Objects"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
      Resource = ["${var.storage.arn}/*"]
    },
    {
      Sid      = "Bucket"
      Effect   = "Allow"
      Action   = ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation"]
      Resource = [var.storage.arn]
    },
    {
      Sid      = "Secret"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [var.secret_arn]
    },
    {
      Sid      = "Leave"
      Effect   = "Allow"
      Action   = ["autoscaling:TerminateInstanceInAutoScalingGroup", "autoscaling:RecordLifecycleActionHeartbeat", "autoscaling:CompleteLifecycleAction"]
      Resource = ["arn:aws:autoscaling:${data.aws_region.here.region}:${data.aws_caller_identity.here.account_id}:autoScalingGroup:*:autoScalingGroupName/${local.group}"]
    },
    ], length(local.keys) == 0 ? [] : [{
      Sid      = "Keys"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = local.keys
  }])
}

resource "aws_iam_role" "this" {
  name = local.group
  tags = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "worker"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_iam_role_policy_attachment" "session_manager" {
  count = var.session_manager ? 1 : 0

  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "this" {
  name = local.group
  role = aws_iam_role.this.name
  tags = local.tags
}
