"""Faults of the sender, in the bytes and in the request that carries them."""

from __future__ import annotations

from adapter.core.catalogue.entry import Entry, ErrorCode, sender_fault

CODES: dict[ErrorCode, Entry] = {
    # The bytes.
    "too-large": sender_fault(
        "too-long",
        "Meddelandet är för stort.",
        "The message is too large.",
        "Send a smaller message; your agreement with the region has the limit.",
        413,
    ),
    "too-deep": sender_fault(
        "too-costly",
        "Meddelandet har för många nivåer.",
        "The message has too many levels.",
        "Send a message with fewer levels of nesting.",
        400,
    ),
    "unreadable": sender_fault(
        "structure",
        "Meddelandet går inte att läsa.",
        "The message cannot be read.",
        "Send well-formed JSON, XML or HL7 v2.",
        400,
    ),
    "duplicate-key": sender_fault(
        "structure",
        "Samma nyckel förekommer två gånger i ett JSON-objekt.",
        "A JSON object has the same key twice.",
        "Send each key once.",
        400,
    ),
    "forbidden-xml": sender_fault(
        "security",
        "DTD och entiteter är inte tillåtna i XML.",
        "DTDs and entities are not allowed in XML.",
        "Remove the DOCTYPE.",
        400,
    ),
    "wrong-charset": sender_fault(
        "structure",
        "Texten stämmer inte med den angivna teckenkodningen.",
        "The bytes are not valid in the declared character set.",
        "Declare the character set that the text is encoded in.",
        400,
    ),
    # A request over HTTP.
    "unknown-address": sender_fault(
        "not-found",
        "Adressen finns inte.",
        "This address does not exist.",
        "Use an address from docs/http.md.",
        404,
    ),
    "wrong-method": sender_fault(
        "not-supported",
        "Adressen stöder inte metoden.",
        "The address does not support this method.",
        "Use a method from the Allow header.",
        405,
    ),
    "too-slow": sender_fault(
        "timeout",
        "Hela meddelandet kom inte fram i tid.",
        "The message was not complete in time.",
        "Send it again, with the same ids.",
        408,
    ),
    "wrong-content-type": sender_fault(
        "not-supported",
        "Innehållstypen (Content-Type) stöds inte här.",
        "The content type is not supported here.",
        "Use the Content-Type of the endpoint's system; see docs/http.md.",
        415,
    ),
    "not-acceptable": sender_fault(
        "not-supported",
        "Svaret kan inte ges i det begärda formatet.",
        "The response does not exist in the format that was asked for.",
        "Accept application/fhir+json, fhirVersion 4.0; leave `_format` out, or set it to json.",
        406,
    ),
    "unsupported-parameter": sender_fault(
        "not-supported",
        "Parametern stöds inte.",
        "The parameter is not supported.",
        "Leave the parameter out: each message is answered in the same exchange.",
        400,
    ),
    "bad-header": sender_fault(
        "value",
        "Ett HTTP-huvud har fel format.",
        "An HTTP header has the wrong format.",
        "Correct the header named in `diagnostics`; see docs/http.md.",
        400,
    ),
}
