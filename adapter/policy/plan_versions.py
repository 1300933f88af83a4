"""Whether a unit may write a version of a plan (SFS 2017:612 4 kap., HSL 16:4, SoL 2025:400). Pure.

A version is written on the newest one. The coordinator's organisation writes all of it; any other
unit changes its own efforts only. Nothing is ever merged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import FatalError
from adapter.core.model import Bundle
from adapter.fhir import bundles, references
from adapter.fhir.bundles import Resource
from adapter.policy import efforts
from adapter.policy.efforts import Effort, Sign
from adapter.policy.plans import ENDED, Plans, Version

_LPT = "SPLPTLRV"
"""Type of the coordinated plan under LPT and LRV: each unit adjusts it (LPT 7 a §)."""
_KEPT_CONTENTS = 50
_COURSE = ("draft", "active", "completed")


class Word(StrEnum):
    """What a version is that may be written."""

    NEWER = "newer"
    AGAIN = "again"  # the newest version once more, to the same or other receivers
    OLDER = "older"  # its writer has written a newer one: it came late


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """The unit that writes: its HSA-ids, and whether it keeps plans for those that it serves."""

    organization: str
    ids: Collection[str]
    keeps_plans: bool = False  # a planning service


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A version of a plan as a message has it."""

    key: str
    version: Version
    author: str  # HSA-id of the coordinator's organisation
    read: str  # content id of the version that it was written on; "" where it names none


def number_of(bundle: Bundle) -> int | None:
    """Return the version of the plan in a message; None where it has none."""
    number = bundles.extension_value(bundles.focus(bundle), "version")
    return number if isinstance(number, int) else None


def written(bundle: Bundle, number: int, plans: Plans, sign: Sign) -> Written:
    """Return the version that a message has."""
    plan, recorded = bundles.focus(bundle) or {}, bundles.recorded(bundle)
    key, author = key_of(bundle, plans)
    version = Version(
        number=number,
        content=bundles.content_id(bundle).lower(),
        writer=bundles.sender_id(bundle),
        at=recorded.isoformat() if recorded else "",
        status=str(plan.get("status", "")),
        keeper=author,
        rest=efforts.rest(bundle, sign),
        efforts=efforts.efforts(bundle, sign),
        is_adjusted_first=_LPT in _types(plan.get("category", ())),
    )
    return Written(
        key=key,
        version=version,
        author=author,
        read=bundles.concerned(bundle).lower(),
    )


def key_of(bundle: Bundle, plans: Plans) -> tuple[str, str]:
    """Return what a plan is known by, and its author: an organisation, a system and a value.

    Where the message names no author, it is the author of the only such plan in the case, or the
    sender.
    """
    plan = bundles.focus(bundle) or {}
    identifier: Resource = next(iter(plan.get("identifier", ())), {})
    name = f"{identifier.get('system', '')} {identifier.get('value', '')}"
    author = efforts.unit_of(references.by_name(bundle), plan.get("author"))
    same = [key for key in plans.versions if key.partition(" ")[2] == name]
    if not author and len(same) == 1:
        author = same[0].partition(" ")[0]
    author = author or bundles.sender_id(bundle)
    return f"{author} {name}", author


def judge(plans: Plans, new: Written, writer: Writer) -> Word:
    """Return what a version is; FatalError when it may not be written.

    `plan-ended`, `stale-version`, `not-own-effort` or `not-adjusted`.
    """
    known = plans.versions.get(new.key)
    if known is None:
        return _first(new, writer)
    if new.version.number < known.number and new.version.writer == known.writer:
        return Word.OLDER
    if _says_the_same(known, new.version):
        return Word.AGAIN
    if known.status in ENDED:
        raise _refusal("plan-ended", known, new.version)
    if not _is_on_the_newest(known, new, writer):
        raise _refusal("stale-version", known, new.version)
    if not {known.keeper, new.author} & set(writer.ids):
        _demand_own(known, new.version, writer)
    _demand_adjusted(known, new, writer)
    return Word.NEWER


def with_version(plans: Plans, new: Written, writer: Writer) -> Plans:
    """Return what is kept of the plans, a version counted. Another version voids adjustments."""
    known = plans.versions.get(new.key)
    before = dict(known.contents) if known else {}
    contents = {**before, new.version.content: new.version.number}
    is_same = known is not None and known.number == new.version.number
    kept = replace(
        new.version,
        keeper=known.keeper if known else _keeper(new, writer),
        contents=dict(list(contents.items())[-_KEPT_CONTENTS:]),
        accepted=known.accepted if known and is_same else (),
        is_adjusted_first=_is_adjusted_first(known, new),
    )
    return replace(plans, versions={**plans.versions, new.key: kept})


def with_adjustment(plans: Plans, content: str, unit: str, status: str) -> Plans:
    """Return what is kept when a unit has answered a version. Only `accepted` adjusts it."""
    for key, version in plans.versions.items():
        if version.contents.get(content.lower()) == version.number:
            others = tuple(each for each in version.accepted if each != unit)
            accepted = (*others, unit) if status == "accepted" else others
            changed = replace(version, accepted=accepted)
            return replace(plans, versions={**plans.versions, key: changed})
    return plans


def without_version(plans: Plans, bundle: Bundle) -> FatalError | None:
    """Return why a plan without a version is refused: the plan has versions already."""
    known = plans.versions.get(key_of(bundle, plans)[0])
    if known is None:
        return None
    return FatalError("stale-version", f"none by {bundles.sender_id(bundle)}; {_named(known)}")


