"""What every party does with what comes and what it owes, whatever wire it comes by.

Take a message, apply its content once, receipt every copy with the same receipt, let a person
answer after a while, and send one's own messages again until they are receipted.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from adapter.simulators.agenda import Agenda
from adapter.simulators.faults import Faults
from adapter.simulators.ledger import Fate, Ledger
from adapter.simulators.letters import Draft, Letter, Organisation, Outgoing, Pen, Person, Plan
from adapter.simulators.words import RECEIPT, TO_NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a party works. Times are seconds."""

    answers_after: float | None = None  # a person's answer; None: there is no such person
    resends_after: float = 4.0  # one's own messages, without a receipt
    resends: int = 5


class Desk:
    """One party's desk. `take` may be called by any thread; `work` belongs to the wire's."""

    def __init__(
        self, pen: Pen, ledger: Ledger, faults: Faults | None = None, habits: Habits | None = None
    ) -> None:
        self.pen = pen
        self.ledger = ledger
        self.faults = faults or Faults()
        self.habits = habits or Habits()
        self._agenda = Agenda()
        self._outbox: deque[Outgoing] = deque()
        self._lock = threading.Lock()
        self._given: dict[str, Outgoing] = {}  # final receipts, by the content id that they answer
        self._said: list[str] = []  # the content ids of our own messages
        self._receipted: set[str] = set()  # those of them that were

    def take(self, body: bytes, delivery: str = "") -> Outgoing | None:
        """Take one copy in. The receipt to give, or None: a receipt came, or ours is lost.

        ValueError, and nothing is changed, when the body cannot be read.
        """
        letter = self.pen.read(body)
        time.sleep(self.faults.slowly)
        with self._lock:
            if letter.event == RECEIPT:
                self._note(Fate.NOTED, letter, delivery)
                self._receipted.add(letter.about)
                return None
            return self._sent(self._receipt(letter, delivery))

    def _receipt(self, letter: Letter, delivery: str) -> Outgoing:
        if letter.content_id in self._given:
            self._note(Fate.COPY, letter, delivery)
            return self._given[letter.content_id]
        if self.faults.strikes("not_now"):
            self._note(Fate.REFUSED, letter, delivery)
            return self.pen.receipt(letter, "transient-error", _now())
        refused = self.faults.strikes("refuse")
        self._note(Fate.REFUSED if refused else Fate.APPLIED, letter, delivery)
        if not refused:
            self._show(letter)
        given = self.pen.receipt(letter, "fatal-error" if refused else "ok", _now())
        return self._given.setdefault(letter.content_id, given)

    def _sent(self, receipt: Outgoing) -> Outgoing | None:
        lost = self.faults.strikes("lose_receipts")
        self._note_outgoing(Fate.LOST if lost else Fate.SENT, receipt)
        return None if lost else receipt

    def _show(self, letter: Letter) -> None:
        """Lay the message before the person, who answers when she has read it, or never."""
        wait = self.habits.answers_after
        if wait is None or letter.event in TO_NOBODY or letter.person is None:
            return
        if not self.faults.strikes("leave_unanswered"):
            self._agenda.after(wait, partial(self._answer, letter, letter.person))

    def _answer(self, letter: Letter, person: Person) -> None:
        code = "accepted" if letter.event == "care-plan" else "received"
        to = Organisation(hsa=letter.sender, name="")
        self.say("answer", letter.case, person, (to,), about=letter.content_id, code=code)

    def say(  # noqa: PLR0913 - the parts of a message, each by name
        self,
        event: str,
        case: str,
        person: Person,
        to: tuple[Organisation, ...],
        *,
        about: str = "",
        code: str = "",
        text: str = "",
        plan: Plan | None = None,
    ) -> str:
        """Send a message of one's own, until it is receipted; returns its content id."""
        draft = Draft(
            event=event,
            content_id=str(uuid4()),
            case=case,
            person=person,
            to=to,
            at=_now(),
            about=about,
            code=code,
            text=text,
            plan=plan,
        )
        outgoing = self.pen.write(draft)
        with self._lock:
            self._said.append(draft.content_id)
        twice = self.faults.strikes("send_twice")
        for fate in (Fate.SENT, Fate.REPEATED) if twice else (Fate.SENT,):
            self.post(outgoing, fate)
        self._agenda.after(self.habits.resends_after, partial(self._remind, outgoing, 1))
        return draft.content_id

    def _remind(self, outgoing: Outgoing, times: int) -> None:
        """No receipt came: send the same bytes again."""
        if outgoing.content_id in self._receipted or times > self.habits.resends:
            return
        self.post(outgoing, Fate.REPEATED)
        again = partial(self._remind, outgoing, times + 1)
        self._agenda.after(self.habits.resends_after, again)

    def unreceipted(self) -> list[str]:
        """The content ids of one's own messages that nobody has receipted yet."""
        with self._lock:
            return [id_ for id_ in self._said if id_ not in self._receipted]

    def post(self, outgoing: Outgoing, fate: Fate = Fate.SENT) -> None:
        """Lay bytes in the outbox, for the wire to carry."""
        self._note_outgoing(fate, outgoing)
        self._outbox.append(outgoing)

    def post_later(self, outgoing: Outgoing, seconds: float) -> None:
        """As `post`, after a while; the ledger has it already."""
        self._agenda.after(seconds, partial(self._outbox.append, outgoing))

    def work(self) -> Outgoing | None:
        """Do what is due; the next thing that the wire must carry, or None."""
        self._agenda.work()
        return self._outbox.popleft() if self._outbox else None

    def put_back(self, outgoing: Outgoing) -> None:
        """The wire was down: carry this first, later."""
        self._outbox.appendleft(outgoing)

    def _note(self, fate: Fate, letter: Letter, delivery: str) -> None:
        self.ledger.note(
            fate,
            letter.event,
            letter.content_id,
            envelope_id=letter.envelope_id,
            case=letter.case,
            about=letter.about,
            code=letter.code,
            delivery=delivery,
        )

    def _note_outgoing(self, fate: Fate, outgoing: Outgoing) -> None:
        self.ledger.note(
            fate,
            outgoing.event,
            outgoing.content_id,
            envelope_id=outgoing.envelope_id,
            case=outgoing.case,
            about=outgoing.about,
            code=outgoing.code,
        )


def _now() -> datetime:
    return datetime.now(UTC)
