"""The tests of the modules fail when what they assert is taken away: a line of each module after the other."""

import re
import shutil
from pathlib import Path

import pytest

from module_docs import ROOT
from test_terraform import Terraform, program, providers, said, terraform  # noqa: F401

# The line that goes, by how it begins; a replacement where without the line nothing would be valid.
LINES: dict[str, list[tuple[str, str] | tuple[str, str, str]]] = {
    "network/aws": [
        ("main.tf", "map_public_ip_on_launch"),
        ("main.tf", 'vpc_endpoint_type = "Gateway"'),
        ("main.tf", "route_table_ids"),
        ("security.tf", "referenced_security_group_id = aws_security_group.this[each.value[1]].id"),
        ("security.tf", 'for_each = toset(["80", "443"])', 'for_each = toset(["22", "80", "443"])'),
    ],
    "network/gcp": [
        ("main.tf", "auto_create_subnetworks"),
        ("main.tf", "private_ip_google_access"),
        ("main.tf", 'source_tags = ["worker"]'),
        ("main.tf", "source_ranges = local.balancer_cidrs"),
        ("main.tf", 'purpose       = "VPC_PEERING"'),
    ],
    "postgres/aws": [
        ("main.tf", "multi_az "),
        ("main.tf", "deletion_protection "),
        ("main.tf", "backup_retention_period"),
        ("main.tf", "publicly_accessible"),
        ("main.tf", "storage_encrypted"),
        ("main.tf", '"rds.force_ssl"'),
        ("main.tf", "manage_master_user_password"),
    ],
    "postgres/gcp": [
        ("main.tf", "availability_type"),
        ("main.tf", "deletion_protection "),
        ("main.tf", "point_in_time_recovery_enabled"),
        ("main.tf", "ipv4_enabled"),
        ("main.tf", "ssl_mode"),
        ("main.tf", "disk_autoresize_limit"),
    ],
    "bucket/aws": [
        ("main.tf", "block_public_acls"),
        ("main.tf", "restrict_public_buckets"),
        ("main.tf", "days_after_initiation", "days_after_initiation = 7"),
        ("main.tf", 'Condition = { Bool'),
        ("main.tf", 'prefix = "results/"'),
    ],
    "bucket/gcp": [
        ("main.tf", "public_access_prevention"),
        ("main.tf", "uniform_bucket_level_access"),
        ("main.tf", 'matches_prefix = ["results/"]', 'matches_prefix = [""]'),
        ("main.tf", "days_since_noncurrent_time"),
        ("main.tf", "enabled = true", "enabled = false"),
    ],
    "workers/aws": [
        ("main.tf", "http_tokens"),
        ("main.tf", "protect_from_scale_in"),
        ("main.tf", "suspended_processes"),
        ("main.tf", "capacity_rebalance"),
        ("main.tf", "disable_scale_in"),
        ("main.tf", 'encrypted             = "true"'),
        ("main.tf", "idle_exit_seconds = var.idle_exit_seconds"),
    ],
    "workers/gcp": [
        ("main.tf", 'type                         = "OPPORTUNISTIC"', 'type = "PROACTIVE"'),
        ("main.tf", "instance_redistribution_type"),
        ("main.tf", "instance_termination_action"),
        ("main.tf", 'mode            = "ONLY_SCALE_OUT"'),
        ("main.tf", "block-project-ssh-keys"),
    ],
    "workers/any-host": [
        ("main.tf", "local.database_url == "),
        ("main.tf", "length(local.keys) == 0"),
        ("main.tf", "KISKADEE_STORAGE        = var.storage"),
        ("main.tf", "pools       = each.value.pools"),
    ],
    "edge/aws": [
        ("main.tf", "ssl_policy"),
        ("main.tf", "drop_invalid_header_fields"),
        ("main.tf", 'path                = "/ready"'),
        ("main.tf", "KISKADEE_TRUSTED_PROXIES"),
        ("main.tf", "min_healthy_percentage"),
        ("main.tf", "idle_timeout"),
    ],
    "edge/gcp": [
        ("balancer.tf", "min_tls_version"),
        ("balancer.tf", 'request_path = "/ready"'),
        ("balancer.tf", "timeout_sec                     = 3600"),
        ("main.tf", "KISKADEE_TRUSTED_PROXIES"),
        ("main.tf", "max_unavailable_fixed"),
    ],
    "host": [
        ("main.tf", "for path, text in local.environment_files : { path", '[for path, text in local.environment_files : { path = path, content = text, permissions = "0644", owner = "root:root" }],'),
        ("main.tf", '"echo \'${var.archive.sha256}'),
        ("pooler.ini.tftpl", "server_tls_sslmode"),
        ("main.tf", "KISKADEE_GROUPS_MOST"),
        ("../../../systemd/kiskadee-edge.service", "LoadCredential=SPIN_VARIABLE_JWT_SIGNING_KEY"),
        ("../../../systemd/kiskadee-storage.service", "LoadCredential="),
        ("../../../systemd/kiskadee-worker@.service", "LoadCredential="),
        ("../../../systemd/kiskadee-pooler.service", "LoadCredential="),
        ("../../../systemd/kiskadee-backup.service", "LoadCredential="),
        ("outputs.tf", "condition     = var.cloud == null", "condition = length(var.files) >= 0"),
        ("main.tf", 'contains(var.parts, "pooler") ? ["pgbouncer"]'),
    ],
}
CASES = [(module, *line) for module, lines in LINES.items() for line in lines]


def test_each_module_has_three() -> None:
    assert LINES.keys() == {str(file.parent.relative_to(ROOT / "modules")) for file in ROOT.glob("modules/**/versions.tf")}
    assert all(len(lines) >= 3 for lines in LINES.values())


@pytest.mark.heavy
@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case[:3])[:70])
def test_a_line_that_is_missed(terraform: Terraform, tmp_path: Path, case: tuple[str, ...]) -> None:  # noqa: F811
    module, file, begin, *instead = case
    shutil.copytree(ROOT / "modules", tmp_path / "terraform/modules")
    shutil.copytree(ROOT.parent / "systemd", tmp_path / "systemd", ignore=shutil.ignore_patterns("tests", "__pycache__"))
    changed = tmp_path / "terraform/modules" / module / file
    lines = changed.read_text().splitlines(keepends=True)
    found = [number for number, line in enumerate(lines) if begin in line]
    assert found, "the line is not there any more"
    lines[found[0]] = f"{instead[0]}\n" if instead else ""
    changed.write_text("".join(lines))
    done = terraform(tmp_path / "terraform/modules" / module, "test", "-no-color")
    assert done.returncode != 0, "nothing missed the line"
    # It is an assertion that fails, or that asks in vain for what has gone; not the module that became invalid.
    assert re.search(r"on main\.tftest\.hcl line \d+, in run", done.stderr), said(done)
