"""Simulated parties for the demo, the bench, tests and vendors: real sockets, the real formats.

Each party plays the system of an independent vendor. It has its own code for HL7 v2, FHIR and
XML, and imports nothing from the adapter but the published URLs of `adapter.fhir.canonical`. A
party receipts every message, applies each content id once, and logs every copy in its
`TrafficLog`. `Faults` makes it misbehave.
"""
