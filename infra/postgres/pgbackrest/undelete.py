#!/usr/bin/env python3
"""Brings objects of a bucket with versions back that were deleted after a moment: what the database of then names is there again.

    undelete.py BUCKET 2026-11-30T21:04:00+00:00 [--prefix audio/] [--endpoint-url URL] [--dry-run]

A deletion in such a bucket is a marker above the versions; without it the newest of them is seen again. Objects never change
under one key. Needs boto3 (Debian: python3-boto3), and credentials that may list versions and delete them.
"""

import argparse
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import boto3


def deleted_after(client: Any, bucket: str, prefix: str, moment: datetime) -> Iterator[dict[str, str]]:
    """The markers of keys that nobody sees now, and somebody saw at the moment. S3 tells whole seconds."""
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for marker in page.get("DeleteMarkers", []):
            if marker["IsLatest"] and marker["LastModified"] >= moment.replace(microsecond=0):
                yield {"Key": marker["Key"], "VersionId": marker["VersionId"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bucket")
    parser.add_argument("moment", type=datetime.fromisoformat, help="with its zone, as 2026-11-30T21:04:00+00:00")
    parser.add_argument("--prefix", default="", help="only keys that begin so")
    parser.add_argument("--endpoint-url", help="of another S3 than Amazon's")
    parser.add_argument("--dry-run", action="store_true", help="print what would come back, and change nothing")
    given = parser.parse_args()
    if given.moment.tzinfo is None:
        parser.error("the moment needs a zone")
    client = boto3.client("s3", endpoint_url=given.endpoint_url)
    count = 0
    for marker in deleted_after(client, given.bucket, given.prefix, given.moment):
        print(marker["Key"])
        if not given.dry_run:
            client.delete_object(Bucket=given.bucket, **marker)
        count += 1
    print(f"{count} objects {'would be' if given.dry_run else 'are'} back")


if __name__ == "__main__":
    main()
