"""A small social-service system that speaks omsorg/2, written from docs/omsorg-2.md alone.

It takes what the adapter posts, checks it against the published schema, keeps it, and answers with
a Systemkvittens. Then it acts as its officers would: it reads each message, answers an invitation,
reports what was done of its own efforts, and marks what is recalled. It uses nothing of the
adapter. A real system keeps what it received in a database before it answers.

    python omsorg_vendor.py SCHEMA ADAPTER-INBOX TOKEN PORT OUR-HSA-ID [HSA-ID-OF-A-UNIT …]
"""

from __future__ import annotations

import queue
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from lxml import etree

NAMESPACE = "https://careplan-adapter.example/omsorg/2"
NS = {"o": NAMESPACE}
NSMAP: Any = {None: NAMESPACE}
AGAIN = (408, 429, 500, 503)


class Sent(NamedTuple):
    """A message of ours, and what the adapter said: its Systemkvittens has `code` and `faults`."""

    typ: str
    status: int
    code: str
    faults: list[str]


class Vendor:
    """The system of one municipality's social services."""

    def __init__(self, schema: str, inbox: str, token: str, hsa_id: str, *units: str) -> None:
        self.schema = etree.XMLSchema(etree.parse(schema))
        self.inbox, self.token, self.hsa_id = inbox, token, hsa_id
        self.units = {hsa_id, *units}
        self.received: dict[tuple[str, str], Any] = {}
        self.recalled: set[str] = set()
        self.sent: list[Sent] = []
        self.work: queue.Queue[Any] = queue.Queue()

    # What the adapter posts to us

    def take(self, body: bytes) -> bytes:
        """Keep a document, and return our Systemkvittens for it; a copy gets the same one."""
        document = etree.fromstring(body, etree.XMLParser(resolve_entities=False))
        if not self.schema.validate(document):
            return self.receipt(document, "fel", "invalid-document")
        senders = [str(sender.get("hsaId")) for sender in document.findall("o:Avsandare", NS)]
        key = ("".join(senders), str(document.get("id")))
        if key not in self.received:
            self.received[key] = document
            self.work.put(document)
        return self.receipt(document, "ok")

    def receipt(self, document: Any, code: str, fault: str = "") -> bytes:
        """Return a Systemkvittens. It holds no personal data."""
        answer = etree.Element(
            tag("Systemkvittens"),
            id=str(uuid.uuid4()),
            skapad=now(),
            avser=document.get("id", ""),
            kod=code,
            nsmap=NSMAP,
        )
        if fault:
            add(add(answer, "Fel", allvar="fel", kod=fault), "Beskrivning", "Se schemat.")
        return etree.tostring(answer, encoding="UTF-8", xml_declaration=True)

    # What our officers do

    def act(self, document: Any) -> None:
        """Do what a message asks for; one that was recalled before it came is void."""
        if document.get("id") in self.recalled:
            return
        actions = {
            "kallelse": self.accept_invitation,
            "andrad-kallelse": self.accept_invitation,
            "plan": self.report_progress,
            "aterkallelse": self.mark_recalled,
        }
        actions.get(document.get("typ"), self.read)(document)

    def read(self, document: Any) -> None:
        """Say that a person has read it."""
        self.answer(document, "mottagen")

    def accept_invitation(self, document: Any) -> None:
        """Say that we come to the meeting: to this version of the invitation."""
        self.read(document)
        call = document.find("o:Kallelse", NS)
        ours = self.message(document, "kallelsesvar", avser=document.get("id"))
        body = add(ours, "KallelseSvar", version=call.get("version"), svar="ja")
        for number in call.findall("o:KallelseId", NS):
            add(body, "KallelseId", number.text, system=number.get("system"))
        add(body, "Enhet", "Åstads kommun, socialtjänsten", hsaId=self.hsa_id)
        add(body, "Deltagare", "Eva Berg, biståndshandläggare")
        self.post(ours)

    def report_progress(self, document: Any) -> None:
        """Report what was done of each effort of ours in an active plan."""
        self.read(document)
        plan = document.find("o:Plan", NS)
        for effort in plan.findall("o:Insats", NS):
            if plan.get("status") == "aktiv" and self.is_ours(effort):
                self.report_effort(document, plan, effort)

    def is_ours(self, effort: Any) -> bool:
        """Say whether one of our units does an effort."""
        doers = {unit.get("hsaId") for unit in effort.findall("o:Ansvarig", NS)}
        return not self.units.isdisjoint(doers)

    def report_effort(self, document: Any, plan: Any, effort: Any) -> None:
        """Report that an effort has begun."""
        ours = self.message(document, "genomfort")
        body = add(
            ours,
            "Framsteg",
            planversion=plan.get("version"),
            planstatus=plan.get("status"),
            insats=effort.get("id"),
            status="pagaende",
        )
        number = plan.find("o:PlanId", NS)
        add(body, "PlanId", number.text, system=number.get("system"))
        add(body, "Kategori", plan.findtext("o:Kategori", namespaces=NS))
        add(body, "Beskrivning", effort.findtext("o:Beskrivning", namespaces=NS))
        add(body, "Anteckning", "Hemtjänsten har börjat.", tid=now(), av="Eva Berg")
        self.post(ours)

    def mark_recalled(self, document: Any) -> None:
        """Mark what is recalled, and say that it is done."""
        names = document.findall("o:Aterkallelse/o:Avser", NS)
        self.recalled.update(str(name.text) for name in names)
        self.answer(document, "klar")

    def answer(self, document: Any, status: str) -> None:
        """Send a person's answer (kvittering)."""
        ours = self.message(document, "kvittering")
        add(ours, "Kvittering", avser=document.get("id"), status=status, tid=now())
        self.post(ours)

    # What we post to the adapter

    def message(self, document: Any, typ: str, **attributes: Any) -> Any:
        """Return a message about the case and the person of another one."""
        ours = etree.Element(
            tag("Meddelande"),
            id=str(uuid.uuid4()),
            skapad=now(),
            typ=typ,
            **attributes,
            nsmap=NSMAP,
        )
        for case in document.findall("o:Arende", NS):
            add(ours, "Arende", case.text)
        person = add(ours, "Patient")
        for kind in ("Personnummer", "Samordningsnummer", "Reservnummer"):
            for number in document.findall(f"o:Patient/o:{kind}", NS):
                add(person, kind, number.text)
        return ours

    def post(self, document: Any) -> None:
        """Post a message until the adapter takes or refuses it, and note its receipt."""
        self.schema.assertValid(document)
        body = etree.tostring(document, encoding="UTF-8", xml_declaration=True)
        status, answer = self.send(body)
        while status in AGAIN:
            time.sleep(1)
            status, answer = self.send(body)
        self.sent.append(Sent(document.get("typ"), status, *result(answer)))

    def send(self, body: bytes) -> tuple[int, bytes]:
        """Post bytes once; return the status and the body of the response, 503 for no response."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/xml"}
        request = urllib.request.Request(self.inbox, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read()
        except OSError:  # nobody answers, or the connection broke: they may have the bytes
            return 503, b""

    def work_on(self) -> None:
        """Take up the messages, one after the other, in the order in which they came."""
        while True:
            self.act(self.work.get())


def result(answer: bytes) -> tuple[str, list[str]]:
    """Return the code and the faults of a Systemkvittens; of anything else ("", [])."""
    try:
        receipt: Any = etree.fromstring(answer)
    except etree.XMLSyntaxError:  # JSON: the request was refused, not the message
        return "", []
    return receipt.get("kod", ""), [fault.get("kod") for fault in receipt.findall("o:Fel", NS)]


def tag(name: str) -> str:
    """Return a name of omsorg 2."""
    return f"{{{NAMESPACE}}}{name}"


def add(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    """Add an element, with its text and attributes."""
    element = etree.SubElement(parent, tag(name), attributes)
    element.text = text
    return element


def now() -> str:
    """Return the time, with its zone."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def serve(vendor: Vendor, port: int) -> ThreadingHTTPServer:
    """Open our address, where the adapter posts, and start the work."""

    class Inbox(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Answer a POST with our Systemkvittens."""
            answer = vendor.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Log nothing: a request holds personal data."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Inbox)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=vendor.work_on, daemon=True).start()
    return server


if __name__ == "__main__":
    serve(Vendor(*sys.argv[1:4], *sys.argv[5:]), int(sys.argv[4]))
    threading.Event().wait()
