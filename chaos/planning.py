"""The messages of planning that the parties send, as a vendor writes them (docs/message.md)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from adapter.fhir.builders import Party
from chaos.messages import ATTACHMENT, T0, Post
from chaos.parties import LULEA, PLANNING, endpoint_of
from stories import fhir_bytes, world
from stories.people import Number

ASKS = "var god svara"
"""Stands in what must be answered: an invitation, or a plan whose effort is to be reported."""
REPLIES = {"sip-invitation": "sip-invitation-answer", "care-plan": "progress"}
"""What a party on the bus sends back when it is asked."""
REPLY_NUMBERS = {LULEA.endpoint: 100, PLANNING.endpoint: 200}
"""Added to the number of what is answered: a reply's place in the case, by who replies."""
_BEARERS = {"planning-basis": "payload", "sip-invitation": "supportingInformation"}
_NUMBER = Number(kind="pnr", value="195009072553")  # one of Skatteverket's test numbers
_SYSTEM = "urn:stories:planning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a message of planning says. `to` are those that it names; `about` is what it recalls."""

    event: str
    sender: Party
    to: tuple[Party, ...]
    case: str  # with its owner
    text: str
    code: str = ""  # of the plan, contact or invitation
    version: int = 1
    about: str = ""
    has_attachment: bool = False
    stranger: Party | None = None  # a destination that the event itself does not name


def written(word: Word, name: str) -> Post:
    """Return a message of planning in the case `name`."""
    content, envelope = str(uuid4()), str(uuid4())
    draft = fhir_bytes.Draft(
        content=content,
        event=word.event,
        sender=_vendor(word.sender),
        made=T0,
        cases=(word.case,),
        to=tuple(party.organization for party in word.to),
        number=_NUMBER,
        text=word.text,
        code=word.code,
        version=word.version,
        about=word.about,
    )
    bundle = json.loads(fhir_bytes.write(draft)) | {"id": envelope}
    if word.has_attachment:
        _attach(bundle)
    if word.stranger is not None:
        _name(bundle, word.stranger)
    body = json.dumps(bundle, ensure_ascii=False).encode()
    return Post(content=content, envelope=envelope, case=name, event=word.event, body=body)


def may_bear(event: str) -> bool:
    """Whether the rig sends attachments with this event."""
    return event in _BEARERS


def reply(me: Party, body: bytes) -> tuple[Post, str] | None:
    """Return what `me` answers to a message, and the endpoint to be told; None without a question.

    An invitation is answered to its caller. Progress goes to the sender of the plan alone, and
    only from who does the effort.
    """
    bundle = json.loads(body)
    head, focus = (entry["resource"] for entry in bundle["entry"][:2])
    event = head["eventCoding"]["code"]
    if event not in REPLIES or ASKS not in body.decode():
        return None
    if event == "care-plan" and not _does_the_effort(me, focus):
        return None
    sender = _sender(bundle, head)
    cases = [e["valueIdentifier"]["value"] for e in head["extension"] if _is_case(e)]
    name = cases[0].partition("/")[2]
    number = (
        int(body.decode().partition(f"[[{name}/")[2].partition("]]")[0])
        + REPLY_NUMBERS[me.endpoint]
    )
    word = Word(
        event=REPLIES[event],
        sender=me,
        to=(sender,),
        case=cases[0],
        text=f"[[{name}/{number}]]",
        code=focus["identifier"][0]["value"],
    )
    return written(word, name), sender.endpoint


def _does_the_effort(me: Party, plan: dict[str, Any]) -> bool:
    [performer] = plan["activity"][0]["detail"]["performer"]
    return bool(performer["identifier"]["value"] == me.organization)


def _is_case(extension: dict[str, Any]) -> bool:
    return str(extension["url"]).endswith("/case")


def _sender(bundle: dict[str, Any], head: dict[str, Any]) -> Party:
    reference = head["sender"]["reference"]
    entry = next(e for e in bundle["entry"] if e["fullUrl"] == reference)
    hsa = entry["resource"]["identifier"][0]["value"]
    return Party(organization=hsa, endpoint=endpoint_of(hsa))


def _vendor(party: Party) -> world.Party:
    return world.Party(
        name=party.endpoint,
        organization=party.organization,
        role=world.Role.UNIT,
        form="fhir",
        door="http",
    )


def _attach(bundle: dict[str, Any]) -> None:
    head, focus = (entry["resource"] for entry in bundle["entry"][:2])
    id_ = str(uuid4())
    document = {
        "resourceType": "DocumentReference",
        "id": id_,
        "status": "current",
        "type": {"text": "Hjälpmedelslista"},
        "subject": focus.get("subject") or _person(bundle),
        "date": T0.isoformat(),
        "description": "Hjälpmedel",
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain",
                    "data": ATTACHMENT,
                    "title": "Hjälpmedel",
                }
            }
        ],
    }
    reference = {"reference": f"urn:uuid:{id_}"}
    place = _BEARERS[head["eventCoding"]["code"]]
    item = {"contentReference": reference} if place == "payload" else reference
    focus.setdefault(place, []).append(item)
    bundle["entry"].append({"fullUrl": f"urn:uuid:{id_}", "resource": document})


def _person(bundle: dict[str, Any]) -> dict[str, Any]:
    entry = next(e for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
    return {"reference": entry["fullUrl"]}


def _name(bundle: dict[str, Any], stranger: Party) -> None:
    """Add a destination to the header."""
    id_ = str(uuid4())
    system = {"system": "urn:oid:1.2.752.29.4.19", "value": stranger.organization}
    resource = {"resourceType": "Organization", "id": id_, "identifier": [system]}
    bundle["entry"].append({"fullUrl": f"urn:uuid:{id_}", "resource": resource})
    bundle["entry"][0]["resource"]["destination"].append(
        {
            "endpoint": f"urn:stories:{stranger.organization}",
            "receiver": {"reference": f"urn:uuid:{id_}"},
        }
    )
