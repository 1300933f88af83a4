"""An operator's office: a region with a store on disk, its settings, and the commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from adapter.cli import app
from tests.kit import drafts
from tests.kit.places import FIXTURES
from tests.kit.region import Region

SETTINGS = FIXTURES / "cli" / "region.toml"
IDENTITIES = ("195009072553", "Tolvansson", "Tolvan", "Storgatan")
SHOW_BODIES = {"--bodies", "edit", "plan", "show"}
CASE = f"{drafts.HOSPITAL.organization}/V1"


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    """Run a command in this process, with arguments as an operator types them."""
    return CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)


class Office:
    """Commands about one region."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "adapter.db"
        self.region = Region(f"sqlite:///{self.path}")

    def run(self, *arguments: object) -> Result:
        """Run a command on this region's store; fail if it prints personal data outside a body."""
        chosen = () if "--settings" in arguments else ("--settings", SETTINGS)
        result = run(*arguments, "--store", self.path, *chosen)
        printed = result.stderr if SHOW_BODIES & set(arguments) else result.output
        assert not any(identity in printed for identity in IDENTITIES)
        return result

    def data(self, *arguments: object) -> Any:
        """Run a command with --json; return what it prints."""
        return json.loads(self.run(*arguments, "--json").stdout)

    def dies(self, visit: str = "V1", code: str = "fatal-error") -> str:
        """Send a message that Luleå's system refuses; return the id of the dead delivery."""
        content = self.region.tells("hospital", drafts.note(visit=visit))
        self.region.receipt("lulea", content, code)
        row = self.region.deliveries(content_id=content)[0]
        assert row["state"] == "dead"
        return str(row["id"])

    def history(self, what: str) -> list[tuple[str, str]]:
        """Person and detail of each history entry with this word."""
        return [(row["who"], row["detail"]) for row in self.region.history(what)]
