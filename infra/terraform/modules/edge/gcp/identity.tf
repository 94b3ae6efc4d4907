# What an edge's machine may do: the gateway's objects, the secrets of its parts, and letting groups of workers grow.

resource "google_service_account" "this" {
  project      = var.project
  account_id   = local.group
  display_name = "Edges of ${var.name}"
}

resource "google_storage_bucket_iam_member" "objects" {
  bucket = var.bucket.name
  role   = "roles/storage.objectUser"
  member = google_service_account.this.member
}

# Addresses that the gateway signs are signed by Google in the account's name.
resource "google_service_account_iam_member" "sign" {
  service_account_id = google_service_account.this.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.this.member
}

resource "google_secret_manager_secret_iam_member" "part" {
  for_each = toset(local.parts)

  project   = var.project
  secret_id = var.secret_ids[each.key]
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.this.member
}

# Google's conditions know no groups of machines: an edge may change every group of the project, so give the installation
# a project of its own.
resource "google_project_iam_custom_role" "grow" {
  count = length(var.groups) == 0 ? 0 : 1

  project     = var.project
  role_id     = replace("${local.group}_grow", "-", "_")
  title       = "Let groups of workers of ${var.name} grow"
  permissions = ["compute.instanceGroupManagers.get", "compute.instanceGroupManagers.update"]
}

resource "google_project_iam_member" "grow" {
  count = length(var.groups) == 0 ? 0 : 1

  project = var.project
  role    = google_project_iam_custom_role.grow[0].id
  member  = google_service_account.this.member
}
