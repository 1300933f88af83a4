"""The tables. What can be derived is not stored.

Times are UTC. Personal data is only in bodies, never in another column.
"""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store import columns
from adapter.store.columns import Instant

metadata = sa.MetaData()


message = sa.Table(
    "message",
    metadata,
    columns.seq(),
    columns.id_(unique=True),
    columns.id_("endpoint"),  # the authenticated sender; "" when it could not be identified
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("body", sa.LargeBinary),  # as received, see blobs.py; NULL once purged
    columns.text("content_type"),
    columns.id_("fingerprint"),  # SHA-256 of the body, hex
    columns.text("claimed_id"),  # the sender's own: AMQP message_id, Idempotency-Key, MSH-10
    columns.text("claimed_event"),
    columns.text("event"),
    columns.text("content_id"),
    columns.text("envelope_id"),
    sa.Column("case_id", sa.String(120)),
    columns.text("recorded"),  # at the source, ISO 8601 with the offset as received
    columns.text("standing"),
    columns.count("tries"),
    columns.text("code"),  # from the catalogue: why it was refused or is dead
    columns.text("detail"),
    columns.text("note"),  # copy of …, not used, superseded by …
    columns.text("losses"),  # JSON: what the mapping could not read
    columns.text("issues"),  # JSON: errors and warnings about it
    columns.text("receipt_code"),  # the code of our receipt; "" while it is owed
    sa.Column("receipt_body", sa.LargeBinary),
    columns.flag("shared"),
    columns.flag("direct"),  # answered on its connection: no receipt goes through the outbox
    columns.text("taken_by"),
    columns.text("replaced_by"),  # the edited message that replaces this one
    columns.text("replaces"),  # the message that this edited one replaces
    sa.Index("message_case", "case_id", "seq"),
    sa.Index("message_endpoint", "endpoint", "seq"),
    sa.Index("message_content", "content_id"),
    sa.Index("message_claimed", "endpoint", "claimed_id"),
)
blob = sa.Table(  # what was cut out of large bodies, each once (blobs.py)
    "blob",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # SHA-256, hex
    sa.Column("content", sa.LargeBinary, nullable=False),
)
blob_use = sa.Table(
    "blob_use",
    metadata,
    columns.id_("owner", primary_key=True),  # the message or delivery with whose bodies it goes
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Index("blob_use_digest", "digest"),
)
content = sa.Table(  # for duplicates, by content id
    "content",
    metadata,
    columns.id_("sender", primary_key=True),  # endpoint
    sa.Column("receiver", sa.String(400), primary_key=True),  # HSA-ids as addressed
    sa.Column("content_id", sa.String(200), primary_key=True),
    columns.id_("message_id"),
    sa.Index("content_by_id", "content_id"),
)
envelope = sa.Table(  # for duplicates, by envelope id
    "envelope",
    metadata,
    columns.id_("sender", primary_key=True),
    sa.Column("receiver", sa.String(400), primary_key=True),
    sa.Column("envelope_id", sa.String(200), primary_key=True),
    sa.Column("content_id", sa.String(200), nullable=False),
    columns.id_("fingerprint"),
    sa.Index("envelope_by_id", "envelope_id"),
)

