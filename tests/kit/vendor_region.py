"""A vendor's first day: `adapter serve` in its own process, and the parties around the vendor.

The hospital, the care centre and the planning service speak FHIR. They post the messages of
fixtures/fhir, and receipt all that comes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapter.fhir.builders import Party
from adapter.simulators.post_server import Post, PostServer, Reply
from docs.omsorg_vendor import Vendor, serve
from tests.kit.places import ROOT
from tests.kit.program.messages import dumped, receipt
from tests.kit.served_region import ServedRegion, served_in_its_own_process
from tests.kit.site import FHIR

SCHEMA = ROOT / "profiles" / "omsorg" / "omsorg-2.xsd"
UNITS = ("SE0000000002-ASTAD", "SE0000000002-HEMTJ")
PARTIES = {
    "sundby-journal": Party(organization="SE0000000001-SUNDBY"),
    "vardcentral-7": Party(organization="SE0000000001-VC7"),
    "plan": Party(organization="SE0000000003-PLAN"),
}


class VendorRegion(ServedRegion):
    """A running adapter, the vendor, and what the parties got: `arrived` has (party, event)."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "adapter.toml")
        self.arrived: list[tuple[str, str]] = []

    def receive(self, post: Post) -> Reply:
        """Receipt a message, as the party whose inbox it is."""
        name = post.path.removeprefix("/")
        header = json.loads(post.body)["entry"][0]["resource"]
        self.arrived.append((name, header["eventCoding"]["code"]))
        body = dumped(receipt(header["id"], PARTIES[name]))
        return Reply(body=body, content_type=FHIR)

    def open_doors(self) -> Vendor:
        """Return the vendor's system at its address, when it and the parties have their tokens."""
        self.make_tokens([*PARTIES, "astad-omsorg"])
        return Vendor(str(SCHEMA), f"{self.address}/inbox", self.tokens["astad-omsorg"], *UNITS)


@contextmanager
def vendor_region(folder: Path) -> Iterator[tuple[VendorRegion, Vendor]]:
    """Start the adapter, the vendor and the parties; stop them afterwards."""
    region = VendorRegion(folder)
    far = PostServer(region.far, region.receive)
    try:
        with served_in_its_own_process(region):
            vendor = region.open_doors()
            door = serve(vendor, region.inbox)
            yield region, vendor
            door.shutdown()
            door.server_close()
    finally:
        far.stop()
