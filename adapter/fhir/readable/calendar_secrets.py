"""What no calendar may have: the person, the question and the reason, however they are written.

Texts are compared without case, accents and invisible characters, with their digits as 0 to 9. So
`Märta`, its decomposed form and `M\u200bärta` are one text, and a full-width number is a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.bundles import Resource
from adapter.fhir.readable import words

SEE = "Se kallelsen"
_PERSONS = frozenset({"Patient", "RelatedPerson", "Practitioner", "Person"})
_UNITS = frozenset({"Organization", "HealthcareService", "Location"})
_WHOLE = 4  # letters from which a secret text counts also inside a word: `Åkerströms lägenhet`
_NUMBER = 8  # digits from which a number is looked for, however it is written
_SENTENCE = 12  # letters from which a sentence of a question is looked for alone
_HSA_ID = re.compile(r"se\d{10}-")  # its digits are those of an organisation
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "đ": "d", "þ": "th", "ł": "l", "ŋ": "n", "ŧ": "t"}
)
"""Letters of Nordic and Sami names that Unicode does not decompose."""


class Secret:
    """The texts of a message that no calendar may have."""

    def __init__(self, texts: Iterable[str]) -> None:
        known = {_plain(text) for text in texts}
        self._long = [text for text in known if len(text) >= _WHOLE]
        short = [re.escape(text) for text in known if 1 < len(text) < _WHOLE]
        self._short = re.compile(rf"(?<!\w)(?:{'|'.join(short)})s?(?!\w)") if short else None
        digits = {_digits(text) for text in known if not _HSA_ID.match(text)}
        self._numbers = {number[-10:] for number in digits if len(number) >= _NUMBER}

    def without(self, text: str) -> str:
        """Return the text, or `Se kallelsen` where it holds a secret one, or is empty.

        So too where it has letters that are not Latin: many look like those of a name.
        """
        forms = {_plain(text), _plain(unquote(text))}
        return SEE if not text or any(map(self._tells, forms)) else text

    def _tells(self, plain: str) -> bool:
        digits = _digits(plain)
        return (
            any(secret in plain for secret in self._long)
            or (self._short is not None and self._short.search(plain) is not None)
            or any(number in digits for number in self._numbers)
            or any(c.isalpha() and not "a" <= c <= "z" for c in plain)
        )


def printable(text: str) -> str:
    """Return a text in one line, without characters that nobody sees or that turn its direction."""
    seen = (" " if c.isspace() else c for c in text if _is_seen(c))
    return "".join(seen)


def _is_seen(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] != "C"


def _plain(text: str) -> str:
    """Return the letters and digits of a text as a reader takes them, in lower case."""
    apart = unicodedata.normalize("NFKD", printable(text).casefold()).casefold()
    kept = (c for c in apart if unicodedata.category(c)[0] != "M")
    letters = "".join(_digit(c) for c in kept).translate(_LETTERS)
    return " ".join(letters.split())


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def secret(appointment: Resource, bundle: Bundle) -> Secret:
    """Return the secret texts of an invitation and its message."""
    questions = [*_questions(appointment), words.concept(bundles.header(bundle).get("reason"))]
    sentences = (s for q in questions for s in re.split(r"[.!?\n]", q) if len(s) >= _SENTENCE)
    return Secret([*questions, *sentences, *_of_persons(bundle), *_of_participants(appointment)])


def _questions(appointment: Resource) -> Iterator[str]:
    for name in ("description", "comment", "patientInstruction"):
        yield str(appointment.get(name, ""))
    yield words.concept(appointment.get("cancelationReason"))
    for reason in appointment.get("reasonCode", ()):
        yield words.concept(reason)


def _of_participants(appointment: Resource) -> Iterator[str]:
    """Yield the names of participants that are no units: of an interpreter by its display alone."""
    for participant in appointment.get("participant", ()):
        actor = participant.get("actor", {})
        is_called = "identifier" in actor and not participant.get("type", [{}])[0].get("coding")
        kind = actor.get("type")
        if kind not in _UNITS and (kind or not is_called):
            yield from _of_reference(actor)


def _of_reference(reference: Resource) -> Iterator[str]:
    yield str(reference.get("display", ""))
    yield str(reference.get("identifier", {}).get("value", ""))


def _of_persons(bundle: Bundle) -> Iterator[str]:
    """Yield each name, number, address and way to reach of every person of the message."""
    for resource in bundles.resources(bundle):
        if resource.get("resourceType") in _PERSONS:
            yield from _of_person(resource)
        elif resource.get("resourceType") == "PractitionerRole":
            yield from _of_reference(resource.get("practitioner", {}))


def _of_person(person: Resource) -> Iterator[str]:
    yield str(person.get("birthDate", ""))
    for name in person.get("name", ()):
        yield from _of_name(name)
    for part in (*person.get("identifier", ()), *person.get("telecom", ())):
        yield str(part.get("value", ""))
    for address in person.get("address", ()):
        yield from _of_address(address)
    for contact in person.get("contact", ()):
        yield from _of_name(contact.get("name", {}))
        yield from (str(part.get("value", "")) for part in contact.get("telecom", ()))
        yield from _of_address(contact.get("address", {}))


def _of_name(name: Resource) -> Iterator[str]:
    parts = (*name.get("given", ()), name.get("family"), name.get("text"))
    yield from (part for part in parts if part)


def _of_address(address: Resource) -> Iterator[str]:
    lines = [line for line in address.get("line", ()) if line]
    yield from (*lines, *(line.split()[0] for line in lines if line.strip()))
    yield str(address.get("text", ""))