case = sa.Table(
    "care_case",  # `case` is an SQL keyword
    metadata,
    columns.seq(),
    columns.id_(unique=True),
    columns.text("name"),  # <HSA-id>/<visit number>, "" when it was opened without a name
    columns.text("patient"),  # keyed hash of the identity
    sa.Column("opened_at", Instant, nullable=False),
    columns.time("closed_at"),
    columns.time("shared_at"),
    columns.flag("flagged"),  # opened without a name, or a dead letter let later messages pass
    columns.flag("protected"),
    columns.count("orders"),  # the last order number that was assigned
    columns.text("facts"),  # JSON that adapter.policy.plans writes
    columns.time("admitted_at"),  # both outlive the bodies
    columns.time("discharged_at"),
    columns.time("purged_at"),  # its bodies are purged
    columns.text("outward"),  # the neutral name under which it leaves; "": its own name
    sa.Index("case_patient", "patient"),
)
stay = sa.Table(  # the hospital stay of a case, as the case's owner has reported it
    "stay",
    metadata,
    columns.id_("case_id", primary_key=True),
    sa.Column("body", sa.LargeBinary),  # JSON of adapter.policy.stay.Stay; NULL once purged
    sa.Column("updated_at", Instant, nullable=False),
)
participant = sa.Table(  # who takes part in a case, one row for each of its needs (berörd enhet)
    "participant",
    metadata,
    columns.id_("case_id", primary_key=True),
    columns.id_("endpoint", primary_key=True),
    sa.Column("need", sa.String(60), primary_key=True),  # "": for no need of its own
    columns.text("basis"),  # assessment | invitation | effort | named | carries | migrated
    columns.text("ground"),  # what made it a participant: a kommunkod or an HSA-id
    sa.Column("since", Instant, nullable=False),
    columns.time("until"),  # NULL: open
    columns.text("ended"),  # why it ended
    columns.count("right_no"),  # raised at each change of the right
    sa.Column("told", sa.LargeBinary),  # JSON of what it got, or may have got
    sa.Column("queued", sa.LargeBinary),  # JSON of what its newest queued notice says
    sa.Index("participant_endpoint", "endpoint", "case_id"),
)
person = sa.Table(  # protection of a person (sekretessmarkering, skyddad folkbokföring)
    "person",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # keyed hash of the identity
    columns.text("level"),  # "": lifted
    sa.Column("set_at", Instant, nullable=False),
    columns.text("set_by"),  # the message that said so
    columns.time("lifted_at"),
    columns.text("lifted_by"),  # the message, or the person
)
item = sa.Table(  # what a person must look at, apart from dead deliveries and dead messages
    "item",
    metadata,
    columns.seq(),
    columns.id_(unique=True),
    columns.text("what"),
    columns.id_("case_id", server_default=""),  # "": in no case
    columns.text("message_id"),
    columns.text("subject"),  # a need, or an endpoint
    columns.id_("endpoint", server_default=""),  # whose owner must look
    columns.text("detail"),
    sa.Column("since", Instant, nullable=False),
    columns.time("due_at"),
    columns.time("closed_at"),
    columns.text("closed_why"),
    columns.text("taken_by"),
    sa.Index("item_case", "case_id", "seq"),
    sa.Index("item_message", "message_id"),
)
alias = sa.Table(  # every name of a case
    "case_alias",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    columns.id_("case_id", index=True),
    sa.Column("visit", sa.String(200), nullable=False, server_default=""),  # after the HSA-id
    sa.Index("case_alias_visit", "visit"),
)

