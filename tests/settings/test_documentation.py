"""docs/settings.md stays true: every key, its default, and examples that work."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING
from datetime import timedelta
from pathlib import Path

import pytest

from adapter import settings
from adapter.core.endpoint import (
    Alias,
    AnswerRule,
    AttachmentLimits,
    Closed,
    ConnectionLimits,
    Endpoint,
    Limits,
    Route,
    Settings,
    Sharing,
    Within,
)
from adapter.core.protection import Protection
from adapter.settings import toml_tables
from tests.kit.places import DOCS

DOCUMENTATION = DOCS / "settings.md"
SYSTEMS = ("fhir", "hl7v2", "omsorg")
NESTED = {"limits", "connections", "expire_after", "sharing", "protection", "endpoint", "route"}
DOCUMENTED = re.compile(r"^\| `([a-z_]+)` \| [^|]+ \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)


def default(value: object) -> str:
    """A default as docs/settings.md writes it."""
    if value is MISSING:
        return "required"
    return f"`{toml(value)}`" if value not in ("", None) else "–"


def toml(value: object) -> str:
    if isinstance(value, timedelta):
        return spoken(value)
    if isinstance(value, Within):
        return f'"{value.working_days} working day"'
    return json.dumps(value)


def spoken(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    if seconds >= 7 * 86_400:
        return f'"{length.days}d"'
    unit, size = next((u, s) for u, s in (("h", 3600), ("m", 60), ("s", 1)) if seconds % s == 0)
    return f'"{seconds // size}{unit}"'


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("The adapter itself", Settings),
        ("`[limits]`", Limits),
        ("`[limits.attachments]`", AttachmentLimits),
        ("`[connections]`", ConnectionLimits),
        ("`[[endpoint]]`", Endpoint),
        ("`[[endpoint.aliases]]`", Alias),
        ("`[[endpoint.answers]]`", AnswerRule),
        ("`[[endpoint.closed]]`", Closed),
        ("`[[route]]`", Route),
        ("`[sharing]`", Sharing),
        ("`[[protection]]`", Protection),
    ],
)
def test_the_documentation_has_every_key_with_its_default(heading: str, kind: type) -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    nested = NESTED if kind is Settings else {"attachments"}
    keys = {key: field for key, field in toml_tables.keys(kind).items() if key not in nested}
    wanted = {key: default(toml_tables.default(field)) for key, field in keys.items()}
    if kind is Endpoint:
        wanted["owner"] = "required"  # "" in the model, so that tests can make small endpoints
    assert dict(DOCUMENTED.findall(section)) == wanted


def test_the_examples_of_the_documentation_are_right(tmp_path: Path) -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert examples
    for number, example in enumerate(examples):
        path = tmp_path / "adapter.toml"
        path.write_text(example, encoding="utf-8")
        assert settings.survey(path, {}, SYSTEMS) == (), f"example {number}"
