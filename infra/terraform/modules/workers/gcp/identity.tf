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

# Google's conditions know machines by their names, but no groups: so a role of its own for each. Whoever has the one of the
# group may change every group of the project, so give the installation a project of its own.
resource "google_project_iam_custom_role" "group" {
  project     = var.project
  role_id     = replace("${local.group}_group", "-", "_")
  title       = "Leave the group ${local.group}"
  permissions = ["compute.instanceGroupManagers.get", "compute.instanceGroupManagers.update"]
}

resource "google_project_iam_member" "group" {
  project = var.project
  role    = google_project_iam_custom_role.group.id
  member  = google_service_account.this.member
}

resource "google_project_iam_custom_role" "end" {
  project     = var.project
  role_id     = replace("${local.group}_end", "-", "_")
  title       = "End machines of the group ${local.group}"
  permissions = ["compute.instances.delete"]
}

resource "google_project_iam_member" "end" {
  project = var.project
  role    = google_project_iam_custom_role.end.id
  member  = google_service_account.this.member

  condition {
    title      = "machines-of-its-group"
    expression = "resource.type == 'compute.googleapis.com/Instance' && resource.name.extract('/instances/{name}').startsWith('${local.group}-')"
  }
}
