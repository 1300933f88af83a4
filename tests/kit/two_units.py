"""A planning service and two units of one municipality: one speaks omsorg/2, the other FHIR.

They meet at the doors of `adapter serve`. All receipt at once what they get, and keep it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lxml import etree

from adapter.core.model import Bundle
from adapter.fhir.builders import Party
from adapter.simulators.post_server import Post, PostServer, Reply
from docs.omsorg_vendor import Vendor
from tests.kit.omsorg_2 import SCHEMA
from tests.kit.program.messages import dumped, receipt
from tests.kit.served_region import ServedRegion, served_in_its_own_process
from tests.kit.site import FHIR
from tests.kit.waiting import wait_for

OMSORG = "astad-omsorg"
_HSA = {
    "sundby-journal": "SE0000000001-SUNDBY",
    "vardcentral-7": "SE0000000001-VC7",
    "astad-hsv": "SE0000000002-HSV",
    "plan": "SE0000000003-PLAN",
    OMSORG: "SE0000000002-ASTAD",
}
PARTIES = {name: Party(organization=hsa, endpoint=name) for name, hsa in _HSA.items()}


class TwoUnits(ServedRegion):
    """A running adapter, and what each party has got, by its name and the message's id."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "two-units.toml")
        self.got: dict[tuple[str, str], bytes] = {}
        self._municipality = Vendor(str(SCHEMA), "", "", PARTIES[OMSORG].organization)

    def receive(self, post: Post) -> Reply:
        """Keep and receipt a message, as the party whose inbox it is."""
        name = post.path.removeprefix("/")
        if name == OMSORG:
            self.got[name, str(etree.fromstring(post.body).get("id"))] = post.body
            return Reply(body=self._municipality.take(post.body), content_type="application/xml")
        id_ = json.loads(post.body)["entry"][0]["resource"]["id"]
        self.got[name, id_] = post.body
        return Reply(body=dumped(receipt(id_, PARTIES[name])), content_type=FHIR)

    def at(self, name: str, id_: str) -> bytes:
        """Return a message when a party has got it."""
        wait_for(f"message at {name}", lambda: sorted(self.got), lambda got: (name, id_) in got)
        return self.got[name, id_]

    def message_at(self, name: str, id_: str) -> Bundle:
        """Return a FHIR message when a party has got it."""
        bundle: Bundle = json.loads(self.at(name, id_))
        return bundle

    def takes(self, name: str, said: Any) -> None:
        """Send a FHIR message or a document of omsorg as a party; the adapter takes it."""
        if isinstance(said, bytes):
            self.post_document(name, said)
        else:
            self.post(name, said)
        assert self.answers[-1].status_code == 200, self.answers[-1].text


@contextmanager
def two_units(folder: Path) -> Iterator[TwoUnits]:
    """Start the adapter and the parties; stop them afterwards."""
    region = TwoUnits(folder)
    far = PostServer(region.far, region.receive)
    try:
        with served_in_its_own_process(region):
            region.make_tokens(PARTIES)
            yield region
    finally:
        far.stop()
