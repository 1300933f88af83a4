"""MSH-11 and MSH-12: whether a message is a test, and which version of HL7 v2 it says it has.

HL7 v2.8 chapter 2; tables 0103 (processing id) and 0104 (version id).
"""

from __future__ import annotations

import re

from adapter.core.errors import FatalError, Issue
from adapter.mappings import Context
from adapter.mappings.hl7v2.fields import Document

_TESTS = frozenset({"T", "D"})  # training, debugging
_PRODUCTION = frozenset({"P", ""})
_VERSION = re.compile(r"2\.[0-9](?:\.[0-9]|D)?")


def check_control(document: Document, context: Context) -> None:
    """Warn of an unknown processing id or version.

    FatalError `test-message` for a test from an endpoint that is not for tests.
    """
    processing = document.text("MSH-11").upper()
    if processing in _TESTS and not context.sender.test:
        issue = Issue(code="test-message", expression="MSH-11", detail=processing)
        raise FatalError("test-message", "MSH-11", [issue])
    if processing not in _TESTS | _PRODUCTION:
        context.warn("unknown-code", "MSH-11", "read as production")
    if not _VERSION.fullmatch(document.text("MSH-12")):
        context.warn("unknown-code", "MSH-12", "no version of HL7 v2: read as the others")
