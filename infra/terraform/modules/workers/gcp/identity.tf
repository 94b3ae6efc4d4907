# What a worker's machine may do: its audio, its one secret, and leaving its own group.

resource "google_service_account" "this" {
  project      = var.project
  account_id   = "${local.group}-worker"
  display_name = "Workers of ${local.group}"
}

resource "google_storage_bucket_iam_member" "objects" {
  bucket = var.bucket.name
  role   = "roles/storage.objectUser"
  member = google_service_account.this.member
}

resource "google_secret_manager_secret_iam_member" "worker" {
  project   = var.project
  secret_id = var.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.this.member
}

resource "google_project_iam_custom_role" "leave" {
  project     = var.project
  role_id     = replace("${local.group}_leave", "-", "_")
  title       = "Leave the group ${local.group}"
  permissions = ["compute.instanceGroupManagers.get", "compute.instanceGroupManagers.update", "compute.instances.delete"]
}

# Its own group and the machines in it, by their names.
resource "google_project_iam_member" "leave" {
  project = var.project
  role    = google_project_iam_custom_role.leave.id
  member  = google_service_account.this.member

  condition {
    title      = "own-group"
    expression = "resource.name.endsWith('/instanceGroupManagers/${local.group}') || resource.name.extract('/instances/{name}').startsWith('${local.group}-')"
  }
}
