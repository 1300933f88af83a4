"""The glossary names what is in the code, one noun for each concept."""

from __future__ import annotations

import importlib
import re
from dataclasses import fields, is_dataclass

import pytest

from adapter.store import tables
from tests.kit.places import ROOT

PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| noun ")
]
NAMED = sorted({name for row in ROWS for name in re.findall(r"`([^`]+)`", row[-1])})
COLUMNS = {
    f"{table.name}.{column.name}"
    for table in tables.metadata.tables.values()
    for column in table.columns
}


def in_the_store(name: str) -> bool:
    """Whether a name is that of a table, or of a column with its table."""
    return name in tables.metadata.tables or name in COLUMNS


def in_the_code(name: str) -> bool:
    """Whether `adapter.<name>` is a module, or a name in one, or a field of a class there."""
    module, names = f"adapter.{name}", []
    while module != "adapter":
        try:
            thing = importlib.import_module(module)
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            names.insert(0, last)
        else:
            return has(thing, names)
    return False


def has(thing: object, names: list[str]) -> bool:
    """Whether a module or a class has a name, and that one the next."""
    if not names:
        return True
    if is_dataclass(thing) and names[0] in {f.name for f in fields(thing)}:
        return len(names) == 1
    return hasattr(thing, names[0]) and has(getattr(thing, names[0]), names[1:])


@pytest.mark.parametrize("name", NAMED)
def test_a_name_of_the_glossary_exists(name: str) -> None:
    assert in_the_store(name) or in_the_code(name)


def test_every_noun_has_a_swedish_word_a_meaning_and_a_place() -> None:
    assert len(ROWS) > 50
    assert [row for row in ROWS if len(row) != 4 or not all(row)] == []


def test_no_noun_is_explained_twice() -> None:
    nouns = [row[0] for row in ROWS if not set(row[0]) <= {"-"}]
    assert len(nouns) == len(set(nouns))


def test_a_name_that_nobody_has_would_be_seen() -> None:
    assert not in_the_code("core.model.Telegram")
    assert not in_the_code("core.telegrams")
    assert not in_the_store("delivery.colour")
