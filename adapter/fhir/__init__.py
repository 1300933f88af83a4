"""FHIR R4 (4.0.1): check the structure of a Bundle, and report issues in an OperationOutcome.

`r4_definitions.json` has what R4 defines, compiled from HL7's definitions (decision 0024).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from adapter.core.catalogue import CATALOGUE, ErrorCode
from adapter.core.endpoint import Limits
from adapter.core.errors import Issue
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ERROR
from adapter.fhir.issue_places import rooted

if TYPE_CHECKING:
    from adapter.fhir.attachments import Check

_LIMITS = Limits()
_FHIRPATH = re.compile(r"[A-Z][a-z]\w+([.\[].*)?", re.DOTALL)


def check_contents(bundle: Any, limits: Limits = _LIMITS) -> list[Issue]:
    """Return what `check_structure` does, and what is wrong with the files that are attached."""
    from adapter.fhir.attachments import Check

    return check_structure(bundle, limits, Check(limits.attachments))


def check_structure(
    bundle: Any, limits: Limits = _LIMITS, check: Check | None = None
) -> list[Issue]:
    """Return everything in a parsed JSON document that FHIR R4 does not allow in a Bundle.

    Raises nothing for any JSON. Each issue has a FHIRPath that begins with the type of its
    resource. Its `detail` begins with the entry, and quotes no value. Without issues, every
    element has its JSON type, so that readers need not check again. Null then occurs only in
    arrays of primitives, where an extension replaces the value. A `check` of attachments adds
    what it finds.
    """
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return [Issue(code="invalid-structure", expression="Bundle", detail="not a FHIR Bundle")]
    entries = bundle.get("entry")
    if isinstance(entries, list) and len(entries) > limits.entries:
        detail = f"{len(entries)} entries; the limit is {limits.entries}"
        return [Issue(code="too-large", expression="Bundle.entry", detail=detail)]
    # Imported here, because most commands do not need the definitions.
    from adapter.fhir.structure import problems

    return problems(bundle, check)


def outcome(issues: Iterable[Issue]) -> Resource:
    """Return an OperationOutcome (docs/message.md); without issues, one of severity information."""
    rows = [_outcome_issue(issue) for issue in issues]
    return {"resourceType": "OperationOutcome", "issue": rows or [_no_problems()]}


def _no_problems() -> Resource:
    text = {"text": "Inga fel. / No problems."}
    return {"severity": "information", "code": "informational", "details": text}


def _outcome_issue(issue: Issue) -> Resource:
    head = {"severity": str(issue.severity), "code": issue.entry.type}
    path = rooted(issue)
    place, diagnostics = places([path] if path else ()), _diagnostics(issue.detail)
    return head | {"details": _details(issue.code)} | place | diagnostics


def _details(code: ErrorCode) -> Resource:
    entry = CATALOGUE[code]
    return {"coding": [{"system": ERROR, "code": code}], "text": f"{entry.sv} / {entry.en}"}


def places(paths: Iterable[str]) -> Resource:
    """Return where an issue is: `expression` has the FHIRPaths, as R4 demands, `location` others.

    A path of another format is a field (`PID-3`) or an XPath. Without paths, nothing.
    """
    by_name: dict[str, list[str]] = {"expression": [], "location": []}
    for path in paths:
        by_name["expression" if _FHIRPATH.fullmatch(path) else "location"].append(path)
    return {name: listed for name, listed in by_name.items() if listed}


def _diagnostics(detail: str) -> Resource:
    return {"diagnostics": detail} if detail else {}
