"""FHIR of a shape that nobody expects: refused with its reasons, and never a fault of ours."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from adapter.core.errors import FatalError
from adapter.core.model import Code
from adapter.fhir import bundles, codec
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.oracle import model_problems
from tests.kit.region import Region

HEADER = ("entry", 0, "resource")
STRANGE: tuple[Any, ...] = (None, True, 7, 1.5, "x", "", [], {}, [7], [[]], [None], {"a": 7})


def changed(path: tuple[str | int, ...], value: Any) -> bytes:
    """A message with one value replaced."""
    message: Any = copy.deepcopy(drafts.note(to=(UMEA,)))
    node = message
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return json.dumps(message).encode()


def places(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path of a JSON document."""
    steps = node.items() if isinstance(node, dict) else enumerate(node)
    found = [(*path, step) for step, _ in steps]
    inner = [(*path, step) for step, value in steps if isinstance(value, dict | list)]
    return found + [p for place in inner for p in places(_at(node, place[len(path) :]), place)]


def _at(node: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        node = node[step]
    return node


@pytest.mark.parametrize("part", range(4))
def test_no_value_at_any_place_makes_a_fault_of_ours(region: Region, part: int) -> None:
    everywhere = places(drafts.note(to=(UMEA,)))
    chance = random.Random(part)
    for path in everywhere[part::4]:
        reply = region.accept("hospital", changed(path, chance.choice(STRANGE)))
        assert reply.receipt
        assert reply.receipt.code is not Code.TRANSIENT, path
    assert "adapter-fault" not in {m["code"] for m in region.messages()}


def test_a_refusal_names_the_message_by_its_id_whatever_else_is_broken(region: Region) -> None:
    message = drafts.note(to=(UMEA,))
    message["entry"].append(7)
    region.tells("hospital", message)
    assert region.receipts("hospital") == [(bundles.content_id(message), "fatal-error")]


@pytest.mark.parametrize("id_", ["a\0b", "a\ud800", "a b", "195009072553" * 6, {"a": 1}, ["x"]])
def test_an_id_that_is_none_is_neither_kept_nor_repeated(region: Region, id_: Any) -> None:
    reply = region.accept("hospital", changed((*HEADER, "id"), id_))
    [message] = region.messages()
    assert (message["standing"], message["content_id"]) == ("refused", "")
    receipt = json.loads(reply.body)
    assert bundles.concerned(receipt) == message["id"]
    assert model_problems(receipt) == []


@pytest.mark.parametrize(
    "path",
    [
        (*HEADER, "extension", 0, "valueIdentifier", "value"),
        ("entry", 1, "resource", "payload", 0, "contentString"),
        ("entry", 2, "resource", "name", 0, "family"),
    ],
)
def test_a_null_character_is_refused_wherever_it_stands(
    region: Region, path: tuple[str | int, ...]
) -> None:
    region.accept("hospital", changed(path, "a\0b"))
    [message] = region.messages()
    assert (message["standing"], message["code"]) == ("refused", "invalid-structure")


def test_a_null_character_in_what_the_bus_says_of_a_message_is_no_trouble(region: Region) -> None:
    message = drafts.note(to=(UMEA,))
    region.partners["hospital"].publish(
        drafts.dump(message),
        message_id="a\0b",
        event="c\0d",
        case="e\0f",
        content_type="g\0h",
    )
    region.turn()
    assert region.receipts("hospital") == [(bundles.content_id(message), "ok")]


def test_half_a_character_is_refused(region: Region) -> None:
    text = ("entry", 1, "resource", "payload", 0, "contentString")
    region.accept("hospital", changed(text, "a\ud800"))
    assert region.messages()[0]["code"] == "invalid-structure"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_a_number_that_is_none_is_not_json(number: str) -> None:
    with pytest.raises(FatalError) as refused:
        codec.parse("json", b'{"a": %s}' % number.encode())
    assert refused.value.code == "unreadable"


@pytest.mark.parametrize("broken", [{"code": "maybe"}, {"identifier": 7}, {}, 7])
def test_a_receipt_that_cannot_be_read_is_a_dead_letter_without_a_receipt(
    region: Region, broken: Any
) -> None:
    content = region.tells("hospital", drafts.note(to=(UMEA,)))
    receipt = drafts.receipt(content, UMEA)
    response = receipt["entry"][0]["resource"]["response"]
    receipt["entry"][0]["resource"]["response"] = (
        response | broken if isinstance(broken, dict) and broken else broken
    )
    region.tells("umea", receipt)
    assert region.messages()[-1]["standing"] == "dead"
    assert region.receipts("umea") == []
    assert region.deliveries()[0]["state"] == "in-flight"


def test_bytes_that_only_claim_to_be_a_receipt_are_a_dead_letter(region: Region) -> None:
    region.partners["umea"].publish(b"\xff\xfe", message_id="x", event="receipt")
    region.turn()
    assert region.messages()[-1]["standing"] == "dead"
    assert region.receipts("umea") == []
