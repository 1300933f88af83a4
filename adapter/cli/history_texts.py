"""The words of the history that tell of rights and items, in plain words for a timeline."""

from __future__ import annotations

from adapter.cli import texts

_WORDS = {
    "shared": "from now on told: {}",
    "sharing-ended": "no longer told: {}",
    "no-longer-due": "not sent: {}",
    "not-a-party": "not sent to {}, which takes no part in the case",
    "consent-withdrawn": "sent to nobody: the patient has withdrawn the consent to planning",
    "secrecy-bar": "not told, because of a bar of secrecy: {}",
    "bar-without-receiver": "a bar of secrecy names {}, which is no receiver of the stay",
    "consent-without-case": "consent or a bar came to no open case, and is not kept",
    "protected": "protected identity from now on, in every case of the patient: {}",
    "lifted": "protection lifted: {}",
    "settings-told": "what the new settings change was sent to the receivers ({})",
    "nobody-to-tell": "nobody is found to tell of {}; phone the unit",
    "late-notice": "the notice leaves too late: {}",
    "late-word": "came too late to be told ({}); a person must look",
    "transferred": "moved to another hospital; has it told its receivers?",
    "outpatient-assessment": "needs judged without an inpatient stay; a person must look",
    "identity": "applied to nothing: whom it is about is not certain",
    "other-patient": "applied to nothing: it is about another patient",
    "ambiguous-case": "applied to nothing: its names belong to two cases",
    "protection-lifted": "says that the protection has ended; a person must confirm",
    "unchanged": "says nothing new; nobody is told",
    "superseded": "something newer is known: {}",
    "item-closed": "item closed: {}",
}


def plain(what: str, detail: str) -> str:
    """Return the text of an entry; its detail alone for every other word."""
    known = _WORDS.get(what)
    return known.format(_reason(detail)).removesuffix(" ()") if known else detail


def _reason(detail: str) -> str:
    """Return a detail with its reason in words: `lulea social-services: moved`."""
    before, colon, code = detail.rpartition(": ")
    return f"{before}{colon}{texts.ended(texts.nobody(code))}"
