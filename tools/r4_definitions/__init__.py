"""Compile the definitions of FHIR R4 into the facts that the adapter checks messages with."""
