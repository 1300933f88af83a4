"""Tests of the FHIR package of our profiles: tools/profiles."""