def reported_on(plans: Plans, bundle: Bundle, writer: Writer) -> Version:
    """Return the plan that a unit reports progress of. It must be the newest, and in force.

    FatalError `plan-unknown`, `plan-ended`, `stale-version`, or `not-own-effort` for an effort of
    another unit, or of none in the plan. The coordinator reports on each.
    """
    known, number = plans.versions.get(key_of(bundle, plans)[0]), number_of(bundle)
    if known is None:
        raise FatalError("plan-unknown")
    detail = f"progress of version {number}; {_named(known)} is applied"
    if known.status in ENDED:
        raise FatalError("plan-ended", detail)
    if number != known.number:
        raise FatalError("stale-version", detail)
    for id_ in efforts.ids(bundle):
        if not _may_report(known, known.efforts.get(id_), writer):
            raise FatalError("not-own-effort", f"progress of {id_}")
    return known


def _may_report(plan: Version, effort: Effort | None, writer: Writer) -> bool:
    """Whether an effort is the writer's, or of nobody with an HSA-id, as a relative's."""
    if effort is None:
        return False
    is_coordinator = writer.keeps_plans or plan.keeper in writer.ids
    return is_coordinator or not effort.units or not set(effort.units).isdisjoint(writer.ids)


def _first(new: Written, writer: Writer) -> Word:
    status = new.version.status
    if status != "draft" and not (writer.keeps_plans or new.author in writer.ids):
        raise FatalError("not-own-effort", f"status {status}")
    _demand_adjusted(None, new, writer)
    return Word.NEWER


def _keeper(new: Written, writer: Writer) -> str:
    """The organisation that coordinates a new plan: a planning service keeps others' plans."""
    return writer.organization if writer.keeps_plans else new.author


def _says_the_same(known: Version, new: Version) -> bool:
    """Whether a message has the newest version once more."""
    same = (known.number, known.status, known.rest, known.efforts)
    return same == (new.number, new.status, new.rest, new.efforts)


def _is_on_the_newest(known: Version, new: Written, writer: Writer) -> bool:
    """Whether a version is written on the newest one that is applied."""
    if new.version.number == known.number:
        return _only_moves_on(known, new.version)
    if new.version.number < known.number:
        return False
    if new.read:
        at = known.contents.get(new.read)
        is_known_elsewhere = at is None and known.writer in writer.ids  # its own, not yet here
        return at == known.number or is_known_elsewhere
    return new.version.number == known.number + 1 or known.writer in writer.ids


def _only_moves_on(known: Version, new: Version) -> bool:
    """Whether the same version comes with a later status, and agrees on the same efforts.

    What a plan says of its end (result, evaluation, reason) comes with the end.
    """
    if known.efforts != new.efforts:
        return False
    if new.status in ENDED:
        return True
    is_later = _rank(new.status) > _rank(known.status)
    return is_later and known.rest == new.rest


def _rank(status: str) -> int:
    return _COURSE.index(status) if status in _COURSE else len(_COURSE)


def _demand_own(known: Version, new: Version, writer: Writer) -> None:
    """FatalError `not-own-effort` when a unit changes more than its own efforts."""
    if new.status != known.status:
        raise FatalError("not-own-effort", f"status {new.status}")
    if new.rest != known.rest:
        raise FatalError("not-own-effort", "other parts than efforts")
    foreign = sorted(_foreign_changes(known, new, writer))
    if foreign:
        raise FatalError("not-own-effort", "efforts " + ", ".join(foreign))


def _foreign_changes(known: Version, new: Version, writer: Writer) -> Iterator[str]:
    """Yield the ids of efforts that differ, and are not the writer's before and after."""
    for id_ in {**known.efforts, **new.efforts}:
        both = [each for each in (known.efforts.get(id_), new.efforts.get(id_)) if each]
        is_changed = len(both) == 1 or both[0] != both[1]
        if is_changed and not all(set(each.units) & set(writer.ids) for each in both):
            yield id_


def _demand_adjusted(known: Version | None, new: Written, writer: Writer) -> None:
    """FatalError `not-adjusted` when a plan under LPT is active before its units accepted it."""
    if not _is_adjusted_first(known, new) or new.version.status != "active":
        return
    is_same = known is not None and known.number == new.version.number
    accepted = set(known.accepted) if known and is_same else set[str]()
    lacking = _units(new.version) - accepted - set(writer.ids)
    if lacking:
        names = ", ".join(sorted(lacking))
        raise FatalError("not-adjusted", f"version {new.version.number}: {names}")


def _is_adjusted_first(known: Version | None, new: Written) -> bool:
    """Whether a plan was ever one under LPT: another type does not free it from its units."""
    return new.version.is_adjusted_first or (known is not None and known.is_adjusted_first)


def _units(version: Version) -> set[str]:
    done = (each for each in version.efforts.values() if not each.laid_down)
    return {unit for effort in done for unit in effort.units}


def _refusal(code: ErrorCode, known: Version, new: Version) -> FatalError:
    """A refusal that names both writers: organisations, versions and times, never persons."""
    return FatalError(code, f"{_named(new)}; {_named(known)} is applied")


def _named(version: Version) -> str:
    return f"version {version.number} by {version.writer} at {version.at}"


def _types(categories: Iterable[Resource]) -> set[str]:
    codings = (c for category in categories for c in category.get("coding", ()))
    return {str(coding.get("code", "")) for coding in codings}
