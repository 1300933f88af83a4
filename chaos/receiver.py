"""What a party does with a message that it gets, over any transport."""

from __future__ import annotations

from adapter.fhir.builders import Party
from chaos.ledger import Ledger, Line, Saw
from chaos.manners import Manner, Manners
from chaos.messages import Arrived

KEPT_BY = (Manner.WELL, Manner.LOSE, Manner.DOUBLE, Manner.LATE)


class Receiver:
    """Keeps or refuses messages for one party. It writes the ledger before it responds."""

    def __init__(self, party: Party, ledger: Ledger, manners: Manners) -> None:
        self.party = party
        self.manners = manners
        self._ledger = ledger

    def take(self, arrived: Arrived) -> Manner:
        """Keep a message or not, and return how to respond to it."""
        if arrived.event == "receipt":
            self._note(arrived, Saw.RECEIPTED)
            return Manner.WELL
        if arrived.event == "delivery-report":
            self._note(arrived, Saw.REPORTED)
            return Manner.WELL
        manner = self.manners.towards(self.party.endpoint, arrived.case, arrived.number)
        if manner in KEPT_BY and arrived.is_whole:
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
                to=(arrived.missed,) if arrived.missed else arrived.had,
                spared=arrived.spared,
                code=arrived.code,
            )
        )
