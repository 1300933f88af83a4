"""FHIR R4 itself: is this Bundle made of FHIR, and how an OperationOutcome says what is wrong.

The only importer of fhir.resources. R4B reads R4: the differences do not touch our types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from adapter.core.catalogue import CATALOGUE, ErrorCode
from adapter.core.endpoint import Limits
from adapter.core.errors import Issue
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ERROR

_LIMITS = Limits()
_FHIRPATH = re.compile(r"[A-Z][a-z]\w+([.\[].*)?", re.DOTALL)


def structure(bundle: Any, limits: Limits = _LIMITS) -> list[Issue]:
    """Everything in a parsed JSON document that FHIR R4 does not allow in a message Bundle.

    Raises nothing for any JSON. Each issue has a FHIRPath that begins with the type of its
    resource; `detail` begins with the entry, and quotes no value. No error means that whatever
    has a name of FHIR has also its JSON type, so that readers need not look again; null is left
    only in arrays of primitives, where an extension takes the place of the value.
    """
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return [Issue(code="invalid-structure", expression="Bundle", detail="not a FHIR Bundle")]
    entries = bundle.get("entry")
    if isinstance(entries, list) and len(entries) > limits.entries:
        detail = f"{len(entries)} entries; the limit is {limits.entries}"
        return [Issue(code="too-large", expression="Bundle.entry", detail=detail)]
    # Here, because fhir.resources is slow to import, and most commands do without it.
    from adapter.fhir.reading import problems

    return problems(bundle)


def outcome(issues: Iterable[Issue]) -> Resource:
    """An OperationOutcome (docs/message.md); one that says so when there are no issues."""
    found = [_outcome_issue(issue) for issue in issues]
    return {"resourceType": "OperationOutcome", "issue": found or [_all_well()]}


def _all_well() -> Resource:
    text = {"text": "Inga fel. / No problems."}
    return {"severity": "information", "code": "informational", "details": text}


def _outcome_issue(issue: Issue) -> Resource:
    found = {"severity": str(issue.severity), "code": issue.entry.type}
    return found | {"details": _details(issue.code)} | _where(issue.expression) | _why(issue.detail)


def _details(code: ErrorCode) -> Resource:
    entry = CATALOGUE[code]
    return {"coding": [{"system": ERROR, "code": code}], "text": f"{entry.sv} / {entry.en}"}


def _where(path: str) -> Resource:
    """`expression` is FHIRPath by the standard; `location` takes a path of another format."""
    if not path:
        return {}
    return {"expression": [path]} if _FHIRPATH.fullmatch(path) else {"location": [path]}


def _why(detail: str) -> Resource:
    return {"diagnostics": detail} if detail else {}
