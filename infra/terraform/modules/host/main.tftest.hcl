variables {
  archive = { url = "https://example.org/kiskadee.tar.gz", sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }
}

run "an_edge_with_all_that_stands_beside_it" {
  variables {
    parts              = ["edge", "storage", "pooler", "backup"]
    edge_drain_seconds = 30
    pools              = { chores = { environment = { KISKADEE_ENGINES = "none" } } }
    environment        = { edge = { SPIN_VARIABLE_SERVICE_VERSION = "a \"quoted\" one" } }
    database           = { host = "db.example.org" }
    database_ca        = "-----BEGIN CERTIFICATE-----\n"
    files              = { "/etc/kiskadee/secret" = "s3cret" }
  }

  assert {
    condition     = output.services[length(output.services) - 1] == "kiskadee-backup.timer" && contains(output.services, "kiskadee-worker@chores.service")
    error_message = "a part is not started"
  }

  assert {
    condition     = startswith(nonsensitive(output.user_data), "#cloud-config\n")
    error_message = "cloud-init would take it for something else"
  }

  assert {
    condition     = output.environment["/etc/kiskadee/edge.env"] == "SPIN_VARIABLE_SERVICE_VERSION=\"a \\\"quoted\\\" one\"\n"
    error_message = "systemd would read another value"
  }

  assert {
    condition     = alltrue([for file in yamldecode(nonsensitive(output.user_data)).write_files : file.permissions == "0600" if endswith(file.path, ".env") || strcontains(file.path, "secret")])
    error_message = "others could read settings or secrets"
  }

  assert {
    condition     = length([for file in yamldecode(nonsensitive(output.user_data)).write_files : file if strcontains(file.content, "server_tls_sslmode = verify-full")]) == 1
    error_message = "the pooler would believe any certificate"
  }

  assert {
    condition = alltrue([for unit, credential in {
      edge      = "SPIN_VARIABLE_JWT_SIGNING_KEY:kiskadee.edge.SPIN_VARIABLE_JWT_SIGNING_KEY"
      storage   = "KISKADEE_STORAGE_TOKEN:kiskadee.storage.KISKADEE_STORAGE_TOKEN"
      backup    = "KISKADEE_DATABASE_URL:kiskadee.backup.KISKADEE_DATABASE_URL"
      pooler    = "users:/run/credstore/kiskadee.pooler.users"
      "worker@" = "KISKADEE_DATABASE_URL:kiskadee.worker.KISKADEE_DATABASE_URL"
    } : length([for file in yamldecode(nonsensitive(output.user_data)).write_files : file if file.path == "/etc/systemd/system/kiskadee-${unit}.service" && strcontains(file.content, "\nLoadCredential=${credential}\n")]) == 1])
    error_message = "a unit does not get its secrets as files"
  }

  assert {
    condition     = contains(output.packages, "pgbouncer") && contains(output.packages, "postgresql-client") && contains(output.packages, "ffmpeg")
    error_message = "something that is started is not installed"
  }

  assert {
    condition     = strcontains(yamldecode(nonsensitive(output.user_data)).runcmd[0][2], "sha256sum --check")
    error_message = "what is not checked is run"
  }

  assert {
    condition     = contains([for file in yamldecode(nonsensitive(output.user_data)).write_files : file.content], "[Service]\nEnvironment=KISKADEE_DRAIN_DELAY=30\nTimeoutStopSec=65\n")
    error_message = "systemd would kill an edge before its drain has ended"
  }
}

run "workers_find_the_gateway_of_this_machine" {
  variables {
    parts           = ["edge", "storage"]
    gateway_address = "10.0.0.2"
  }

  assert {
    condition     = strcontains(yamldecode(nonsensitive(output.user_data)).runcmd[0][2], "SPIN_VARIABLE_RELAY_URL=http://10.0.0.2:8006")
    error_message = "live speech meets nobody"
  }

  assert {
    condition     = contains([for file in yamldecode(nonsensitive(output.user_data)).write_files : file.path], "/usr/local/lib/kiskadee/logins.py") && contains(output.packages, "postgresql-client")
    error_message = "logins cannot be made on this machine"
  }
}

