"""How many examples Hypothesis tries: as many as a test says, and a tenth in `make quick`."""

from __future__ import annotations

from hypothesis import settings

FULL, QUICK = 100, 10

# Tests do not measure speed, so no example has a deadline.
settings.register_profile("full", deadline=None, max_examples=FULL)
settings.register_profile("quick", deadline=None, max_examples=QUICK)
settings.load_profile("full")


def scaled(number: int) -> int:
    """Return a test's own number of examples, scaled by the profile that is loaded."""
    return max(5, number * settings().max_examples // FULL)
