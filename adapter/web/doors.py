"""The doors that take messages: stored before they are answered, and answered by the receipt."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.core.model import Code, Envelope
from adapter.inbound.process import Reply
from adapter.inbound.receive import accept
from adapter.web import bodies
from adapter.web.authentication import doors, sender
from adapter.web.operation_outcome import RETRY_AFTER, outcome, status_of

log = logging.getLogger(__name__)
router = APIRouter()

# The order of the parameters is the order of the checks: nobody unknown may send a body.
Sender = Annotated[Endpoint, Depends(sender)]


async def posted_envelope(request: Request, caller: Sender) -> Envelope:
    """The request as an Envelope, with what it claims."""
    network = doors(request).network
    content_type = bodies.content_type(request, network, caller)
    id_ = bodies.named(request, "Idempotency-Key")
    case = bodies.named(request, "X-Correlation-Id")
    return Envelope(
        id=id_,
        case=case,
        endpoint=caller.name,
        content_type=content_type,
        body=await bodies.body(request, network.settings.limits.body),
    )


Posted = Annotated[Envelope, Depends(posted_envelope)]


def speaks_fhir(request: Request, caller: Sender) -> None:
    """The FHIR door is for those who speak it; the others' own form would be misread."""
    if doors(request).network.system(caller).content != "json":
        raise FatalError("wrong-content-type", f"post {caller.system} to /inbox")


@router.post("/fhir/$process-message", dependencies=[Depends(speaks_fhir)])
def process_message(request: Request, envelope: Posted) -> Response:
    """A FHIR R4 message Bundle; the answer is its receipt, or an OperationOutcome."""
    return _take(request, envelope)


@router.post("/inbox")
def inbox(request: Request, envelope: Posted) -> Response:
    """A message in the form of the sender's own system; the answer is a receipt in that form."""
    return _take(request, envelope)


def _take(request: Request, envelope: Envelope) -> Response:
    found = doors(request)
    reply = accept(found.store, found.network, envelope, datetime.now(UTC))
    found.accepted()
    content = found.network.system(found.network.endpoint(envelope.endpoint)).content
    response = answer(reply, content)
    told = {"endpoint": envelope.endpoint, "status": response.status_code}
    log.info("answered", extra=told | {"request": request.state.request_id})
    return response


def answer(reply: Reply, content: str) -> Response:
    """A reply as HTTP: the status says what the receipt says.

    Senders of FHIR get a refusal as an OperationOutcome, as they get all other errors; others
    too, where it is their own receipt that is refused: a receipt gets no receipt.
    """
    if reply.receipt is None:
        return Response(status_code=204)  # a receipt is never receipted
    status = _status(reply)
    headers = {"Retry-After": str(RETRY_AFTER)} if status == 503 else {}
    if status >= 400 and (content == "json" or not reply.body):
        return outcome(reply.issues, status, headers)
    return Response(reply.body, status, headers, reply.content_type)


def _status(reply: Reply) -> int:
    code = reply.receipt.code if reply.receipt else Code.OK
    if code is Code.OK:
        return 200
    return 503 if code is Code.TRANSIENT else status_of(reply.issues)
