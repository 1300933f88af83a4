"""What a message states of consent to planning and of bars of secrecy, as elements of a Stay. Pure.

Consent never gates a notice (SFS 2017:612 2 kap.). Withdrawn, it ends the plans of the case. A bar
leaves out one receiver from 3 kap. 1 and 2 §§. Each bar is an element of its own, by its HSA-id.
"""

from __future__ import annotations

from typing import Any

from adapter.core.model import Bundle
from adapter.fhir import consents

CONSENT, GIVEN, WITHDRAWN = "consent", "given", "withdrawn"
_BAR = "bar "
_BARRED = "barred "
"""Element for each bar: the endpoints that it has matched. It holds for them while it stands."""


def stated(bundle: Bundle) -> dict[str, Any]:
    """Return the elements that a message states; a bar that is taken back is None."""
    facts = dict[str, Any]()
    for word in consents.words(bundle):
        if word.category == consents.PLANNING:
            facts[CONSENT] = GIVEN if word.in_force else WITHDRAWN
        if word.category == consents.SECRECY:
            facts |= {_BAR + receiver: word.in_force or None for receiver in word.receivers}
    return facts


def barred_by(element: str) -> str:
    """Return the HSA-id of the receiver that an element is a bar for; "" for another element."""
    return element.removeprefix(_BAR) if element.startswith(_BAR) else ""


def bar(organization: str) -> str:
    """Return the element of the bar for a receiver."""
    return _BAR + organization


def matched(organization: str) -> str:
    """Return the element of the endpoints that the bar for a receiver has matched."""
    return _BARRED + organization


def is_matched(element: str) -> bool:
    """Whether an element is `matched` of some bar."""
    return element.startswith(_BARRED)


def is_of_consent(element: str) -> bool:
    """Whether an element is the consent or a bar: a late word about it stands before a person."""
    return element == CONSENT or element.startswith((_BAR, _BARRED))
