"""Print the figures of the mutants: python -m tests.kit.mutants."""

from __future__ import annotations

import sys

from tests.kit.mutants.judges import ENOUGH
from tests.kit.mutants.verdicts import accepted, judged, refused_alone


def main() -> None:
    """Print how many mutants there are, what the judges refuse, and what we do."""
    every = judged()
    by_enough = sum(len(m.judges) >= ENOUGH for m in every)
    lines = (
        f"mutants: {len(every)}",
        f"refused by {ENOUGH} judges or more: {by_enough}",
        f"of these accepted by us: {len(accepted(every))}",
        *(f"  {name}" for name in accepted(every)),
        f"refused by no judge, and by our check of R4: {len(refused_alone(every))}",
    )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
