"""A rig that means harm: it crowds, floods and stalls the adapter, and measures what others notice.

    python -m hostile --seconds 60

It runs real RabbitMQ and PostgreSQL servers and one `adapter serve`, all on loopback. The attacks
come from 200 loopback addresses, and each is a process of its own. Meanwhile well-behaved partners
post valid messages at a steady rate, and liveness is asked. docs/guarantees.md has the bounds.
"""
