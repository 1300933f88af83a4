"""Replace functions of the adapter in this process: the judge must see each sabotage.

The product contains none of this. Without it, zeros would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

from stories.observation import Answer, Observation


def commit(kind: str) -> None:
    """Sabotage the adapter. KeyError for an unknown kind."""
    SABOTAGES[kind]()


def faked(kind: str, observed: Observation) -> Observation:
    """Return what the judge may see. `swallow` hides what stands, and every warning."""
    if kind != "swallow":
        return observed
    answers = {
        n: Answer(code=answer.code, issues=()) if answer.code == "ok" else answer
        for n, answer in observed.answers.items()
    }
    return replace(observed, stands=[], answers=answers)


def _tell_all() -> None:
    """Everybody who provides anything is entitled to everything."""
    entitled = import_module("adapter.policy.entitled")

    def everybody(network: Any, stay: Any, *more: Any) -> Any:
        right = entitled.entitled(network, stay, *more)
        grants = [
            entitled.Entitlement(endpoint=e.name, need=need, basis="assessment", ground="")
            for e in network.settings.endpoints
            for need in stay.needs
            if e.serves
        ]
        return replace(right, entitlements=(*right.entitlements, *grants))

    _replace("adapter.policy.reconcile", "entitled", everybody)


def _forget_told() -> None:
    """Nobody is ever remembered as told."""

    def nobody(*_: Any) -> dict[str, Any]:
        return {}

    _replace("adapter.inbound.stay_effects", "sent_since", nobody)


def _told_on_queue() -> None:
    """A queued notice counts as told, and an ending never asks whether a notice arrived."""
    arrived = import_module("adapter.core.failures").Arrived

    def always(_sent: Any) -> Any:
        return arrived.YES

    _replace("adapter.inbound.stay_effects", "arrived", always)
    _replace("adapter.outbound.judgement", "is_idle_ending", _never)


def _trust_number() -> None:
    """A personnummer alone leads into anybody's case."""
    case = import_module("adapter.inbound.stay_case")
    demand = case.demand_authority

    def demand_if_named(turn: Any, event: Any, bundle: Any) -> None:
        if case.case_names(bundle):
            demand(turn, event, bundle)

    _replace("adapter.inbound.stay_case", "_is_own", _always)
    _replace("adapter.inbound.stays", "demand_authority", demand_if_named)


def _last_message() -> None:
    """A notice is made of the last message alone, with who is entitled as before."""
    stay = import_module("adapter.policy.stay")

    def forgetful(before: Any, *more: Any) -> Any:
        names = ("assessment", "municipality", "hospital", "class", "listed", "identifiers")
        kept = {name: fact for name, fact in before.facts.items() if name in names}
        return stay.patch(stay.Stay(facts=kept), *more)

    _replace("adapter.inbound.stays", "patch", forgetful)


def _any_sender() -> None:
    """Anybody may report anything."""
    _replace("adapter.inbound.stays", "demand_authority", _nothing)
    _replace("adapter.policy.authority", "may_originate", _always)


def _any_person() -> None:
    """A name leads to its case, whoever the message is about."""
    same = import_module("adapter.policy.identity").Person.SAME

    def always_same(*_: Any) -> Any:
        return same

    _replace("adapter.policy.identity", "judge", always_same)


def _whole_view() -> None:
    """Everybody sees everything."""
    views = import_module("adapter.policy.views")

    def everything(stay: Any, _viewer: Any, sharing: Any) -> Any:
        roles = frozenset({views.PLANNING})
        viewer = views.Viewer(roles=roles, needs=frozenset(stay.needs))
        return views.project(stay, viewer, replace(sharing, wards=True))

    for module in ("adapter.policy.reconcile", "adapter.outbound.judgement"):
        _replace(module, "project", everything)


def _no_recheck() -> None:
    """What is queued leaves, whatever has become of its receiver's right."""
    right = import_module("adapter.store.rights").Right

    def all_stand(_tx: Any, ids: Any, *_: Any) -> dict[str, Any]:
        return dict.fromkeys(ids, right.STANDS)

    _replace("adapter.store.rights", "compare", all_stand)
    _replace("adapter.inbound.stay_effects", "_lapse", _no_times)


def _no_times(*_: Any) -> dict[str, Any]:
    return {}


def _always(*_: Any) -> bool:
    return True


def _never(*_: Any) -> bool:
    return False


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


SABOTAGES: dict[str, Callable[[], None]] = {
    "tell-all": _tell_all,
    "forget-told": _forget_told,
    "told-on-queue": _told_on_queue,
    "trust-number": _trust_number,
    "last-message": _last_message,
    "any-sender": _any_sender,
    "any-person": _any_person,
    "whole-view": _whole_view,
    "no-recheck": _no_recheck,
    "swallow": _nothing,
}


def _replace(module: str, name: str, replacement: Any) -> None:
    place = import_module(module)
    getattr(place, name)  # AttributeError when the adapter no longer has this name
    setattr(place, name, replacement)
