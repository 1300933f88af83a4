"""Compare who must be told of a Stay with who has been told, and return what to tell now. Pure.

The table of meaning: each endpoint gets the first that fits.

| entitled | told | gets |
|---|---|---|
| yes | no | the admission notice, and each event that stands |
| yes | yes | the event itself, or an update where its projection changed, or nothing |
| no | yes | one ending, made from the projection that it last got |
| no | no | nothing |

Told means that a notice arrived or may have arrived. A queued notice that surely has not arrived is
replaced by a newer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapter.core.failures import Arrived
from adapter.core.model import Event, Need
from adapter.core.participant import Participant
from adapter.policy import secrecy
from adapter.policy.deadlines import late_notices
from adapter.policy.decision import Input, Plan
from adapter.policy.entitled import Entitled, Entitlement, entitled
from adapter.policy.events import flipped, standing
from adapter.policy.notice import (
    CANCELLED,
    MOVED,
    NEED_ENDED,
    TRANSFERRED,
    WITHDRAWN,
    Notice,
    ending,
    protected,
    shown,
)
from adapter.policy.outside import of_stay, renumbered
from adapter.policy.rights import (
    closed,
    has_changed,
    kept,
    known_of,
    last_told,
    queued,
    right_no,
    told_before,
    viewer,
    with_queued,
)
from adapter.policy.rows_after import rows_after
from adapter.policy.secrecy import Barred, LeftOut
from adapter.policy.stay import Stay
from adapter.policy.views import Projection, project
from adapter.policy.window import is_over, judged_in_time


def reconcile(given: Input) -> Plan:
    """Return what to tell to whom after a message about a Stay."""
    every, given = given.rows, replace(given, rows=of_stay(given.rows))
    if _is_over(given):
        return _silent_end(given)
    day, stay = given.now.date(), judged_in_time(given.after, given.rows)
    rights = entitled(given.network, stay, day, kept(given.rows))
    given = replace(given, barred=_barred(given, rights))
    plans = [_one(given, name, rights) for name in _endpoints(given, rights)]
    rows = tuple(row for plan in plans for row in plan.rows)
    return Plan(
        rows=rows,
        notices=tuple(
            renumbered(notice, every, given.network.mailbox(notice.endpoint))
            for plan in plans
            for notice in plan.notices
        ),
        lapses={name: why for plan in plans for name, why in plan.lapses.items()},
        missing=rights.missing,
        late=tuple(late_notices(stay, given.rows, rows, given.now)),
        barred=given.barred.after,
        left_out=tuple(each for plan in plans for each in plan.left_out),
        is_late_word=stay.needs != given.after.needs,
    )


def _barred(given: Input, rights: Entitled) -> Barred:
    """Return who is behind a bar of secrecy, before the message and after it."""
    day, open_ = given.now.date(), [row for row in given.rows if row.until is None]
    return Barred(
        before=secrecy.barred(given.network, given.before, open_, day),
        after=secrecy.barred(given.network, given.after, rights.entitlements, day),
    )


def _is_over(given: Input) -> bool:
    """Whether the window has passed. An end that is only told now is told to those who wait."""
    waits = any(row.until is None for row in given.rows)
    after = Stay() if waits else given.after
    window, now = given.network.settings.sharing.window, given.now
    return is_over(given.before, given.discharged, window, now) or is_over(after, None, window, now)


def _silent_end(given: Input) -> Plan:
    open_ = [row for row in given.rows if row.until is None]
    changed = given.before.facts != given.after.facts
    return Plan(
        rows=tuple(closed(row, "window", given.now) for row in open_),
        is_late_word=changed and bool(given.after.needs or given.rows),
    )


# One endpoint


def _endpoints(given: Input, rights: Entitled) -> list[str]:
    """Return everybody who is or was entitled, in the order of the settings."""
    names = {r.endpoint for r in rights.entitlements}
    names |= {row.endpoint for row in given.rows if row.until is None}
    order = {name: place for place, name in enumerate(given.network.endpoints)}
    return sorted(names, key=lambda name: order.get(name, len(order)))


def _one(given: Input, name: str, rights: Entitled) -> Plan:
    now_for = [r for r in rights.entitlements if r.endpoint == name]
    open_ = [row for row in given.rows if row.endpoint == name and row.until is None]
    arrived = given.told.get(name, Arrived.NO) if open_ else Arrived.NO
    if not now_for and _is_kept_by_upgrade(given, name, open_):
        return Plan()
    if now_for and arrived is Arrived.NO:
        return _begin(given, name, now_for)
    if now_for:
        return _go_on(given, name, now_for, open_)
    return _end(given, name, open_, arrived)


def _is_kept_by_upgrade(given: Input, name: str, open_: Sequence[Participant]) -> bool:
    """Whether a migrated row has no right by this version's rules, and had none before the message.

    A new version alone ends nobody's right; a message that ends it does.
    """
    is_migrated = any(row.basis == "migrated" for row in open_)
    if not is_migrated or not given.after.needs or given.after.is_transfer:
        return False
    before = judged_in_time(given.before, given.rows)
    rights = entitled(given.network, before, given.now.date(), {})
    return all(right.endpoint != name for right in rights.entitlements)


def _begin(given: Input, name: str, now_for: Sequence[Entitlement]) -> Plan:
    """The admission notice, and each event that stands, each with its own clock."""
    rows = rows_after(given, name, now_for)
    stay = given.barred.sees_after(name, given.after)
    after = _seen(given, stay, rows)
    unchanged = not has_changed(given.rows, rows) and after == queued(given.rows, name)
    if unchanged and not given.newly_protected:
        return Plan()  # the queued notice says all this already
    right = right_no(given.rows, rows, given.network.mailbox(name))
    first = Notice(endpoint=name, event=Event.ADMISSION_NOTICE, projection=after, right_no=right)
    more = [replace(first, event=event, recorded=recorded) for event, recorded in standing(stay)]
    notices = [protected(notice, given.level, given.network.settings) for notice in (first, *more)]
    return Plan(
        rows=tuple(with_queued(row, after) for row in rows if row.until is None)
        + tuple(row for row in rows if row.until is not None),
        notices=tuple(notices),
        lapses={name: "a newer notice replaces it"},
        left_out=_left_out(name, [e for e, _ in standing(given.after)], given),
    )


def _go_on(
    given: Input, name: str, now_for: Sequence[Entitlement], open_: Sequence[Participant]
) -> Plan:
    """The event itself, an update, or nothing."""
    rows = rows_after(given, name, now_for)
    is_migrated = any(row.basis == "migrated" for row in open_)
    view = rows if is_migrated else open_  # a new version alone tells nobody anything
    stay = given.barred.sees_after(name, given.after)
    before = _known(given, name, view)
    after = _seen(given, stay, rows)
    events = _events(given, name, before, after)
    is_told = bool(events) or before != after
    out = _left_out(name, secrecy.left_out(given.before, given.after), given)
    if not is_told and not given.newly_protected and not given.barred.is_new(name):
        return Plan(rows=tuple(rows) if has_changed(open_, rows) else (), left_out=out)
    right = right_no(given.rows, rows, given.network.mailbox(name))
    notices = list[Notice]()
    if given.newly_protected:
        notices.append(_label(given, name, open_, right))
    for event, recorded in events or [(Event.ADMISSION_UPDATED, "")] * is_told:
        notice = Notice(
            endpoint=name, event=event, projection=after, recorded=recorded, right_no=right
        )
        notices.append(protected(notice, given.level, given.network.settings))
    is_unsure = given.barred.is_new(name) and open_[0].told != open_[0].queued
    is_noted = is_told or is_unsure
    hidden = _hidden(given, name, open_)
    noted = [
        with_queued(row, after, hidden) if row.until is None and is_noted else row for row in rows
    ]
    return Plan(rows=tuple(noted), notices=tuple(notices), left_out=out)


def _hidden(given: Input, name: str, open_: Sequence[Participant]) -> Projection:
    """What a receiver behind a bar knows of what the bar hides: it is not repeated later."""
    if name not in given.barred.after:
        return {}
    known = told_before(open_) if given.barred.is_new(name) else known_of(open_, name)
    return secrecy.hidden(known)


def _events(
    given: Input, name: str, known: Projection, seen: Projection
) -> list[tuple[Event, str]]:
    """Return the events to tell, each with its own clock or that of the message ("")."""
    if given.barred.is_lifted(name):
        return secrecy.catching_up(known, seen, given.after)
    before = given.barred.sees_before(name, given.before)
    event = flipped(given.event, before, given.barred.sees_after(name, given.after))
    return [(event, "")] if event is not None else []


def _left_out(name: str, events: Sequence[Event], given: Input) -> tuple[LeftOut, ...]:
    if name not in given.barred.after:
        return ()
    hidden = (e for e in events if secrecy.is_behind(e) or e is Event.ADMISSION_UPDATED)
    return tuple(LeftOut(endpoint=name, event=event) for event in hidden)


def _label(given: Input, name: str, open_: Sequence[Participant], right: int) -> Notice:
    """Whoever was told gets the label at once, with what it already knows."""
    known = last_told(open_) or {}
    known = secrecy.without(known) if name in given.barred.after else known
    labelled = known | {"protection": given.level}
    return Notice(
        endpoint=name,
        event=Event.ADMISSION_UPDATED,
        projection=labelled,
        right_no=right,
        is_label=True,
    )


def _end(given: Input, name: str, open_: Sequence[Participant], arrived: Arrived) -> Plan:
    """One ending for those who were told; the rest of the queue never leaves."""
    reason = _reason(given, open_)
    rows = tuple(closed(row, reason, given.now) for row in open_)
    lapses = {name: reason}
    if arrived is Arrived.NO:
        return Plan(rows=rows, lapses=lapses)
    known = last_told(open_) if arrived is Arrived.YES else None
    notice = ending(name, reason, known)
    labelled = protected(notice, given.level, given.network.settings) if known else notice
    return Plan(rows=rows, lapses=lapses, notices=(replace(labelled, hold=""),))


def _reason(given: Input, open_: Sequence[Participant]) -> str:
    after = given.after
    if after.is_transfer:
        return TRANSFERRED
    if after.value("cancelled") or not after.is_inpatient:
        return CANCELLED
    if not after.needs:
        return WITHDRAWN
    dropped = all(row.need and Need(row.need) not in after.needs for row in open_)
    moved = given.before.municipality != after.municipality
    return NEED_ENDED if dropped or not moved else MOVED


# What an endpoint sees


def _known(given: Input, name: str, rows: Sequence[Participant]) -> Projection:
    """What an endpoint saw before; what it last got when its bar is lifted, or a person asks.

    A person asks what today's settings change: then the Stay itself has not changed.
    """
    is_asked = given.before == given.after and not given.newly_protected
    if given.barred.is_lifted(name) and (known := known_of(given.rows, name)):
        return known
    sent = queued(given.rows, name) if is_asked else None
    if sent is None:
        return _seen(given, given.barred.sees_before(name, given.before), rows)
    return secrecy.without(sent) if name in given.barred.after else sent


def _seen(given: Input, stay: Stay, rows: Sequence[Participant]) -> Projection:
    settings = given.network.settings
    projection = project(stay, viewer(rows), settings.sharing)
    name = next((row.endpoint for row in rows), "")
    return shown(projection, given.level, name, settings)
