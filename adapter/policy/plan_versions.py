"""Whether a unit may write a version of a plan (SFS 2017:612 4 kap., HSL 16:4, SoL 2025:400). Pure.

A version is written on the newest one. The coordinator's organisation writes all of it; any other
unit changes its own efforts only. Nothing is ever merged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import FatalError
from adapter.core.model import Bundle
from adapter.fhir import bundles, consents
from adapter.fhir.bundles import Resource
from adapter.policy import efforts, plan_names
from adapter.policy.efforts import Effort, Sign
from adapter.policy.plan_names import Name
from adapter.policy.plans import ENDED, Plans, Version

_LPT = "SPLPTLRV"
"""Type of the coordinated plan under LPT and LRV: each unit adjusts it (LPT 7 a §)."""
_COURSE = ("draft", "active", "completed")
_HIGHEST = 2_147_483_647 - 1_000_000
"""The highest number that a coordinator gives: positiveInt ends a million later (FHIR R4)."""


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

    name: Name
    version: Version
    read: str  # content id of the version that it was written on; "" where it names none


def number_of(bundle: Bundle) -> int | None:
    """Return the version of the plan in a message; None where it has none."""
    number = bundles.extension_value(bundles.focus(bundle), "version")
    return number if isinstance(number, int) else None


def written(bundle: Bundle, number: int, plans: Plans, sign: Sign) -> Written:
    """Return the version that a message has."""
    plan, recorded = bundles.focus(bundle) or {}, bundles.recorded(bundle)
    name, said = plan_names.name_of(bundle, plans), efforts.agreed(bundle, sign)
    content = bundles.content_id(bundle).lower()
    version = Version(
        name=name.key,
        number=number,
        content=content,
        sent=(content,),
        writer=bundles.sender_id(bundle),
        at=recorded.isoformat() if recorded else "",
        status=str(plan.get("status", "")),
        keeper=name.author,
        rest=said.rest,
        terms=said.terms,
        until=_consent_until(bundle),
        narrative=said.narrative,
        efforts=said.efforts,
        is_adjusted_first=_LPT in _types(plan.get("category", ())),
    )
    return Written(name=name, version=version, read=bundles.concerned(bundle).lower())


def _consent_until(bundle: Bundle) -> str:
    """When the consent beside a plan ends."""
    word = consents.planning(bundle)
    return word.end.isoformat() if word and word.end else ""


def judge(plans: Plans, new: Written, writer: Writer) -> Word:
    """Return what a version is; FatalError when it may not be written.

    `plan-ended`, `stale-version`, `not-own-effort` or `not-adjusted`.
    """
    known = known_to(plans, new, writer)
    if known is None:
        return _first(new, writer)
    if new.version.number < known.number and new.version.writer == known.writer:
        return Word.OLDER
    coordinates = coordinates_it(known, writer)
    if not coordinates:
        _demand_same_name(known, new)
    if says_the_same(known, new.version, coordinates=coordinates):
        return Word.AGAIN
    if known.status in ENDED:
        raise _refusal("plan-ended", known, new.version)
    if not _is_on_the_newest(known, new, writer):
        raise _refusal("stale-version", known, new.version)
    if coordinates:
        _demand_room(new.version)
    else:
        _demand_own(known, new.version, writer)
    _demand_adjusted(known, new, writer)
    return Word.NEWER


def known_to(plans: Plans, new: Written, writer: Writer) -> Version | None:
    """Return the newest version of the plan; None where a writer makes the first one.

    A draft in the name of an organisation that has not written bars no author.
    """
    known = plans.versions.get(new.name.known)
    is_free = known is not None and known.is_proposed and is_author(new, writer)
    return None if is_free else known


def is_author(new: Written, writer: Writer) -> bool:
    """Whether a plan's first version is its author's own, or a planning service's."""
    return writer.keeps_plans or new.name.author in writer.ids


def coordinates_it(known: Version, writer: Writer) -> bool:
    """Whether a unit is the author of a plan as it is known, or keeps it."""
    return not {plan_names.author_of(known.name), known.keeper}.isdisjoint(writer.ids)


def says_the_same(known: Version, new: Version, *, coordinates: bool) -> bool:
    """Whether a message has the newest version once more.

    From its coordinator it may have other consents. Another unit may leave the narrative out.
    """
    if (known.number, known.status, known.rest) != (new.number, new.status, new.rest):
        return False
    return known.efforts == new.efforts and (coordinates or not _changed_beside(known, new))


