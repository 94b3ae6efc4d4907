mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/tts/1", dns_name = "tts.example.elb.amazonaws.com" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/tts/1" }
  }
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "db.example.org"
      master_user_secret = [{ kms_key_id = "", secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds", secret_status = "active" }]
    }
  }
}

variables {
  bucket          = "tts-audio-test"
  edge_image_id   = "ami-0123456789abcdef0"
  gpu_image_id    = "ami-0123456789abcdef1"
  certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
}

run "parts_fit_together" {
  assert {
    condition     = length(split(" ", output.secret_places)) == 6
    error_message = "a part has no place for its secrets"
  }

  assert {
    condition     = strcontains(module.edge.environment["/etc/kiskadee/cloud.env"], "KISKADEE_GROUPS=\"gpu=kiskadee-gpu\"")
    error_message = "nobody lets the pool grow"
  }

  assert {
    condition     = strcontains(module.edge.environment["/etc/kiskadee/edge.env"], "KISKADEE_TRUSTED_PROXIES=\"10.20.0.0/20,10.20.16.0/20\"")
    error_message = "the balancer is not believed"
  }

  assert {
    condition     = output.owner_secret_arn == "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds" && output.database.host == "db.example.org"
    error_message = "the next step does not find the database"
  }
}

run "with_training" {
  variables {
    training_most = 1
  }

  assert {
    condition     = strcontains(module.training[0].environment["/etc/kiskadee/worker-training.env"], "KISKADEE_FAMILIES=\"training\"")
    error_message = "machines that train do other work"
  }

  assert {
    condition     = strcontains(module.edge.environment["/etc/kiskadee/cloud.env"], "KISKADEE_GROUPS_MOST=\"gpu=4 training=1\"")
    error_message = "nothing bounds a group"
  }
}
