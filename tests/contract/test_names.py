"""Names that others rely on stay as they are until somebody changes the list on purpose."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract import names

TODAY: dict[str, Any] = json.loads(names.FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """The names of the program as it is."""
    listed: dict[str, Any] = json.loads(json.dumps(names.names()))
    return listed


@pytest.mark.parametrize("kind", TODAY)
def test_names_that_others_rely_on_are_those_of_the_list(kind: str, found: dict[str, Any]) -> None:
    assert found[kind] == TODAY[kind], "meant? then: python -m tests.contract.names"


def test_no_kind_of_name_is_missing_from_the_list(found: dict[str, Any]) -> None:
    assert found.keys() == TODAY.keys()
