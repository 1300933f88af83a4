"""The routes that receive messages: they store a message, then answer with its receipt."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, TransientError
from adapter.core.memory import Hold
from adapter.core.model import Code, Envelope
from adapter.inbound.owed_receipts import OwedReceipt
from adapter.inbound.receive import accept
from adapter.web import requests
from adapter.web.authentication import context, sender
from adapter.web.content_negotiation import must_take_fhir_json
from adapter.web.error_responses import RETRY_AFTER, RETRY_SOON, outcome, status_of

log = logging.getLogger(__name__)
router = APIRouter()

# Parameters are checked in their order: an unknown caller cannot send a body.
Sender = Annotated[Endpoint, Depends(sender)]


async def posted_envelope(request: Request, caller: Sender) -> Envelope:
    """Return the request as an Envelope."""
    network = context(request).network
    hold = _hold(request, caller)
    content_type = requests.content_type(request, network, caller)
    id_ = requests.named(request, "Idempotency-Key")
    case = requests.named(request, "X-Correlation-Id")
    return Envelope(
        id=id_,
        case=case,
        endpoint=caller.name,
        content_type=content_type,
        body=await requests.body(request, network.settings.limits.body, hold),
    )


def _hold(request: Request, caller: Endpoint) -> Hold:
    """Return the caller's memory for this request; TransientError `too-much-at-once`."""
    shared = context(request)
    holds: ExitStack = request.state.holds
    if not shared.under_way.take(caller.name):
        raise TransientError("too-much-at-once", "requests under way", retry_after=RETRY_SOON)
    holds.callback(shared.under_way.give, caller.name)
    return holds.enter_context(shared.memory.hold(caller.name))


Posted = Annotated[Envelope, Depends(posted_envelope)]


async def speaks_fhir(request: Request, caller: Sender) -> None:
    """Refuse a sender whose system is not FHIR; FatalError `wrong-content-type`."""
    if context(request).network.system(caller).content != "json":
        raise FatalError("wrong-content-type", f"post {caller.system} to /inbox")


async def in_one_exchange(request: Request) -> None:
    """Refuse what the operation has beside the message: FatalError `unsupported-parameter`.

    R4's `async` and `response-url` ask for an answer later, or elsewhere. Every message is
    answered at once, and later answers go to the address in the settings.
    """
    asked = {each.lower() for each in request.query_params.getlist("async")}
    if asked - {"false"} or "response-url" in request.query_params:
        detail = "no async, no response-url: the response is in the same exchange"
        raise FatalError("unsupported-parameter", detail)


@router.post(
    "/fhir/$process-message",
    dependencies=[Depends(speaks_fhir), Depends(in_one_exchange), Depends(must_take_fhir_json)],
)
def process_message(request: Request, envelope: Posted) -> Response:
    """Take a FHIR R4 message Bundle; the response is its receipt, or an OperationOutcome."""
    return _take(request, envelope)


@router.post("/inbox")
def inbox(request: Request, envelope: Posted) -> Response:
    """Take a message in the form of the sender's system; the response is a receipt in that form."""
    return _take(request, envelope)


def _take(request: Request, envelope: Envelope) -> Response:
    shared = context(request)
    owed = accept(shared.store, shared.network, envelope, datetime.now(UTC))
    shared.accepted()
    content = shared.network.system(shared.network.endpoint(envelope.endpoint)).content
    response = answer(owed, content)
    log_fields = {"endpoint": envelope.endpoint, "status": response.status_code}
    log.info("answered", extra=log_fields | {"request": request.state.request_id})
    return response


def answer(owed: OwedReceipt, content: str) -> Response:
    """Return our receipt as HTTP: the receipt's code decides the status.

    Senders of FHIR get a refusal as an OperationOutcome, like all other errors. Other senders
    get one when their own receipt is refused: a receipt gets no receipt.
    """
    if owed.receipt is None:
        return Response(status_code=204)  # a receipt is never receipted
    status = _status(owed)
    headers = {"Retry-After": str(RETRY_AFTER)} if status == 503 else {}
    if status >= 400 and (content == "json" or not owed.body):
        return outcome(owed.issues, status, headers)
    return Response(owed.body, status, headers, owed.content_type)


def _status(owed: OwedReceipt) -> int:
    code = owed.receipt.code if owed.receipt else Code.OK
    if code is Code.OK:
        return 200
    return 503 if code is Code.TRANSIENT else status_of(owed.issues)
