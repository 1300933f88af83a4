"""Omsorg documents as a social-service system writes them (docs/omsorg.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from stories.people import Number

NAMESPACE = "https://careplan-adapter.example/omsorg/1"
CONTENT_TYPE = "application/xml"
_NUMBERS = {"pnr": "Personnummer", "snr": "Samordningsnummer"}
_SYSTEMS = {"reserve": "urn:oid:1.2.752.97.3.1.3", "lma": "urn:lma"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a party writes: a `Meddelande` of a type, with one body as XML."""

    content: str
    type: str
    sender: str  # HSA-id
    made: datetime
    number: Number | None = None
    case: str = ""
    to: tuple[str, ...] = ()
    reason: str = ""
    body: str = ""
    patient: Mapping[str, str] = field(default_factory=dict)  # street, kommun, family


def write(draft: Draft) -> bytes:
    """Return the document in UTF-8."""
    time = draft.made.isoformat()
    head = f'id="{draft.content}" skapad="{time}" registrerad="{time}" typ="{draft.type}"'
    parts = [f'<Avsandare hsaId="{draft.sender}"/>']
    parts += [f'<Mottagare hsaId="{hsa}"/>' for hsa in draft.to]
    parts += [f"<Arende>{escape(draft.case)}</Arende>"] if draft.case else []
    parts += [f"<Orsak>{escape(draft.reason)}</Orsak>"] if draft.reason else []
    parts += [_patient(draft), draft.body]
    text = f'<Meddelande xmlns="{NAMESPACE}" {head}>{"".join(parts)}</Meddelande>'
    return text.encode()


def _patient(draft: Draft) -> str:
    parts = [_number(draft.number)] if draft.number else []
    if street := draft.patient.get("street"):
        kommun = draft.patient.get("kommun", "")
        parts.append(
            f'<Adress bruk="folkbokforing" kommun="{kommun}"><Rad>{escape(street)}</Rad></Adress>'
        )
    died = draft.patient.get("died")
    parts += [f"<Avliden>{died}</Avliden>"] if died else []
    return f"<Patient>{''.join(parts)}</Patient>"


def _number(number: Number) -> str:
    if name := _NUMBERS.get(number.kind):
        return f"<{name}>{number.value}</{name}>"
    return f"<AnnatId system={quoteattr(_SYSTEMS[number.kind])}>{number.value}</AnnatId>"


def stay(status: str, attributes: Mapping[str, str], children: str = "") -> str:
    """Return a Vardtillfalle."""
    more = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f'<Vardtillfalle status="{status}"{more}>{children}</Vardtillfalle>'


def note(text: str, made: datetime) -> str:
    """Return the body of a `meddelande`."""
    return f'<Text skickad="{made.isoformat()}"><Innehall>{escape(text)}</Innehall></Text>'


def plan(number: str, title: str) -> str:
    """Return the body of a `plan`."""
    return (
        f'<Plan status="aktiv"><PlanId system="https://omsorg.example/plan">{number}</PlanId>'
        f'<Kategori namn="Samordnad individuell plan">SIP</Kategori>'
        f"<Titel>{escape(title)}</Titel></Plan>"
    )


def answer(about: str, status: str, made: datetime, why: str = "") -> str:
    """Return the body of a `svar`."""
    reason = f"<Orsak>{escape(why)}</Orsak>" if why else ""
    return f'<Svar avser="{about}" status="{status}" tid="{made.isoformat()}">{reason}</Svar>'


def receipt(about: str, code: str, content: str, made: datetime, sender: str) -> bytes:
    """Return a Kvittens: code ok, tillfalligt-fel or fel."""
    fault = '<Fel allvar="fel" kod="invalid-document"/>' if code != "ok" else ""
    return (
        f'<Kvittens xmlns="{NAMESPACE}" id="{content}" skapad="{made.isoformat()}" '
        f'avser="{about}" kod="{code}"><Avsandare hsaId="{sender}"/>{fault}</Kvittens>'
    ).encode()
