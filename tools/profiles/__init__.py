"""Builds the FHIR package of our profiles, and tries it with SUSHI and GoFSH: docs/profiles.md."""
