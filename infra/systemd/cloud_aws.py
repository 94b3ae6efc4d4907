"""AWS as an instance sees it: requests signed by the role of the instance (Signature Version 4)."""

import datetime
import hashlib
import hmac
import json
import os
import re
import uuid
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen


class Metadata:
    """The instance's metadata, of version 2: each answer costs a token, which others cannot be tricked into asking for."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.token = ""

    def get(self, path: str) -> str:
        if not self.token:
            seconds = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
            self.token = self._ask(Request(f"{self.address}/latest/api/token", method="PUT", headers=seconds))
        try:
            return self._ask(Request(f"{self.address}/latest/meta-data/{path}", headers={"X-aws-ec2-metadata-token": self.token}))
        except HTTPError as error:
            if error.code != 401:
                raise
            self.token = ""
            return self.get(path)

    def _ask(self, request: Request) -> str:
        with urlopen(request, timeout=5) as answer:
            return answer.read().decode()


def signature(keys: dict, region: str, service: str, url: str, headers: dict, body: bytes, method: str = "POST") -> str:
    """The header `Authorization`. `headers` has `host` and `x-amz-date`, in lower case; all of them are signed."""
    parsed = urlsplit(url)
    names = ";".join(sorted(headers))
    lines = [method, parsed.path or "/", parsed.query, *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names]
    request = "\n".join([*lines, hashlib.sha256(body).hexdigest()])
    scope = f"{headers['x-amz-date'][:8]}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{keys['SecretAccessKey']}".encode()
    for word in scope.split("/"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    signed = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={keys['AccessKeyId']}/{scope}, SignedHeaders={names}, Signature={signed}"


class Aws:
    """The calls that an instance needs; `AWS_ENDPOINT_URL` and `AWS_EC2_METADATA_SERVICE_ENDPOINT` lead elsewhere."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.metadata = Metadata(os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/"))

    def keys(self) -> dict:
        """An operator's, where the environment has some; else those of the instance's role."""
        own = {"AccessKeyId": "AWS_ACCESS_KEY_ID", "SecretAccessKey": "AWS_SECRET_ACCESS_KEY", "Token": "AWS_SESSION_TOKEN"}
        if own["AccessKeyId"] in os.environ:
            return {key: os.environ.get(name, "") for key, name in own.items()}
        role = self.metadata.get("iam/security-credentials/").split()[0]
        return json.loads(self.metadata.get(f"iam/security-credentials/{role}"))

    def call(self, service: str, headers: dict, body: bytes) -> str:
        url = os.environ.get("AWS_ENDPOINT_URL") or f"https://{service}.{self.region}.amazonaws.com/"
        keys = self.keys()
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        session = {"x-amz-security-token": keys["Token"]} if keys["Token"] else {}
        signed = {**headers, **session, "host": urlsplit(url).netloc, "x-amz-date": now}
        authorization = signature(keys, self.region, service, url, signed, body)
        request = Request(url, data=body, headers={**signed, "authorization": authorization}, method="POST")
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.read().decode()
        except HTTPError as error:
            text = error.read().decode(errors="replace")
            if "ResourceNotFoundException" in text:
                raise RuntimeError("the secret has no value yet") from error
            raise RuntimeError(f"{service} answers {error.code}: {text[:300]}") from error

    def autoscaling(self, action: str, **values: str) -> str:
        form = {"content-type": "application/x-www-form-urlencoded"}
        return self.call("autoscaling", form, urlencode({"Action": action, "Version": "2011-01-01", **values}).encode())

    def secret(self, arn: str) -> str:
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.GetSecretValue"}
        return json.loads(self.call("secretsmanager", headers, json.dumps({"SecretId": arn}).encode()))["SecretString"]

    def put_secret(self, arn: str, value: str) -> None:
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "secretsmanager.PutSecretValue"}
        body = {"SecretId": arn, "SecretString": value, "ClientRequestToken": str(uuid.uuid4())}
        self.call("secretsmanager", headers, json.dumps(body).encode())

    def group_size(self, group: str) -> int:
        """How many instances it shall have."""
        answer = self.autoscaling("DescribeAutoScalingGroups", **{"AutoScalingGroupNames.member.1": group})
        found = re.search(r"<DesiredCapacity>(\d+)</DesiredCapacity>", answer)
        if found is None:
            raise RuntimeError(f"there is no group {group}")
        return int(found[1])

    def grow(self, group: str, size: int) -> None:
        self.autoscaling("SetDesiredCapacity", AutoScalingGroupName=group, DesiredCapacity=str(size), HonorCooldown="false")

    def leave(self) -> None:
        instance = self.metadata.get("instance-id")
        self.autoscaling("TerminateInstanceInAutoScalingGroup", InstanceId=instance, ShouldDecrementDesiredCapacity="true")

    def is_taken_away(self) -> bool:
        """Whether a notice says that this spot machine goes; without one the metadata knows no such page."""
        try:
            return bool(self.metadata.get("spot/instance-action"))
        except HTTPError as error:
            if error.code != 404:
                raise
            return False

    def is_ending(self) -> bool:
        try:
            return self.metadata.get("autoscaling/target-lifecycle-state") == "Terminated"
        except OSError:
            return False

    def still_draining(self) -> None:
        self._hook("RecordLifecycleActionHeartbeat")

    def drained(self) -> None:
        self._hook("CompleteLifecycleAction", LifecycleActionResult="CONTINUE")

    def _hook(self, action: str, **values: str) -> None:
        group, hook = os.environ["KISKADEE_GROUP"], os.environ["KISKADEE_HOOK"]
        instance = self.metadata.get("instance-id")
        self.autoscaling(action, AutoScalingGroupName=group, LifecycleHookName=hook, InstanceId=instance, **values)
