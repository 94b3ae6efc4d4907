# What an edge's machine may do: the gateway's objects, the secrets of its parts, and letting groups of workers grow.

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
      Sid      = "Secrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [for part in ["edge", "pooler", "storage", "worker", "scaler"] : var.secret_arns[part]]
    },
    ], length(var.groups) == 0 ? [] : [{
      Sid      = "Grow"
      Effect   = "Allow"
      Action   = ["autoscaling:SetDesiredCapacity"]
      Resource = [for group in values(var.groups) : group.arn]
      }, {
      # AWS knows no smaller permission to read.
      Sid      = "Size"
      Effect   = "Allow"
      Action   = ["autoscaling:DescribeAutoScalingGroups"]
      Resource = ["*"]
      }], length(local.keys) == 0 ? [] : [{
      Sid      = "Keys"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = local.keys
  }])
}

resource "aws_iam_role" "this" {
  name = "${var.name}-edge"
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
  name   = "edge"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_iam_role_policy_attachment" "session_manager" {
  count = var.session_manager ? 1 : 0

  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "this" {
  name = "${var.name}-edge"
  role = aws_iam_role.this.name
  tags = local.tags
}
