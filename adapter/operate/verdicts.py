"""What would become of each id that a person wants to replay, discard or take, and why not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import FatalError, Issue
from adapter.core.jobs import Act
from adapter.core.lifecycle import Ruling, Standing, State, Step, advance, rule
from adapter.operate.dry_run import try_messages
from adapter.operate.replay_plan import Planned, objections
from adapter.settings.network import Network
from adapter.store import Store, arrival
from adapter.store.queries.chosen import Subject, subjects
from adapter.store.transaction import Transaction

Together = Callable[[Transaction, Collection[str]], set[str]]
"""Which of these deliveries are replayed together: they do not overtake each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What would become of one id."""

    subject: Subject
    issue: Issue | None = None  # why it would be refused; None: it would be done
    seen_before: bool = False  # an earlier attempt may have arrived
    tells_sender: bool = False  # its sender would get the delivery report that was held back
    receivers: tuple[str, ...] = ()  # of a message that was tried
    why_not: str = ""  # why a message that was tried would reach no receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asks for, and allows."""

    act: Act
    although: Container[ErrorCode] = ()


def verdicts(
    tx: Transaction, network: Network, asked: Asked, ids: Sequence[str], together: Together
) -> list[Verdict]:
    """Return the verdict of each id, in their order. Messages are not tried, see `tried`."""
    known = subjects(tx, ids)
    overtaken, arrived = dict[str, tuple[str, ...]](), set[str]()
    if asked.act is Act.REPLAY:
        overtaken = _overtaken(tx, network, ids, together)
        arrived = arrival.may_have_arrived(tx, ids)
    return [
        Verdict(
            subject=known[id_],
            issue=_issue(network, asked, known[id_], overtaken.get(id_, ())),
            seen_before=id_ in arrived,
            tells_sender=asked.act is Act.DISCARD and known[id_].untold,
        )
        if id_ in known
        else _gone(id_)
        for id_ in ids
    ]


def _gone(id_: str) -> Verdict:
    gone = Subject(id=id_, kind="delivery", endpoint="", event="", state="gone")
    return Verdict(subject=gone, issue=Issue(code="unknown-id", detail=id_))


def _overtaken(
    tx: Transaction, network: Network, ids: Sequence[str], together: Together
) -> dict[str, tuple[str, ...]]:
    later = arrival.overtaken(tx, ids, network.moves())
    ours = together(tx, {id_ for each in later.values() for id_ in each})
    return {id_: tuple(x for x in each if x not in ours) for id_, each in later.items()}


def _issue(
    network: Network, asked: Asked, subject: Subject, overtaken_by: tuple[str, ...]
) -> Issue | None:
    try:
        _step(asked.act, subject)
        _require_settings(network, asked.act, subject)
    except FatalError as error:
        return Issue(code=error.code, detail=f"{subject.id}: {error.detail}")
    return _objection(asked, _planned(subject, overtaken_by))


def _step(act: Act, subject: Subject) -> None:
    """Raise FatalError `illegal-transition` where the state tables have no entry."""
    if subject.kind == "item":
        _step_of_item(act, subject.state)
    elif act is Act.TAKE:
        return
    elif subject.kind == "message":
        rule(Standing(subject.state), Ruling(act))
    else:
        advance(State(subject.state), Step(act))


def _step_of_item(act: Act, state: str) -> None:
    if act is Act.REPLAY:
        raise FatalError("illegal-transition", "an item is never sent: discard closes it")
    if state != "open":
        raise FatalError("illegal-transition", f"{act} while {state}")


def _require_settings(network: Network, act: Act, subject: Subject) -> None:
    if subject.kind != "delivery":
        return
    if act is Act.REPLAY:
        network.endpoint(subject.endpoint)
    elif act is Act.DISCARD and subject.untold and not network.endpoints:
        raise FatalError("settings", "its sender must be told: name the settings file")


def _planned(subject: Subject, overtaken_by: tuple[str, ...] = ()) -> Planned:
    return Planned(
        id=subject.id,
        event=subject.event,
        endpoint=subject.endpoint,
        state=subject.state,
        possible=True,
        overtaken_by=overtaken_by,
    )


def _objection(asked: Asked, planned: Planned) -> Issue | None:
    return next(objections(planned, asked.although), None)


def tried(
    store: Store, network: Network, asked: Asked, known: Sequence[Verdict], now: datetime
) -> list[Verdict]:
    """Return the verdicts; messages that would be replayed are processed and that is undone."""
    tries = [
        _planned(each.subject)
        for each in known
        if asked.act is Act.REPLAY and each.subject.kind == "message" and not each.issue
    ]
    results = {each.id: each for each in try_messages(store, network, tries, now)}
    return [_with_result(asked, each, results) for each in known]


def _with_result(asked: Asked, verdict: Verdict, results: Mapping[str, Planned]) -> Verdict:
    result = results.get(verdict.subject.id)
    if result is None:
        return verdict
    return replace(
        verdict,
        issue=_objection(asked, result),
        receivers=result.receivers,
        why_not=result.why_not,
    )
