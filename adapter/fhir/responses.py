"""Read what a receipt message (systemkvittens) answers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from adapter.core import privacy
from adapter.core.model import Bundle, Code, Receipt
from adapter.fhir.bundles import Resource, concerned, header
from adapter.fhir.canonical import ACKNOWLEDGEMENT
from adapter.fhir.references import resolve

_REFUSING = ("fatal", "error")
_MOST = 20  # codes of a receipt; codes, and places, of an issue


def response(bundle: Bundle) -> Receipt:
    """Return a receipt message as a Receipt; ValueError for an unknown response code.

    One that says `ok` and has an error among its issues is no `ok`: its receiver has refused. An
    issue that does not say how severe it is (an extension may stand for that) is an error.
    """
    receipt = header(bundle).get("response", {})
    issues = (resolve(bundle, receipt.get("details")) or {}).get("issue", ())
    acknowledgements = (
        c.get("code", "") for i in issues for c in _coding(i) if _is_acknowledgement(c)
    )
    return Receipt(
        about=concerned(bundle),
        code=_code(receipt, issues),
        said=privacy.term(next(acknowledgements, "")),
        detail=_joined(code for issue in issues for code in _codes(issue)),
    )


def _code(receipt: Resource, issues: Iterable[Resource]) -> Code:
    code = Code(receipt.get("code", ""))
    has_error = any(issue.get("severity", "error") in _REFUSING for issue in issues)
    return Code.FATAL if code is Code.OK and has_error else code


def _joined(codes: Iterable[str]) -> str:
    """Return codes as one text; of very many the first, because it is kept in several places."""
    few = list(islice(codes, _MOST + 1))
    return ", ".join(few[:_MOST]) + (", …" if len(few) > _MOST else "")


def _coding(issue: Resource) -> list[Resource]:
    codings: list[Resource] = issue.get("details", {}).get("coding", [])
    return codings


def _is_acknowledgement(coding: Resource) -> bool:
    return coding.get("system") == ACKNOWLEDGEMENT


def _codes(issue: Resource) -> list[str]:
    """Return an issue's codes with their places; a text that is not a code or path is dropped."""
    codes = [c.get("code", "") for c in _coding(issue) if not _is_acknowledgement(c)]
    paths = [*issue.get("expression", ())[:_MOST], *issue.get("location", ())[:_MOST]]
    where = ", ".join(text for text in map(privacy.term, paths[:_MOST]) if text)
    known = [code for c in codes[:_MOST] or [issue.get("code", "")] if (code := privacy.term(c))]
    return [f"{code} at {where}" if where else code for code in known]
