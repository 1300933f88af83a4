"""A rig that breaks the adapter while it works, and counts what became of every message.

    python -m chaos --seconds 40 --seed 7

Real RabbitMQ and PostgreSQL, two workers, two web processes, and simulated parties that receipt,
refuse, answer late, twice and wrongly, and go away. The parties write a ledger of what they sent
and got; the judge reads that and nothing else. What is counted, and why that is fair, stands in
docs/guarantees.md.
"""
