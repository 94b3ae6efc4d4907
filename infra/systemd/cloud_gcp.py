"""Google's cloud as an instance sees it: requests with the token of the instance's service account."""

import base64
import json
import os
from urllib.error import HTTPError
from urllib.request import Request, urlopen


class Gcp:
    """The calls that an instance needs. A secret is `projects/P/secrets/S`, a group the address of a managed group."""

    def __init__(self) -> None:
        self.metadata_address = f"http://{os.environ.get('GCE_METADATA_HOST', 'metadata.google.internal')}"
        self.secrets = os.environ.get("KISKADEE_SECRET_ENDPOINT", "https://secretmanager.googleapis.com")

    def metadata(self, path: str) -> str:
        request = Request(f"{self.metadata_address}/computeMetadata/v1/{path}", headers={"Metadata-Flavor": "Google"})
        with urlopen(request, timeout=5) as answer:
            return answer.read().decode()

    def call(self, method: str, url: str, body: dict | None = None) -> dict:
        # An operator's, where the environment has one as gcloud takes it; else that of the instance's account.
        token = os.environ.get("CLOUDSDK_AUTH_ACCESS_TOKEN")
        if not token:
            token = json.loads(self.metadata("instance/service-accounts/default/token"))["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(url, data=data, headers=headers, method=method), timeout=30) as answer:
                return json.loads(answer.read() or b"{}")
        except HTTPError as error:
            text = error.read().decode(errors="replace")
            if error.code == 404 and "/secrets/" in url:
                raise RuntimeError("the secret has no value yet") from error
            raise RuntimeError(f"{url} answers {error.code}: {text[:300]}") from error

    def secret(self, name: str) -> str:
        answer = self.call("GET", f"{self.secrets}/v1/{name}/versions/latest:access")
        return base64.b64decode(answer["payload"]["data"]).decode()

    def put_secret(self, name: str, value: str) -> None:
        payload = {"payload": {"data": base64.b64encode(value.encode()).decode()}}
        self.call("POST", f"{self.secrets}/v1/{name}:addVersion", payload)

    def group_size(self, group: str) -> int:
        """How many instances it shall have."""
        return self.call("GET", group)["targetSize"]

    def grow(self, group: str, size: int) -> None:
        self.call("POST", f"{group}/resize?size={size}")

    def leave(self) -> None:
        zone = self.metadata("instance/zone").rsplit("/", 1)[1]
        instance = f"zones/{zone}/instances/{self.metadata('instance/name')}"
        self.call("POST", f"{os.environ['KISKADEE_GROUP']}/deleteInstances", {"instances": [instance]})

    def is_taken_away(self) -> bool:
        """Whether a notice says that this spot machine goes."""
        return self.metadata("instance/preempted") == "TRUE"

    def is_ending(self) -> bool:
        """A managed group of Google ends an instance by its power button, so the units are stopped anyway."""
        return False

    def still_draining(self) -> None:
        """Nobody waits for it."""

    def drained(self) -> None:
        """Nobody waits for it."""
