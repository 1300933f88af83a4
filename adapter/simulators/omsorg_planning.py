"""The bodies of omsorg/2 that a municipality's system writes besides those of omsorg/1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from xml.etree import ElementTree as ET

from adapter.simulators.messages import Draft, InvitationAnswer, Organisation, Progress
from adapter.simulators.omsorg_xml import add

_ANSWERS = {"accepted": "ja", "declined": "nej", "tentative": "kanske"}


def _answer_invitation(root: ET.Element, draft: Draft, me: Organisation) -> None:
    """Add a KallelseSvar: whether the unit comes, and which other times would do."""
    said = draft.planning
    if not isinstance(said, InvitationAnswer):
        raise TypeError("the draft has no answer to an invitation")
    word = _ANSWERS[said.code]
    body = add(root, "KallelseSvar", version=str(said.version), svar=word)
    caller = draft.to[0]
    add(body, "KallelseId", system=f"urn:hsa:{caller.hsa}:invitation").text = said.id
    add(body, "Enhet", hsaId=me.hsa).text = me.name
    if said.other_start:
        add(body, "AnnanTid", **_period(said.other_start, said.other_end))
    if said.comment:
        add(body, "Kommentar").text = said.comment


def _period(start: datetime, end: datetime | None) -> dict[str, str]:
    return {"fran": start.isoformat()} | ({"till": end.isoformat()} if end else {})


def _tell_progress(root: ET.Element, draft: Draft, me: Organisation) -> None:
    """Add a Framsteg: what was done of one effort. It changes nothing in the plan."""
    said = draft.planning
    if not isinstance(said, Progress):
        raise TypeError("the draft has no progress")
    body = add(
        root,
        "Framsteg",
        planversion=str(said.plan.version),
        planstatus="aktiv",
        insats=said.effort.id,
        status="pagaende",
    )
    coordinator = draft.to[0]
    add(body, "PlanId", system=f"urn:hsa:{coordinator.hsa}:plan").text = said.plan.id
    add(body, "Kategori").text = "SIP"
    add(body, "Beskrivning").text = said.effort.text
    note = add(body, "Anteckning", tid=draft.at.isoformat(), av=me.name)
    note.text = said.text


BODIES: Mapping[str, Callable[[ET.Element, Draft, Organisation], None]] = {
    "sip-invitation-answer": _answer_invitation,
    "progress": _tell_progress,
}
"""By event."""