def without_version(plans: Plans, bundle: Bundle) -> FatalError | None:
    """Return why a plan without a version is refused: the plan has versions already."""
    known = plans.versions.get(plan_names.name_of(bundle, plans).known)
    if known is None:
        return None
    return FatalError("stale-version", f"none by {bundles.sender_id(bundle)}; {named(known)}")


def _first(new: Written, writer: Writer) -> Word:
    status = new.version.status
    if status != "draft" and not is_author(new, writer):
        raise FatalError("not-own-effort", f"status {status}")
    _demand_room(new.version)
    _demand_adjusted(None, new, writer)
    return Word.NEWER


def _demand_room(new: Version) -> None:
    """FatalError `stale-version` for a number after which few are left: nobody could go on."""
    if new.number > _HIGHEST:
        detail = f"version {new.number} is too high; the highest is {_HIGHEST}"
        raise FatalError("stale-version", detail)


def _demand_same_name(known: Version, new: Written) -> None:
    """FatalError `not-own-effort` when a unit gives a plan another author or identifier."""
    if new.name.key != known.name:
        author = plan_names.author_of(known.name)
        detail = f"{named(new.version)} of author {new.name.author}; "
        detail += f"{named(known)} of author {author} is applied"
        raise FatalError("not-own-effort", detail)


def _is_on_the_newest(known: Version, new: Written, writer: Writer) -> bool:
    """Whether a version is written on the newest one that is applied.

    The coordinator may skip numbers. What was recalled counts as not read.
    """
    number, is_own = new.version.number, known.writer in writer.ids
    if number == known.number:
        return _only_moves_on(known, new.version)
    is_next = known.number < number <= known.highest + 1
    if number < known.number or not (is_next or coordinates_it(known, writer)):
        return False
    if new.read and new.read not in known.recalled:
        at = known.contents.get(new.read)
        return at == known.number or (at is None and is_own)  # its own, not yet here
    return is_next or is_own


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
    if changed := _changed_beside(known, new):
        raise FatalError("not-own-effort", changed)
    foreign = sorted(_foreign_changes(known, new, writer))
    if foreign:
        raise FatalError("not-own-effort", "efforts " + ", ".join(foreign))


def _changed_beside(known: Version, new: Version) -> str:
    """What differs that is neither status nor efforts nor the rest; "" for nothing."""
    if new.terms != known.terms:
        return "period or consent"
    return "narrative" if new.narrative not in ("", known.narrative) else ""


def _foreign_changes(known: Version, new: Version, writer: Writer) -> Iterator[str]:
    """Yield the ids of efforts that differ, and are not the writer's before and after."""
    for id_ in {**known.efforts, **new.efforts}:
        before, after = known.efforts.get(id_), new.efforts.get(id_)
        if before != after and not _is_own(before, after, set(writer.ids)):
            yield id_


def _is_own(before: Effort | None, after: Effort | None, ids: set[str]) -> bool:
    """Whether a unit does an effort before and after, and gives no other unit more or less."""
    units = [set(each.units) for each in (before, after) if each]
    given = set(before.units if before else ()) ^ set(after.units if after else ())
    return all(each & ids for each in units) and given <= ids


def _demand_adjusted(known: Version | None, new: Written, writer: Writer) -> None:
    """FatalError `not-adjusted` when a plan under LPT is active before its units accepted it."""
    if not is_adjusted_first(known, new) or new.version.status != "active":
        return
    is_same = known is not None and known.number == new.version.number
    accepted = set(known.accepted) if known and is_same else set[str]()
    lacking = _units(new.version) - accepted - set(writer.ids)
    if lacking:
        names = ", ".join(sorted(lacking))
        raise FatalError("not-adjusted", f"version {new.version.number}: {names}")


def is_adjusted_first(known: Version | None, new: Written) -> bool:
    """Whether a plan was ever one under LPT: another type does not free it from its units."""
    return new.version.is_adjusted_first or (known is not None and known.is_adjusted_first)


def _units(version: Version) -> set[str]:
    done = (each for each in version.efforts.values() if not each.laid_down)
    return {unit for effort in done for unit in effort.units}


def _refusal(code: ErrorCode, known: Version, new: Version) -> FatalError:
    """A refusal that names both writers: organisations, versions and times, never persons."""
    return FatalError(code, f"{named(new)}; {named(known)} is applied")


def named(version: Version) -> str:
    """Return how a refusal names a version: its number, its writer's organisation, its time."""
    return f"version {version.number} by {version.writer} at {version.at}"


def _types(categories: Iterable[Resource]) -> set[str]:
    codings = (c for category in categories for c in category.get("coding", ()))
    return {str(coding.get("code", "")) for coding in codings}
