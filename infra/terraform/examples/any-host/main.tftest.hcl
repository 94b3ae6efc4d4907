variables {
  database_host = "10.0.0.3:5432"
  edge_address  = "10.0.0.2"
  storage       = "s3://tts-audio"
  storage_keys  = { AWS_ACCESS_KEY_ID = "id", AWS_SECRET_ACCESS_KEY = "s3cret" }
  workers       = ["gpu-1", "gpu-2"]
}

run "parts_fit_together" {
  assert {
    condition     = keys(nonsensitive(output.worker_user_data)) == ["gpu-1", "gpu-2"]
    error_message = "a machine has no document"
  }

  assert {
    condition     = strcontains(nonsensitive(output.edge_user_data), "SPIN_VARIABLE_DATABASE_HOST=\"postgres://10.0.0.3:5432\"")
    error_message = "the edge may not speak to the database"
  }

  assert {
    condition     = strcontains(nonsensitive(output.edge_user_data), "SPIN_VARIABLE_RELAY_URL=http://10.0.0.2:8006") && strcontains(nonsensitive(output.edge_user_data), "KISKADEE_STORAGE_LISTEN=\"10.0.0.2:8006\"")
    error_message = "workers do not find the gateway"
  }

  assert {
    condition     = alltrue([for text in values(nonsensitive(output.worker_user_data)) : strcontains(text, "s3cret") && !strcontains(text, "/etc/credstore/")])
    error_message = "workers cannot open the bucket, or were given an empty login"
  }

  assert {
    condition     = [for file in yamldecode(nonsensitive(output.edge_user_data)).write_files : file.permissions if file.path == "/etc/kiskadee/keys.env"] == ["0600"]
    error_message = "others on the machine could read the bucket's keys"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    database_host = "postgres://here"
    edge_address  = "edge"
  }

  expect_failures = [var.database_host, var.edge_address]
}
