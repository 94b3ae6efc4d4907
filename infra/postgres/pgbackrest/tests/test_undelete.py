"""Objects that were deleted after a moment come back, and others do not."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from s3_over_tls import bucket

pytestmark = pytest.mark.heavy

SCRIPT = Path(__file__).resolve().parent.parent / "undelete.py"


def undelete(place: dict[str, str], moment: datetime, *options: str) -> list[str]:
    keys = {"AWS_ACCESS_KEY_ID": "anybody", "AWS_SECRET_ACCESS_KEY": "anything", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CA_BUNDLE": place["repo1-storage-ca-file"]}  # fmt: skip
    address = f"https://localhost:{place['repo1-storage-port']}"
    done = subprocess.run(
        [sys.executable, SCRIPT, "audio", moment.isoformat(), "--endpoint-url", address, *options], capture_output=True, text=True,
        env=os.environ | keys,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_what_was_deleted_after_the_moment_is_back() -> None:
    with bucket("audio") as place:
        client = boto3.client(
            "s3", endpoint_url=f"https://localhost:{place['repo1-storage-port']}", verify=place["repo1-storage-ca-file"],
            aws_access_key_id="anybody", aws_secret_access_key="anything", region_name="us-east-1",
        )  # fmt: skip
        client.put_bucket_versioning(Bucket="audio", VersioningConfiguration={"Status": "Enabled"})
        for key in ("results/early", "results/late", "results/kept", "previews/late"):
            client.put_object(Bucket="audio", Key=key, Body=key.encode())
        client.delete_object(Bucket="audio", Key="results/early")
        time.sleep(1.1)
        moment = datetime.now(UTC)
        for key in ("results/late", "previews/late"):
            client.delete_object(Bucket="audio", Key=key)

        def seen() -> set[str]:
            return {found["Key"] for found in client.list_objects_v2(Bucket="audio")["Contents"]}

        assert undelete(place, moment, "--dry-run") == ["previews/late", "results/late", "2 objects would be back"]
        assert seen() == {"results/kept"}
        assert undelete(place, moment, "--prefix", "results/") == ["results/late", "1 objects are back"]
        assert undelete(place, moment) == ["previews/late", "1 objects are back"]
        assert seen() == {"results/kept", "results/late", "previews/late"}
        assert client.get_object(Bucket="audio", Key="results/late")["Body"].read() == b"results/late"
