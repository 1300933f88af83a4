"""Where a need has no receiver, and what the postal code suggests where that is unknown. Pure.

A postal code may belong to several municipalities, so nobody is told by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapter.policy.entitled import Missing
from adapter.policy.stay import Stay


def with_place(missing: Missing, stay: Stay, postal_codes: Mapping[str, Sequence[str]]) -> Missing:
    """Return a need without a receiver, with its place or what the postal code suggests."""
    if missing.why != "no-municipality":
        return replace(missing, place=missing.ground)
    return replace(missing, proposal=proposal(stay, postal_codes))


def proposal(stay: Stay, postal_codes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the codes for the longest known beginning of the first postal code that has one."""
    homes = stay.value("address") or ()
    codes = ["".join(str(home.get("postalCode", "")).split()) for home in homes]
    known = [start for code in codes for start in _beginnings(code) if start in postal_codes]
    return tuple(postal_codes[known[0]]) if known else ()


def _beginnings(code: str) -> list[str]:
    """Return the code and all its beginnings, the longest first."""
    return [code[:length] for length in range(len(code), 0, -1)]
