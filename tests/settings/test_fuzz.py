"""Whatever somebody writes, the settings answer with issues and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter import settings
from adapter.core.endpoint import (
    ActCode,
    Alias,
    AnswerRule,
    Closed,
    Disposition,
    Endpoint,
    Limits,
    Route,
    Settings,
    Sharing,
)
from adapter.core.errors import FatalError, Issue
from adapter.core.model import Event, Need
from adapter.core.protection import Protection, ProtectionLevel, ProtectionPolicy
from adapter.settings import settings_checks, toml_tables

SYSTEMS = ("fhir", "hl7v2", "omsorg")

kinds = (Settings, Limits, Sharing, Protection, Endpoint, Route, Alias, AnswerRule, Closed)
words = [key for kind in kinds for key in toml_tables.keys(kind)]
texts = st.text(max_size=12) | st.sampled_from(
    [
        "AE",
        "409",
        "5xx",
        "stop",
        "http",
        "mllp",
        "rabbitmq",
        "1 working day",
        "30m",
        "127.0.0.1:80",
        "http://[",
        "a",
        "2580",
        "full",
        "IMP",
        "sekretessmarkering",
    ]
)
scalars = texts | st.booleans() | st.integers() | st.floats() | st.dates() | st.datetimes()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
clocks = st.sampled_from(["22:00", "04:00"]) | st.datetimes() | values
tables_within = st.dictionaries(
    st.sampled_from(["code", "then", "since", "until", "days"]), clocks, max_size=3
)
stanzas = st.dictionaries(
    st.sampled_from(words) | texts, values | st.lists(tables_within, max_size=3), max_size=12
)
files = st.dictionaries(st.sampled_from(words), values, max_size=5) | st.fixed_dictionaries(
    {"endpoint": st.lists(stanzas, max_size=4), "route": st.lists(stanzas, max_size=3)}
)


@given(files)
def test_no_values_crash_the_reading_or_the_checks(values: Mapping[str, Any]) -> None:
    found: list[Issue] = []
    read = toml_tables.read(Settings, values, "", found)
    found += settings_checks.problems(read)
    found += settings_checks.unservable(read, SYSTEMS)
    assert {issue.code for issue in found} <= {"settings"}
    assert all(issue.detail for issue in found)


ids = st.lists(st.sampled_from(["", "SE0000000001-A", "2580", "x"]), max_size=3).map(tuple)
protections = st.builds(
    Protection,
    level=st.sampled_from(ProtectionLevel),
    to=st.lists(st.sampled_from(["", "a", "b"]), max_size=2).map(tuple),
    policy=st.sampled_from(ProtectionPolicy),
)


def stanza(names: st.SearchStrategy[str]) -> st.SearchStrategy[Endpoint]:
    """Endpoints that are well-typed and otherwise anything."""
    return st.builds(
        Endpoint,
        name=names,
        organization=st.sampled_from(["", "SE0000000001-A", "SE0000000001-B", "x"]),
        aliases=st.lists(
            st.builds(
                Alias,
                id=st.sampled_from(["", "SE0000000001-A", "SE0000000001-C"]),
                since=st.none() | st.dates(),
                until=st.none() | st.dates(),
            ),
            max_size=3,
        ).map(tuple),
        system=texts,
        transport=st.sampled_from(["http", "mllp", "rabbitmq", "memory", "x"]),
        address=texts,
        listen=texts,
        peers=st.lists(texts, max_size=2).map(tuple),
        return_to=names,
        credentials=texts,
        charset=texts,
        zone=texts,
        owner=texts,
        carries_for=ids,
        mailbox_for=ids,
        tells_for=ids,
        serves=st.lists(st.sampled_from(Need), max_size=2).map(tuple),
        owns_stays_key=st.none() | st.booleans(),
        begins_key=st.none() | st.lists(st.sampled_from(Event), max_size=3).map(tuple),
        classes=st.dictionaries(texts, st.sampled_from(ActCode), max_size=2),
        dispositions=st.dictionaries(texts, st.sampled_from(Disposition), max_size=2),
        contact=texts,
    )


@given(
    st.lists(stanza(st.sampled_from(["", "a", "b", "c"])), max_size=5),
    st.lists(protections, max_size=3),
    texts,
    texts,
    texts,
)
def test_no_well_typed_settings_crash_the_checks(
    endpoints: list[Endpoint],
    protection: list[Protection],
    store: str,
    broker: str,
    web: str,
) -> None:
    made = Settings(
        store=store,
        broker=broker,
        web=web,
        endpoints=tuple(endpoints),
        protection=tuple(protection),
    )
    found = settings.problems(made, SYSTEMS)
    numbers = {int(n) for i in found for n in re.findall(r"^endpoint\[(\d+)\]", i.expression)}
    assert numbers <= set(range(len(endpoints)))


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_no_bytes_make_load_fail_with_anything_but_its_own_error(
    tmp_path_factory: pytest.TempPathFactory, content: str | bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        settings.load(path, {})
    except FatalError as problem:
        told = problem
    else:
        return
    assert told.code == "settings"
    assert told.issues
