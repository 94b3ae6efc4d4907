variables {
  storage = "s3://tts-audio"
  secrets = { KISKADEE_DATABASE_URL = "postgres://worker:pass\"word@db/kiskadee", AWS_ACCESS_KEY_ID = "i\"d" }
  hosts = {
    attic  = { pools = { gpu = { gpu = true }, cpu = {} } }
    cellar = { pools = { training = { drain_seconds = 7200 } } }
  }
}

run "a_document_for_each_machine" {
  assert {
    condition     = output.services == { attic = ["kiskadee-worker@cpu.service", "kiskadee-worker@gpu.service"], cellar = ["kiskadee-worker@training.service"] }
    error_message = "a machine runs other pools than it was given"
  }

  assert {
    condition     = [for file in yamldecode(nonsensitive(output.user_data["attic"])).write_files : file.permissions if startswith(file.path, "/etc/credstore/") || file.path == "/etc/kiskadee/keys.env"] == ["0600", "0600"]
    error_message = "others on the machine could read the secrets"
  }

  assert {
    condition     = [for file in yamldecode(nonsensitive(output.user_data["attic"])).write_files : file.content if file.path == "/etc/credstore/kiskadee.worker.KISKADEE_DATABASE_URL"] == ["postgres://worker:pass\"word@db/kiskadee"]
    error_message = "workers would be told another address of the database"
  }

  assert {
    condition     = [for file in yamldecode(nonsensitive(output.user_data["attic"])).write_files : file.content if file.path == "/etc/kiskadee/keys.env"] == ["AWS_ACCESS_KEY_ID=\"i\\\"d\"\n"]
    error_message = "systemd would read other keys, or the database's address would stand in the environment"
  }

  assert {
    condition     = !strcontains(nonsensitive(output.user_data["attic"]), "cloud.py") && !strcontains(nonsensitive(output.user_data["attic"]), "leave.conf")
    error_message = "a machine of one's own would end itself"
  }

  assert {
    condition     = strcontains(nonsensitive(output.user_data["cellar"]), "KISKADEE_STORAGE=\"s3://tts-audio\"")
    error_message = "workers keep audio elsewhere"
  }
}

run "secrets_by_other_means" {
  variables {
    secrets = {}
  }

  assert {
    condition     = length([for file in yamldecode(nonsensitive(output.user_data["attic"])).write_files : file if startswith(file.path, "/etc/credstore/") || file.path == "/etc/kiskadee/keys.env"]) == 0
    error_message = "an empty file would hide the one that was written"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    storage = "bucket"
    hosts   = { "Attic 1" = { pools = {} } }
  }

  expect_failures = [var.storage, var.hosts]
}
