"""What a case keeps of a plan: its newest version, the ones before, what is recalled. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from adapter.policy.plan_versions import (
    Writer,
    Written,
    coordinates_it,
    is_adjusted_first,
    is_author,
    known_to,
    says_the_same,
)
from adapter.policy.plans import Plans, Version

_KEPT_CONTENTS = 50
_KEPT_EARLIER = 3
"""How many versions before the newest one are kept, for recalls."""


def with_version(plans: Plans, new: Written, writer: Writer) -> Plans:
    """Return what is kept of the plans, a version counted. Another version voids adjustments."""
    known = known_to(plans, new, writer)
    others = {key: each for key, each in plans.versions.items() if key != new.name.known}
    if known is None:
        kept = _first(new, writer)
    elif says_the_same(known, new.version, coordinates=coordinates_it(known, writer)):
        kept = _again(known, new, writer)
    else:
        kept = _next(known, new, writer)
    return replace(plans, versions={**others, kept.name: kept})


def _first(new: Written, writer: Writer) -> Version:
    """The first version; a planning service keeps others' plans."""
    return replace(
        new.version,
        keeper=writer.organization if writer.keeps_plans else new.name.author,
        contents={new.version.content: new.version.number},
        is_proposed=not is_author(new, writer),
    )


def _again(known: Version, new: Written, writer: Writer) -> Version:
    """The same version once more: who passes it on does not become its writer."""
    is_own = known.writer in writer.ids
    source = new.version if coordinates_it(known, writer) else known
    sent = (*known.sent, new.version.content) if is_own else known.sent
    return replace(
        known,
        terms=source.terms,
        until=source.until,
        sent=tuple(dict.fromkeys(sent))[-_KEPT_CONTENTS:],
        contents=_contents(known, new),
    )


def _next(known: Version, new: Written, writer: Writer) -> Version:
    """Another version. A new author coordinates from now on; a planning service goes on, too."""
    is_kept_by_author = known.keeper == known.name.partition(" ")[0]
    is_same = known.number == new.version.number
    return replace(
        new.version,
        name=new.name.key if coordinates_it(known, writer) else known.name,
        keeper=new.name.author if is_kept_by_author else known.keeper,
        contents=_contents(known, new),
        recalled=known.recalled,
        spent=known.highest,
        accepted=known.accepted if is_same else (),
        is_adjusted_first=is_adjusted_first(known, new),
        is_proposed=known.is_proposed,
        earlier=_before(known),
    )


def _contents(known: Version, new: Written) -> dict[str, int]:
    contents = {**known.contents, new.version.content: new.version.number}
    return dict(list(contents.items())[-_KEPT_CONTENTS:])


def _before(known: Version) -> tuple[Version, ...]:
    """The versions before the next one, oldest first, each without what the newest one keeps."""
    bare = replace(known, contents={}, recalled=(), earlier=())
    return (*known.earlier, bare)[-_KEPT_EARLIER:] if known.number else known.earlier


def with_adjustment(plans: Plans, content: str, unit: str, status: str) -> Plans:
    """Return what is kept when a unit has answered a version. Only `accepted` adjusts it."""
    for key, version in plans.versions.items():
        number = version.contents.get(content.lower())
        if number is not None:
            changed = _adjusted(version, number, unit, status)
            return replace(plans, versions={**plans.versions, key: changed})
    return plans


def _adjusted(version: Version, number: int, unit: str, status: str) -> Version:
    """A version, and those before it, with a unit's answer to the one that it answers."""
    earlier = tuple(_adjusted(each, number, unit, status) for each in version.earlier)
    if version.number != number:
        return replace(version, earlier=earlier)
    others = tuple(each for each in version.accepted if each != unit)
    accepted = (*others, unit) if status == "accepted" else others
    return replace(version, accepted=accepted, earlier=earlier)


def without_recalled(plans: Plans, contents: Collection[str], *, is_wrong: bool) -> Plans:
    """Return what is kept of the plans when messages are recalled, by their content ids.

    A version whose content is wrong is taken back. One that only went to a wrong receiver stays
    while its writer has sent it in another message too.
    """
    ids = {content.lower() for content in contents}
    versions = dict[str, Version]()
    for version in plans.versions.values():
        hit = not ids.isdisjoint(version.contents)
        kept = _taken_back(version, ids, is_wrong=is_wrong) if hit else version
        versions[kept.name] = kept
    return replace(plans, versions=versions)


def _taken_back(newest: Version, ids: set[str], *, is_wrong: bool) -> Version:
    """The newest version that is left; one with the number 0 where none is."""
    left = list[Version]()
    for state in (*newest.earlier, newest):
        sent = tuple(content for content in state.sent if content not in ids)
        is_gone = sent != state.sent and (is_wrong or not sent)
        left += [] if is_gone else [replace(state, sent=sent)]
    gone = (content for content in newest.contents if content in ids)
    return replace(
        left[-1] if left else _none_left(newest),
        contents={c: number for c, number in newest.contents.items() if c not in ids},
        recalled=tuple(dict.fromkeys([*newest.recalled, *gone]))[-_KEPT_CONTENTS:],
        spent=newest.highest,
        earlier=tuple(left[:-1]),
    )


def _none_left(newest: Version) -> Version:
    """A plan without a version: only its coordinator writes the next one."""
    return replace(
        newest,
        number=0,
        content="",
        sent=(),
        status="draft",
        rest="",
        terms="",
        until="",
        narrative="",
        efforts={},
        accepted=(),
        is_adjusted_first=False,
    )


def consent_until(plans: Plans, content: str) -> str:
    """Return when the consent beside a plan ends, as its newest version has it; "" for no end."""
    ids = (content.lower(), content)
    versions = plans.versions.values()
    return next((v.until for v in versions if any(id_ in v.contents for id_ in ids)), "")
