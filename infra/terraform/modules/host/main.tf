# A machine's user data: the user, the units, their settings, and nothing that a person would have to do by hand afterwards.
# Pure text; the modules of the clouds give it to instances, and any host that runs cloud-init takes it as it is.

locals {
  systemd  = "${path.module}/../../../systemd"
  is_cloud = var.cloud != null
  workers  = length(var.pools) > 0

  services = concat(
    local.is_cloud && length(var.secrets) > 0 ? ["kiskadee-secrets.service"] : [],
    contains(var.parts, "pooler") ? ["kiskadee-pooler.service"] : [],
    contains(var.parts, "storage") ? ["kiskadee-storage.service"] : [],
    contains(var.parts, "edge") ? ["kiskadee-edge.service"] : [],
    [for name in keys(var.pools) : "kiskadee-worker@${name}.service"],
    contains(var.parts, "backup") ? ["kiskadee-backup.timer"] : [],
    [for name in keys(var.groups) : "kiskadee-scale@${name}.timer"],
    try(var.cloud.KISKADEE_HOOK, null) != null ? ["kiskadee-lifecycle.service"] : [],
  )

  # A unit of an instance comes from its template's file; a timer brings the service that it starts.
  unit_files = toset(flatten([
    for name in local.services : [
      for file in distinct([name, replace(name, ".timer", ".service")]) : replace(file, "/@[^.]+/", "@")
    ]
  ]))
  units = { for file in local.unit_files : "/etc/systemd/system/${file}" => file("${local.systemd}/${file}") }

  # What is different from the units' own: how long a part drains, and whether a pool sees the GPU.
  drop_ins = merge(
    # Requests that run then have 20 s, and systemd 15 s to spare.
    contains(var.parts, "edge") ? {
      "/etc/systemd/system/kiskadee-edge.service.d/drain.conf" = "[Service]\nEnvironment=KISKADEE_DRAIN_DELAY=${var.edge_drain_seconds}\nTimeoutStopSec=${var.edge_drain_seconds + 35}\n"
    } : {},
    { for name, pool in var.pools : "/etc/systemd/system/kiskadee-worker@${name}.service.d/drain.conf" =>
      "[Service]\nEnvironment=KISKADEE_DRAIN_SECONDS=${pool.drain_seconds}\nTimeoutStopSec=${pool.drain_seconds + 15}\n"
    },
    { for name, pool in var.pools : "/etc/systemd/system/kiskadee-worker@${name}.service.d/devices.conf" =>
      file("${local.systemd}/kiskadee-worker@gpu.service.d/devices.conf") if pool.gpu
    },
    local.is_cloud && anytrue([for pool in values(var.pools) : pool.idle_exit_seconds > 0]) ? {
      "/etc/systemd/system/kiskadee-worker@.service.d/leave.conf" = file("${local.systemd}/kiskadee-worker@.service.d/leave.conf")
    } : {},
  )

  # An edge's machine is where logins are made.
  scripts = merge(
    { for name in concat(
      local.is_cloud || contains(var.parts, "edge") ? ["cloud.py"] : [],
      local.is_cloud ? ["cloud_${var.cloud.KISKADEE_CLOUD}.py"] : [],
      contains(var.parts, "edge") ? ["logins.py"] : [],
    ) : "/usr/local/lib/kiskadee/${name}" => file("${local.systemd}/${name}") },
    contains(var.parts, "backup") ? { "/usr/local/lib/kiskadee/backup.sh" = file("${local.systemd}/backup.sh") } : {},
  )

  cloud_settings = local.is_cloud ? merge(
    var.cloud,
    { KISKADEE_SECRETS = join(" ", [for part, address in var.secrets : "${part}=${address}"]) },
    length(var.groups) == 0 ? {} : {
      KISKADEE_GROUPS      = join(" ", [for pool, group in var.groups : "${pool}=${group.address}"])
      KISKADEE_GROUPS_MOST = join(" ", [for pool, group in var.groups : "${pool}=${group.most}"])
    },
  ) : {}

  settings = merge(
    local.is_cloud ? { "/etc/kiskadee/cloud.env" = local.cloud_settings } : {},
    { for part in setintersection(var.parts, ["edge", "storage", "backup"]) :
      "/etc/kiskadee/${part}.env" => lookup(var.environment, part, {})
    },
    local.workers ? { "/etc/kiskadee/worker.env" = lookup(var.environment, "worker", {}) } : {},
    { for name, pool in var.pools : "/etc/kiskadee/worker-${name}.env" => merge(
      pool.idle_exit_seconds == 0 ? {} : { KISKADEE_IDLE_EXIT = tostring(pool.idle_exit_seconds) },
      pool.environment,
    ) },
  )

  # systemd reads a value between double quotes; backslashes and quotes within are escaped.
  environment_files = { for path, values in local.settings : path => join("", [
    for name, value in values : "${name}=\"${replace(replace(value, "\\", "\\\\"), "\"", "\\\"")}\"\n"
  ]) }

  pooler = contains(var.parts, "pooler") ? { "/etc/kiskadee/pooler.ini" = templatefile("${path.module}/pooler.ini.tftpl", {
    database = var.database, pool_size = var.pool_size, verify = var.database_ca != null
  }) } : {}

  certificate = var.database_ca == null ? {} : startswith(var.database_ca, "https://") ? {} : {
    "/etc/kiskadee/database-ca.pem" = var.database_ca
  }

  public_files = merge(local.units, local.drop_ins, local.scripts, local.pooler, local.certificate)

  packages = distinct(concat(
    ["ca-certificates", "curl", "python3"],
    local.workers ? ["espeak-ng", "ffmpeg"] : [],
    contains(var.parts, "pooler") ? ["pgbouncer"] : [],
    length(setintersection(var.parts, ["backup", "edge"])) > 0 ? ["postgresql-client"] : [],
    var.packages,
  ))

  fetch_certificate = try(startswith(var.database_ca, "https://"), false) ? [
    "curl --fail --silent --show-error --location --retry 10 --output /etc/kiskadee/database-ca.pem '${var.database_ca}'",
  ] : []

  fetch_program = var.archive == null ? [] : [
    "curl --fail --silent --show-error --location --retry 10 --output /run/kiskadee.tar.gz '${var.archive.url}'",
    "echo '${var.archive.sha256}  /run/kiskadee.tar.gz' | sha256sum --check --quiet",
    "mkdir -p /opt/kiskadee",
    "tar --extract --gzip --strip-components=1 --no-same-owner --directory=/opt/kiskadee --file=/run/kiskadee.tar.gz",
    "rm /run/kiskadee.tar.gz",
  ]

  # Workers bring live speech to the gateway beside the edge that was asked for it, by the address of this very machine.
  own_address = coalesce(var.gateway_address, "$(hostname --all-ip-addresses | cut --delimiter=' ' --fields=1)")
  relay = contains(var.parts, "edge") && contains(var.parts, "storage") ? [
    "echo \"SPIN_VARIABLE_RELAY_URL=http://${local.own_address}:8006\" >> /etc/kiskadee/edge.env",
  ] : []

  # One script that stops at the first error: a machine without its program must not look ready.
  start = concat(
    ["set -eu"],
    # Debian starts a pooler of its own at once; ours has the settings.
    contains(var.parts, "pooler") ? ["systemctl disable --now pgbouncer.service"] : [],
    local.fetch_certificate, local.fetch_program, local.relay,
    ["install -d -m 0755 /srv/kiskadee/models", "systemctl daemon-reload"],
    ["systemctl enable --now --no-block ${join(" ", local.services)}"],
  )

  document = {
    users = ["default", {
      name           = "kiskadee"
      system         = true
      shell          = "/usr/sbin/nologin"
      homedir        = "/nonexistent"
      no_create_home = true
      lock_passwd    = true
    }]
    package_update = true
    packages       = local.packages
    write_files = concat(
      [for path, text in local.public_files : { path = path, content = text, permissions = "0644", owner = "root:root" }],
      [for path, text in local.environment_files : { path = path, content = text, permissions = "0600", owner = "root:root" }],
      [for path, text in var.files : { path = path, content = text, permissions = "0600", owner = "root:root" }],
    )
    runcmd = [["sh", "-c", join("\n", local.start)]]
  }
}
