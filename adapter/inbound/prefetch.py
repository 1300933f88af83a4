"""Read and lock in few statements what a batch of messages needs: deliveries, ids, cases.

The order prevents deadlocks: the sending side also locks a delivery before its case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from adapter.core.model import RETURNING, Event, Message
from adapter.fhir import bundles
from adapter.inbound import recalled
from adapter.inbound.message_ids import ids_of
from adapter.outbound.pseudonyms import every_pseudonym
from adapter.policy.read_message import ReadMessage, ReadResult, case_names
from adapter.settings.network import Network
from adapter.store import (
    cases,
    concerned,
    duplicates,
    outbox,
    participants,
    persons,
    recalls,
    stays,
)
from adapter.store.transaction import Transaction


def prefetch(
    tx: Transaction, network: Network, results: Sequence[tuple[Message, ReadResult | None]]
) -> None:
    """Prefetch for these messages. The senders' rows must be locked."""
    parsed = [(message, result) for message, result in results if result is not None]
    read = [(message, result) for message, result in parsed if isinstance(result, ReadMessage)]
    returning = [(message, result) for message, result in read if result.event in RETURNING]
    case_ids, of_recalled = _concerned(tx, network, returning), _recalled(tx, network, read)
    ids = [ids_of(message, result.bundle) for message, result in parsed if _has_ids(result)]
    duplicates.prefetch(tx, ids)
    forwarded = [result for _, result in read if result.event not in RETURNING]
    _cases(tx, [name for r in forwarded for name in case_names(r.bundle)], case_ids, of_recalled)
    persons.prefetch(tx, [digest for r in forwarded for digest in every_pseudonym(tx, r.bundle)])


def _cases(
    tx: Transaction, names: Sequence[str], answered: Sequence[str], recalled: Sequence[str]
) -> None:
    """Lock deliveries before their cases, as the sending side does; then read what cases know.

    A recall may end rights in its case, which it need not name.
    """
    known = [*cases.known(tx, names), *recalled]
    outbox.lock_open_of_cases(tx, known)
    cases.prefetch(tx, names, [*answered, *recalled])
    ids = list(dict.fromkeys([*known, *answered]))
    participants.prefetch(tx, ids)
    stays.prefetch(tx, ids)


def _has_ids(result: ReadResult) -> bool:
    """Whether the duplicate table has it: it has no receipts."""
    return result.event != Event.RECEIPT


def _concerned(
    tx: Transaction, network: Network, answers: Sequence[tuple[Message, ReadMessage]]
) -> list[str]:
    """Prefetch the answered deliveries; return their cases. Receipts need no case."""
    wanted = defaultdict[tuple[str, ...], list[str]](list)
    for message, answer in answers:
        names = network.same_organization(network.endpoint(message.endpoint))
        wanted[names].append(bundles.concerned(answer.bundle))
    concerned.prefetch(tx, wanted)
    only_receipts = all(answer.event is Event.RECEIPT for _, answer in answers)
    return [] if only_receipts else _case_ids(tx, wanted)


def _recalled(
    tx: Transaction, network: Network, read: Sequence[tuple[Message, ReadMessage]]
) -> list[str]:
    """Lock the deliveries of what is recalled, open or not; return their cases."""
    originals = [
        id_
        for message, result in read
        if result.event is Event.RECALL
        for sent in _originals(tx, network, message, result).values()
        for id_ in sent
    ]
    made = recalls.deliveries(tx, originals) if originals else []
    return [d.case_id for d in made if d.case_id]


def _originals(
    tx: Transaction, network: Network, message: Message, recall: ReadMessage
) -> dict[str, list[str]]:
    names = network.same_organization(network.endpoint(message.endpoint))
    return recalls.originals(tx, names, recalled.ids(recall.bundle))


def _case_ids(tx: Transaction, wanted: Mapping[tuple[str, ...], Sequence[str]]) -> list[str]:
    deliveries = (
        d
        for names, contents in wanted.items()
        for content_id in contents
        for d in concerned.deliveries(tx, names, content_id)
    )
    return [d.case_id for d in deliveries if d.case_id]
