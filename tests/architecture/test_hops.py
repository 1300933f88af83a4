"""The hops of one message, from MLLP in to HTTP out, as docs/architecture.md lists them.

A hop is a call that hands the message on: from file to file, and it decides, stores or moves. The
store, the transports, the policy and `inbound/stay*.py` each count as one place: only calls from
outside it count. Tools are not counted; TOOLS names each one that the message passes, with what it
does instead.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from adapter.core.endpoint import Endpoint, Route, Settings
from adapter.core.model import Event, Kind, Need
from adapter.runner import Adapter, Part
from adapter.simulators.post_server import Post, PostServer, Reply
from adapter.store import Store
from adapter.transports.mllp import framed
from tests.kit.places import DOCS, FIXTURES
from tests.kit.servers.base import free_ports
from tests.kit.tracing import Call, traced
from tests.kit.waiting import wait_for

MOST_FUNCTIONS, MOST_FILES = 30, 20
ROOMS = ("transports/", "runner/", "inbound/", "policy/", "outbound/", "store/")
PACKAGES = ("store/", "transports/", "policy/", "inbound/stay")
BACKGROUND = (
    "beat",
    "remind",
    "jobs",
    "expire",
    "purge",
    "process",
    "stop",
)  # threads that it does not use
TOOLS = {
    "locks rows": ("inbox.wait_for_senders", "outbox.lock"),
    "writes the history": ("store/history.note",),
    "looks for a stay under the other form of its number": ("cases.open_of_patients",),
    "reads ahead for what follows": (
        "inbound/prefetch.prefetch",
        "cases.prefetch",
        "concerned.prefetch",
        "duplicates.prefetch",
        "endpoints.prefetch",
        "outbox.lock_open_of_cases",
        "participants.begin",
        "stays.begin",
        "participants.prefetch",
        "persons.prefetch",
        "stays.prefetch",
    ),
    "asks about an endpoint": (
        "routing.may_speak",
        "policy/answering.",
        "endpoints.barred",
        "endpoints.key",
        "endpoints.worked",
        "deliveries.done_when",
        "due_deliveries.endpoints_due",
        "outbound/circuit.reached",
    ),
    "gives the message another form, or a part of it": (
        "inbox.arrived",
        "inbound/message_ids.ids_of",
        "inbound/taken_ids.with_free_ids",
        "store/concerned.folded",
        "read_message.receiver_key",
        "read_message.case_names",
        "read_message.dump_losses",
        "read_message.dump_issues",
        "cases.pseudonym",
        "outbound/pseudonyms.",
        "policy/identity.",
        "policy/notices.write",
        "judgement.stay_heading",
        "judgement.is_idle_ending",
        "judgement.is_over",
        "inbox.reused",
        "inbound/turn.log_fields",
        "inbound/turn.Turn.learn",
        "outbound/claim.log_fields",
        "outbound/claim.lease",
    ),
    "asks whose the case is, or what stands in its Stay": (
        "policy/authority.",
        "policy/stay.Stay.",
        "policy/stay.Patched.",
        "inbound/protected.",
        "policy/protection.stronger",
        "policy/secrecy.with_matched",
    ),
    "reads or keeps what is known of the case and the person": (
        "cases.ids_of",
        "cases.known",
        "cases.lock",
        "cases.save",
        "stays.save",
        "participants.of_case",
        "participants.save",
        "persons.level",
        "items.of_case",
    ),
    "gathers what is written about it": (
        "remarks.remarks",
        "turn.Turn.note",
        "turn.Turn.settle",
        "turn.Turn.log",
        "turn.Turn.write",
        "turn.Turn.sender",
        "turn.Turn.about",
    ),
    "wakes, counts or opens": (
        "runner/__init__.utc_now",
        "runner/loops.Bell.ring",
        "runner/sender_pool.SenderPool._note_thread",
        "runner/__init__.Adapter._open",
        "runner/__init__.Adapter._dispatch",
        "http/client.HttpClient.__init__",
        "store/__init__.Store.begin",
        "store/__init__.Store.read",
        "store/transaction.Transaction",
        "runner/loops.",
        "store/errors.",
    ),
}


def place(file: str) -> str:
    """A file, or the package that counts as one."""
    return next((package for package in PACKAGES if file.startswith(package)), file)


def name(call: Call) -> str:
    """A call as the document lists it: `inbound/receive.accept`."""
    return f"{call.file.removesuffix('.py')}.{call.function}"


def is_tool(call: Call) -> bool:
    """Whether a function is one of TOOLS."""
    return any(tool in name(call) for tools in TOOLS.values() for tool in tools)


def listed() -> list[tuple[str, str]]:
    """(file, function) of each hop in the document, in its order."""
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("## The hops of one message")[2].partition("\n## ")[0]
    return re.findall(r"^\| \d+ \| `([\w/]+\.py)` \| `([\w.]+)` \|", table, re.MULTILINE)


def region(folder: Path, mllp: int, http: int) -> Settings:
    """A hospital that sends ADT, and a municipality that takes omsorg over HTTP."""
    hospital = Endpoint(
        name="journal",
        organization="SE0000000001-SJUKHUS",
        system="hl7v2",
        transport="mllp",
        listen=f"127.0.0.1:{mllp}",
    )
    municipality = Endpoint(
        name="lulea",
        organization="SE0000000003-OMSORG",
        municipality="2580",
        serves=tuple(Need),
        system="omsorg",
        transport="http",
        address=f"http://127.0.0.1:{http}/inbox",
    )
    stays = tuple(event for event in Event if event.kind is Kind.ENCOUNTER)
    return Settings(
        store=f"sqlite:///{folder}/adapter.db",
        endpoints=(hospital, municipality),
        routes=(Route(events=stays, to=("municipality-of-patient",)),),
    )


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """What one admission with an assessment calls, in order, from frame to response."""
    folder = tmp_path_factory.mktemp("hops")
    posts: list[Post] = []
    mllp, http = free_ports(2)

    def take(post: Post) -> Reply:
        posts.append(post)
        return Reply(status=202)

    server = PostServer(http, take)
    with traced(lambda thread: thread not in BACKGROUND) as trace:
        settings = region(folder, mllp, http)
        store = Store(settings.store)
        store.upgrade()
        adapter = Adapter(settings, store, parts=Part.WORKER)
        adapter.start()
        trace.on = True
        try:
            body = (FIXTURES / "hl7v2/admission-notice/assessed.native.hl7").read_bytes()
            with socket.create_connection(("127.0.0.1", mllp), timeout=120) as wire:
                wire.sendall(framed(body))
                assert b"MSA|AA" in wire.recv(65536)
                wait_for("a post to the municipality", lambda: posts)
                written = Call("outbound/send.py", "write_down", "runner/sender_pool.py")
                wait_for("its outcome is written", lambda: written in trace.calls)
        finally:
            adapter.stop()
            store.close()
            server.stop()
    return list(trace.calls)


def hops(calls: list[Call]) -> list[Call]:
    """The calls that hand the message on: each function once, in the order of its first call."""
    between = (
        call
        for call in calls
        if call.file.startswith(ROOMS) and place(call.file) != place(call.caller)
    )
    first: dict[str, Call] = {}
    for call in between:
        if not is_tool(call):
            first.setdefault(name(call), call)
    return list(first.values())


def test_the_document_lists_every_hop_and_no_other(calls: list[Call]) -> None:
    assert sorted(listed()) == sorted((call.file, call.function) for call in hops(calls))


def test_the_document_lists_the_hops_in_their_order(calls: list[Call]) -> None:
    """But for the loop that looks for what is due: it runs also before there is anything."""
    found = [(call.file, call.function) for call in hops(calls)]
    looks = {("runner/sender_pool.py", "SenderPool.step"), ("outbound/claim.py", "claim")}
    assert [hop for hop in listed() if hop not in looks] == [h for h in found if h not in looks]


def test_a_message_passes_few_functions_in_few_files() -> None:
    rows = listed()
    assert 20 < len(rows) <= MOST_FUNCTIONS
    assert len({file for file, _ in rows}) <= MOST_FILES


def test_every_tool_is_used_by_this_message_or_goes_from_the_list(calls: list[Call]) -> None:
    used = [name(call) for call in calls]
    tools = [tool for group in TOOLS.values() for tool in group]
    assert [tool for tool in tools if not any(tool in each for each in used)] == []
