"""What a receiver does with what comes, whatever brought it: keep it, note it, be ill-mannered."""

from __future__ import annotations

from adapter.fhir.builders import Party
from chaos.ledger import Ledger, Line, Saw
from chaos.manners import Manner, Manners
from chaos.messages import Arrived

_KEPT = (Manner.WELL, Manner.LOSE, Manner.DOUBLE, Manner.LATE)


class Desk:
    """One party's register. It notes what it keeps before it answers anybody."""

    def __init__(self, party: Party, ledger: Ledger, manners: Manners) -> None:
        self.party = party
        self.manners = manners
        self._ledger = ledger

    def take(self, arrived: Arrived) -> Manner:
        """Keep a message, or do not; how to answer it."""
        if arrived.event == "receipt":
            self._note(arrived, Saw.RECEIPTED)
            return Manner.WELL
        if arrived.event == "delivery-report":
            self._note(arrived, Saw.REPORTED)
            return Manner.WELL
        manner = self.manners.towards(self.party.endpoint, arrived.case, arrived.number)
        if manner in _KEPT:
            self._note(arrived, Saw.GOT)
        if manner is Manner.REFUSE:
            self._note(arrived, Saw.REFUSED)
        return manner

    def _note(self, arrived: Arrived, what: Saw) -> None:
        self._ledger.write(
            Line(
                what=what,
                who=self.party.endpoint,
                content=arrived.about or arrived.content,
                envelope=arrived.envelope,
                case=arrived.case,
                number=arrived.number,
                to=(arrived.missed,) if arrived.missed else (),
                code=arrived.code,
            )
        )
