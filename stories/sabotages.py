"""The names of the sabotages, and the count that each must raise."""

from __future__ import annotations

SEEN_AS = {
    "tell-all": "disclosed",
    "forget-told": "stale",
    "told-on-queue": "disclosed",
    "trust-number": "usurped",
    "last-message": "stale",
    "any-sender": "usurped",
    "any-person": "confused",
    "whole-view": "disclosed",
    "no-recheck": "disclosed",
    "swallow": "silent",
}
