"""A rig that breaks the adapter while it works, and counts what happened to every message.

    python -m chaos --seconds 40 --seed 7

It runs real RabbitMQ and PostgreSQL servers, two workers, two web processes and simulated parties.
The parties send receipts, refuse messages, respond late, twice or wrongly, and go away. They write
a ledger of what they sent and got. The judge reads only this ledger. docs/guarantees.md describes
what is counted and why.
"""
