"""The care-plan adapter: FHIR R4 messages between hospital, planning service and municipality.

To follow one message from its first byte to its last receipt, read these files in this order:

1. core/model.py                   the nouns: Message, Delivery, Endpoint, Receipt
2. core/lifecycle.py               the states of a delivery and of a message, and every step
3. inbound/receive.py              stores what came, and starts the decision
4. policy/read_message.py          bytes to a FHIR message, with every problem listed
5. inbound/process/__init__.py     receipt, copy, faulty or new
6. inbound/process/forwarding.py   finds the case, and makes the deliveries
7. policy/sharing/__init__.py      may the receivers be told?
8. policy/routing.py               which endpoints get it?
9. outbound/deliveries.py          writes each receiver's format once
10. outbound/claim.py              takes what is open and due, with a lease
11. outbound/send.py               hands the bytes to a transport
12. outbound/outcomes.py           writes down what became of the attempt
13. outbound/receipts.py           closes the delivery, retries it, or gives it to a person

docs/architecture.md has the floor plan, docs/glossary.md the words.
"""