run "a_pool_drains_as_long_as_it_was_told" {
  variables {
    pools   = { training = { gpu = true, drain_seconds = 7200, idle_exit_seconds = 600 }, cpu = {} }
    cloud   = { KISKADEE_CLOUD = "aws", AWS_REGION = "eu-central-1", KISKADEE_HOOK = "drain" }
    secrets = { worker = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tts" }
    groups  = { training = { address = "tts-training", most = 3 } }
  }

  assert {
    condition     = contains([for file in yamldecode(nonsensitive(output.user_data)).write_files : file.content], "[Service]\nEnvironment=KISKADEE_DRAIN_SECONDS=7200\nTimeoutStopSec=7215\n")
    error_message = "systemd would kill a worker before its drain has ended"
  }

  assert {
    condition     = [for file in yamldecode(nonsensitive(output.user_data)).write_files : file.path if endswith(file.path, "devices.conf")] == ["/etc/systemd/system/kiskadee-worker@training.service.d/devices.conf"]
    error_message = "the devices of the GPU are for the pool that asked for them alone"
  }

  assert {
    condition     = output.environment["/etc/kiskadee/worker-training.env"] == "KISKADEE_IDLE_EXIT=\"600\"\n" && output.environment["/etc/kiskadee/worker-cpu.env"] == ""
    error_message = "only the pool that was told ends when it is idle"
  }

  assert {
    condition     = output.services[0] == "kiskadee-secrets.service" && contains(output.services, "kiskadee-lifecycle.service") && contains(output.services, "kiskadee-scale@training.timer")
    error_message = "an instance neither fetches its secrets, nor drains, nor lets its group grow"
  }

  assert {
    condition     = strcontains(output.environment["/etc/kiskadee/cloud.env"], "KISKADEE_GROUPS_MOST=\"training=3\"")
    error_message = "nothing bounds the group"
  }

  assert {
    condition     = length(base64gzip(nonsensitive(output.user_data))) * 3 / 4 < 16384
    error_message = "AWS takes 16 KiB of user data"
  }
}

run "no_secret_stands_in_a_clouds_user_data" {
  command = plan

  variables {
    cloud       = { KISKADEE_CLOUD = "aws", AWS_REGION = "eu-central-1" }
    environment = { edge = { SPIN_VARIABLE_JWT_SIGNING_KEY = "s3cret" } }
    pools       = { gpu = { environment = { KISKADEE_DATABASE_URL = "postgres://worker:s3cret@db/kiskadee" } } }
  }

  expect_failures = [var.environment, var.pools]
}

run "nor_by_a_file" {
  command = plan

  variables {
    cloud = { KISKADEE_CLOUD = "aws", AWS_REGION = "eu-central-1" }
    pools = { gpu = {} }
    files = { "/etc/credstore/kiskadee.worker.KISKADEE_DATABASE_URL" = "postgres://worker:s3cret@db/kiskadee" }
  }

  expect_failures = [output.user_data]
}

run "what_would_hurt_is_refused" {
  command = plan

  variables {
    archive            = { url = "http://example.org/kiskadee.tar.gz", sha256 = "" }
    parts              = ["database"]
    pools              = { "GPU 1" = { drain_seconds = 9000, idle_exit_seconds = 5 } }
    environment        = { edge = { "lower" = "a" } }
    groups             = { gpu = { address = "x", most = 100000 } }
    pool_size          = 0
    database           = { host = "db", tls = "require" }
    edge_drain_seconds = 600
    gateway_address    = "here"
  }

  expect_failures = [var.archive, var.parts, var.pools, var.environment, var.groups, var.pool_size, var.database, var.edge_drain_seconds, var.gateway_address]
}
