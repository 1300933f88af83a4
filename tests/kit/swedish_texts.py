"""Every Swedish text that people read: errors, documents, reports, code systems and schemas."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from adapter.core.catalogue import CATALOGUE
from tests.kit.places import ADAPTER, ROOT

_XS = "{http://www.w3.org/2001/XMLSchema}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_FOREIGN = ("bench", "demo", "simulators")  # what others say, and samples of it
_WIRE = ("code_tables.py", "code_tables_2.py", "version_1.py", "visit_codes.py", "addresses.py")
_SWEDISH = re.compile(r"[åäöÅÄÖ]")


def texts() -> dict[str, str]:
    """Return each text by the place where it stands."""
    found = [*_errors(), *_code(), *_profiles(), *_schemas()]
    return {f"{place}: {text}": text for place, text in found}


def _errors() -> Iterator[tuple[str, str]]:
    for code, entry in CATALOGUE.items():
        yield code, entry.sv


def _code() -> Iterator[tuple[str, str]]:
    for path in sorted(ADAPTER.rglob("*.py")):
        if path.name not in _WIRE and path.relative_to(ADAPTER).parts[0] not in _FOREIGN:
            yield from ((_named(path), text) for text in _strings(path))


def _strings(path: Path) -> Iterator[str]:
    """Yield the texts of a module: all in a module of readable documents, else the Swedish ones."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    documentation = {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
    constants = (n for n in nodes if isinstance(n, ast.Constant) and id(n) not in documentation)
    for text in (constant.value for constant in constants):
        if isinstance(text, str) and ("readable" in path.parts or _SWEDISH.search(text)):
            yield text


def _profiles() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "profiles").glob("*.json")):
        resource = json.loads(path.read_text("utf-8"))
        yield path.name, str(resource.get("title", "")).partition(" (")[0]
        for concept in resource.get("concept", ()):
            for designation in concept.get("designation", ()):
                if designation["language"] == "sv":
                    yield f"{path.name} {concept['code']}", designation["value"]


def _schemas() -> Iterator[tuple[str, str]]:
    """Yield what the schemas say in Swedish, and every name of omsorg/2."""
    folder = ROOT / "profiles" / "omsorg"
    for path in sorted(folder.glob("*.xsd")):
        for node in ElementTree.parse(path).iter():
            if node.tag == f"{_XS}documentation" and node.get(_LANGUAGE) == "sv":
                yield path.name, " ".join((node.text or "").split())
            elif path.name == "omsorg-2.xsd":
                yield path.name, node.get("name") or node.get("value") or ""


def _named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
