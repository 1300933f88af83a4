"""The care-plan adapter: FHIR R4 messages between hospital, planning service and municipality.

To follow one message from its first byte to its last receipt, read these files in this order:

1. core/model.py                  the nouns: Message, Delivery, Receipt; core/endpoint.py: Endpoint
2. core/lifecycle.py              the states of a delivery and of a message, and every step
3. inbound/receive.py             stores what came; doors decide at once
4. inbound/batches.py             works off the inbox, many messages in one transaction
5. policy/read_message.py         bytes to a FHIR message, with every problem listed
6. inbound/process.py             a receipt, a copy, a faulty message or a new one
7. inbound/forwarding.py          which case a new plan or message belongs to, and who gets it
8. inbound/stays.py               the same for a message about a stay
9. policy/reconcile.py            who must be told of a stay, who was told, and so what to tell
10. outbound/deliveries.py        renders each receiver's format once
11. outbound/claim.py             takes what is open and due, with a lease
12. outbound/send.py              hands it to a transport, and writes what became of it
13. outbound/receipts.py          closes the delivery by its receipt
14. outbound/failed_deliveries.py retries it, or leaves it to a person

docs/architecture.md has the floor plan, docs/glossary.md the words.
"""
