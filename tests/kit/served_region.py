"""`adapter serve` in its own process, and the far sides of its endpoints, which receipt all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.kit.places import FIXTURES
from tests.kit.servers.base import free_ports
from tests.kit.site import FHIR, PROCESS
from tests.kit.waiting import wait_for


class ServedRegion:
    """A running adapter with the settings of fixtures/vendor; `answers` has what it answered.

    {WEB}, {INBOX} and {FAR} of the settings become free ports.
    """

    def __init__(self, folder: Path, settings: str) -> None:
        self.folder = folder
        self.web, self.inbox, self.far = free_ports(3)
        text = (FIXTURES / "vendor" / settings).read_text(encoding="utf-8")
        for name, value in {"WEB": self.web, "INBOX": self.inbox, "FAR": self.far}.items():
            text = text.replace(f"{{{name}}}", str(value))
        self.settings = folder / "adapter.toml"
        self.settings.write_text(text, encoding="utf-8")
        self.answers: list[httpx.Response] = []
        self.tokens: dict[str, str] = {}

    @property
    def address(self) -> str:
        """The base address of the adapter."""
        return f"http://127.0.0.1:{self.web}"

    def command(self, *words: str) -> list[str]:
        """The command line of `adapter`."""
        return [sys.executable, "-m", "adapter", *words, "--settings", str(self.settings)]

    def make_tokens(self, names: Iterable[str]) -> None:
        """Make a token for each of these endpoints, as operations do."""
        for name in names:
            made = subprocess.run(
                self.command("token", name),
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=True,
            )
            self.tokens[name] = made.stdout.split()[0]

    def is_ready(self) -> bool:
        """Whether the adapter takes messages."""
        try:
            return httpx.get(f"{self.address}/health/ready").status_code == 200
        except httpx.HTTPError:
            return False

    def post(self, name: str, bundle: Any) -> None:
        """Post a FHIR message as an endpoint."""
        self._post(name, PROCESS, json.dumps(bundle).encode(), FHIR)

    def post_document(self, name: str, body: bytes) -> None:
        """Post a document of omsorg as an endpoint."""
        self._post(name, "/inbox", body, "application/xml")

    def _post(self, name: str, path: str, body: bytes, type_: str) -> None:
        headers = {"Authorization": f"Bearer {self.tokens[name]}", "Content-Type": type_}
        self.answers.append(httpx.post(self.address + path, content=body, headers=headers))


@contextmanager
def served_in_its_own_process(region: ServedRegion) -> Iterator[None]:
    """Run `adapter serve` until the block ends; it is ready when the block begins."""
    log = region.folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            region.command("serve"), cwd=region.folder, stdout=file, stderr=file
        )
    try:
        wait_for("adapter that is ready", region.is_ready, saw=log.read_text)
        yield
    finally:
        process.terminate()
        process.wait(60)