delivery = sa.Table(
    "delivery",
    metadata,
    columns.seq(),
    columns.id_(unique=True),
    columns.id_("message_id", index=True),
    columns.id_("endpoint"),
    columns.text("event"),
    sa.Column("case_id", sa.String(120)),
    sa.Column("order_key", sa.String(250)),  # NULL: it waits for no other
    columns.count("order_no"),
    sa.Column("right_no", sa.Integer),  # its receiver's right; NULL: not judged again at a claim
    columns.text("state"),
    columns.text("content_id"),
    columns.text("envelope_id"),
    columns.text("content_type"),
    sa.Column("body", sa.LargeBinary),  # rendered once, see blobs.py; NULL once purged
    columns.text("losses"),
    columns.flag("forwarded"),  # the sender's own bytes
    columns.text("done_when"),
    columns.count("attempt"),  # claims so far; only the outcome of the newest counts
    columns.count("failures"),
    columns.count("resends"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    # An open delivery has exactly one of these three: the time that it waits for.
    columns.time("next_attempt_at"),
    columns.time("lease_until"),
    columns.time("receipt_due_at"),
    columns.time("answer_due_at"),
    columns.time("reminded_at"),
    columns.time("sent_at"),  # first acceptance by the transport: legal deadlines count from here
    columns.time("closed_at"),
    columns.text("code"),
    columns.text("detail"),
    columns.text("taken_by"),
    columns.flag("untold"),  # dead; its sender is notified only when a person discards it
    columns.text("copy_of"),  # the delivery that this one sends again
    columns.text("replaced_by"),  # the edited delivery that replaces this one
    columns.text("replaces"),  # the delivery that this edited one replaces
    sa.Index("delivery_case", "case_id", "seq"),
    sa.Index("delivery_content", "content_id", "endpoint"),
    sa.Index("delivery_endpoint", "endpoint", "seq"),
)
attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("delivery_id", sa.String(120), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    columns.text("why"),  # first | retry | resend | lease
    sa.Column("started_at", Instant, nullable=False),
    columns.time("finished_at"),
    columns.text("code"),  # "" for success, else from the catalogue
    columns.text("detail"),
    sa.Column("body", sa.LargeBinary),  # NULL: the same as the delivery's
    sa.Column("answer", sa.LargeBinary),
)
receipt = sa.Table(
    "receipt",
    metadata,
    columns.seq(),
    columns.id_("delivery_id", index=True),
    sa.Column(
        "message_id", sa.String(120)
    ),  # the message that carried it; NULL: the response to the attempt
    columns.text("layer"),
    columns.text("code"),
    sa.Column("at", Instant, nullable=False),
    columns.text("detail"),
)
history = sa.Table(
    "history",
    metadata,
    columns.seq(),
    sa.Column("at", Instant, nullable=False),
    sa.Column("case_id", sa.String(120)),
    sa.Column("message_id", sa.String(120)),
    sa.Column("delivery_id", sa.String(120)),
    columns.text("endpoint"),
    columns.text("what"),
    columns.text("detail"),
    columns.text("who"),
    sa.Index("history_case", "case_id", "seq"),
    sa.Index("history_message", "message_id"),
    sa.Index("history_delivery", "delivery_id"),
)
sender = sa.Table(  # row locks: the holder processes that sender's messages
    "sender",
    metadata,
    sa.Column("name", sa.String(120), primary_key=True),
)
endpoint = sa.Table(  # pause, circuit and rate of an endpoint
    "endpoint",
    metadata,
    sa.Column("name", sa.String(120), primary_key=True),
    columns.time("paused_at"),
    columns.text("paused_by"),
    columns.text("paused_why"),
    columns.time("paused_until"),  # NULL: until somebody resumes it
    columns.count("failures"),  # in a row; 0 after a success
    columns.time("open_until"),  # the circuit: no attempt before, then one probe
    columns.time("paced_until"),  # the rate: nothing is sent before
)
process = sa.Table(  # running processes; each writes its row every few seconds
    "process",
    metadata,
    columns.id_(primary_key=True),
    columns.id_("name"),  # for people: part, host and process number
    columns.text("part"),  # worker | web | serve
    sa.Column("started_at", Instant, nullable=False),  # by the database's clock, like seen_at
    sa.Column("seen_at", Instant, nullable=False),
    columns.flag("consumes"),  # consumes care.in, or is the standby for it
    sa.Column(
        "ahead", sa.Float, nullable=False
    ),  # seconds that its clock is ahead of the database's
    sa.Column("probe", sa.Float, nullable=False),  # seconds that writing this row took
    columns.text("findings"),  # JSON of adapter.operate.health.Finding
)
token = sa.Table(
    "token",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # SHA-256 of the token, hex
    columns.id_("endpoint", index=True),
    sa.Column("created_at", Instant, nullable=False),
)
secret = sa.Table(  # keys of this store
    "secret",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
