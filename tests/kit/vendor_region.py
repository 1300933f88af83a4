"""A vendor's first day: `adapter serve` in its own process, and the parties around the vendor.

The hospital, the care centre and the planning service speak FHIR. They post the messages of
fixtures/fhir, and receipt all that comes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from adapter.fhir.builders import Party
from adapter.simulators.post_server import Post, PostServer, Reply
from docs.omsorg_vendor import Vendor, serve
from tests.kit.places import FIXTURES, ROOT
from tests.kit.program.messages import dumped, receipt
from tests.kit.servers.base import free_ports
from tests.kit.site import FHIR, PROCESS
from tests.kit.waiting import wait_for

SCHEMA = ROOT / "profiles" / "omsorg" / "omsorg-2.xsd"
UNITS = ("SE0000000002-ASTAD", "SE0000000002-HEMTJ")
PARTIES = {
    "sundby-journal": Party(organization="SE0000000001-SUNDBY"),
    "vardcentral-7": Party(organization="SE0000000001-VC7"),
    "plan": Party(organization="SE0000000003-PLAN"),
}


class VendorRegion:
    """A running adapter, the vendor, and what the parties got: `arrived` has (party, event)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.web, self.inbox, self.far = free_ports(3)
        text = (FIXTURES / "vendor" / "adapter.toml").read_text(encoding="utf-8")
        for name, value in {"WEB": self.web, "INBOX": self.inbox, "FAR": self.far}.items():
            text = text.replace(f"{{{name}}}", str(value))
        self.settings = folder / "adapter.toml"
        self.settings.write_text(text, encoding="utf-8")
        self.arrived: list[tuple[str, str]] = []
        self.answers: list[httpx.Response] = []

    @property
    def address(self) -> str:
        """The base address of the adapter."""
        return f"http://127.0.0.1:{self.web}"

    def command(self, *words: str) -> list[str]:
        """The command line of `adapter`."""
        return [sys.executable, "-m", "adapter", *words, "--settings", str(self.settings)]

    def token(self, name: str) -> str:
        """A token of an endpoint, as operations make it."""
        made = subprocess.run(
            self.command("token", name), cwd=self.folder, capture_output=True, text=True, check=True
        )
        return made.stdout.split()[0]

    def is_ready(self) -> bool:
        """Whether the adapter takes messages."""
        try:
            return httpx.get(f"{self.address}/health/ready").status_code == 200
        except httpx.HTTPError:
            return False

    def receive(self, post: Post) -> Reply:
        """Receipt a message, as the party whose inbox it is."""
        name = post.path.removeprefix("/")
        header = json.loads(post.body)["entry"][0]["resource"]
        self.arrived.append((name, header["eventCoding"]["code"]))
        body = dumped(receipt(header["id"], PARTIES[name]))
        return Reply(body=body, content_type=FHIR)

    def post(self, name: str, bundle: Any) -> None:
        """Post a message as one of the parties."""
        headers = {"Authorization": f"Bearer {self.tokens[name]}", "Content-Type": FHIR}
        body = json.dumps(bundle).encode()
        self.answers.append(httpx.post(f"{self.address}{PROCESS}", content=body, headers=headers))

    def open_doors(self) -> Vendor:
        """Return the vendor's system at its address, when it and the parties have their tokens."""
        self.tokens = {name: self.token(name) for name in PARTIES}
        inbox, token = f"{self.address}/inbox", self.token("astad-omsorg")
        return Vendor(str(SCHEMA), inbox, token, *UNITS)


@contextmanager
def vendor_region(folder: Path) -> Iterator[tuple[VendorRegion, Vendor]]:
    """Start the adapter, the vendor and the parties; stop them afterwards."""
    region = VendorRegion(folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(region.command("serve"), cwd=folder, stdout=log, stderr=log)
    far = PostServer(region.far, region.receive)
    try:
        wait_for("adapter that is ready", region.is_ready, saw=(folder / "log").read_text)
        vendor = region.open_doors()
        door = serve(vendor, region.inbox)
        yield region, vendor
        door.shutdown()
        door.server_close()
    finally:
        process.terminate()
        process.wait(60)
        far.stop()
