"""The commands of the README that need no cluster are run, as they stand there."""

import re
import subprocess
from pathlib import Path

import chart_objects
import helm_chart
import yaml
from helm_chart import ROOT

README = (helm_chart.HERE.parent / "README.md").read_text()


def test_commands_without_a_cluster(tmp_path: Path, kiskadee: Path):
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    (tmp_path / "bin").mkdir()
    for name, program in (("kiskadee", kiskadee), ("helm", helm_chart.program("helm")), ("kubectl", helm_chart.program("kubectl"))):
        (tmp_path / "bin" / name).symlink_to(program.resolve())
    (tmp_path / "infra").symlink_to(ROOT / "infra")
    environment = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "HOME": str(tmp_path), "KUBECONFIG": "/nonexistent"}
    said = [
        subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=tmp_path, env=environment, capture_output=True, text=True)
        for block in blocks
    ]
    for one in said:
        assert one.returncode == 0, one.stderr
    # What the chart asks of the Secrets is what the commands put into them.
    printed = [yaml.safe_load(text) for text in re.split(r"^(?=apiVersion)", said[0].stdout, flags=re.MULTILINE) if text.strip()]
    made = {item["metadata"]["name"]: set(item["data"]) for item in printed}
    for item in helm_chart.render("host"):
        for name, key in chart_objects.secret_keys(item):
            assert key in made[name], f"{name} has no {key}"
    assert len(re.findall(r"^kind: Deployment", (tmp_path / "rendered.yaml").read_text(), re.MULTILINE)) == 3


def test_every_value_set_is_named():
    for name in set(helm_chart.VALUES) - {"everything"}:
        assert f"`{name}`" in README
