"""What a delivery report says to a ward, in Swedish: what happened, why, and what the ward does.

A ward cannot mend a connection. So the advice is never the catalogue's, which is for operators.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import AdapterError
from adapter.fhir.event_names import need
from adapter.policy.entitled import Missing
from adapter.settings.municipalities import municipalities

_PHONE = "Ring mottagaren om uppgiften inte kan vänta."

ADVICE: Mapping[ErrorCode, str] = {
    "no-route": "Meddelandet har inte skickats till någon. Ring den som behöver uppgifterna.",
    "no-mapping": "Ring mottagaren i stället.",
    "not-written": "Ring mottagaren i stället.",
    "protected-identity": "Ring mottagaren enligt er rutin för skyddade personuppgifter.",
    "nobody-to-tell": "Ring enheten innan tidsfristen går ut.",
    "not-a-party": "Skicka bara till dem som deltar i ärendet.",
    "consent-withdrawn": "Skicka planen igen om patienten samtycker på nytt.",
    "secrecy-bar": (
        "Lämna inte uppgifterna per telefon. Ta bort sekretesshindret om det inte längre gäller."
    ),
    "not-for-role": "Skriv det som mottagaren behöver veta i ett meddelande.",
    "may-have-arrived": "Ring mottagaren. Uppgifterna kan redan ha lästs.",
    "timed-out": "Ring mottagaren och fråga om meddelandet har kommit fram.",
    "no-receipt": "Ring mottagaren och fråga om meddelandet har kommit fram.",
    "bad-answer": "Ring mottagaren och fråga om meddelandet har kommit fram.",
    "refused": "Läs mottagarens skäl. Rätta och skicka igen, eller ring mottagaren.",
    "too-large-for-broker": "Skicka ett mindre meddelande, till exempel utan bilaga.",
    "expired": "Ring mottagaren. En tidsfrist enligt lag kan ha gått ut.",
}
"""By the code with which a delivery ends. Any other code: phone."""

_NOBODY = {
    "no-municipality": "patientens kommun är okänd",
    "not-connected": "ingen mottagare är ansluten",
    "several": "flera mottagare är anslutna, och det framgår inte vilken som avses",
    "unknown-unit": "enheten som anges i bedömningen är inte ansluten",
    "no-identity": "patienten saknar personnummer, samordningsnummer och reservnummer",
    "listed-elsewhere": "patienten är listad på en vårdcentral som inte är ansluten",
}


def text(error: AdapterError, reason: str) -> str:
    """Return the text of a report: the catalogue's Swedish text, the reason, the advice."""
    parts = (error.entry.sv, reason, ADVICE.get(error.code, _PHONE))
    return " ".join(part for part in parts if part)


def nobody(missing: Missing) -> str:
    """Return for which need nobody is found, and why: `Socialtjänst: … (Luleå).`"""
    named = municipalities().get(missing.place, missing.place)
    where = f" ({named})" if named else ""
    return f"{need(missing.need)}: {_NOBODY[missing.why]}{where}{_proposal(missing)}."


def _proposal(missing: Missing) -> str:
    names = [municipalities().get(code, code) for code in missing.proposal]
    return f"; postnumret tyder på {' eller '.join(names)}" if names else ""
