"""Damage to a parsed JSON document."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every place of a document, as its container and the key in it."""
    keys = list(document) if isinstance(document, dict) else range(len(document))
    below = [places(document[k]) for k in keys if isinstance(document[k], dict | list)]
    return [(document, k) for k in keys] + [place for inside in below for place in inside]


def changed(document: Any, draw: Callable[[Any], Any], new: Any) -> None:
    """Replace, remove or add one value somewhere in the document. In place."""
    node = document
    while True:
        keys: list[Any] = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        deeper = isinstance(node[key], dict | list) and node[key]
        if not deeper or draw(st.integers(0, 3)) == 0:
            break
        node = node[key]
    how = draw(st.sampled_from(["replace", "remove", "add"]))
    if how == "replace" or isinstance(node, list):
        node[key] = copy.deepcopy(draw(new))
    elif how == "remove":
        del node[key]
    else:
        node[draw(st.text("abcdefgS_", min_size=1, max_size=6))] = copy.deepcopy(draw(new))
