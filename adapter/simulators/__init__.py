"""Simulated parties, for the demo, for tests and for vendors: real sockets, the same formats.

Each plays the system of an independent vendor. It writes and reads its own HL7 v2, FHIR and XML,
and knows of the adapter only what is published (`words`). Every party receipts what it gets,
keeps a ledger of every copy, and applies each content id once; its `Faults` say what goes wrong.
"""
