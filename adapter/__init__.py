"""The care-plan adapter: FHIR R4 messages between hospital, planning service and municipality."""
