"""File descriptors: how many connections the doors may hold, so that store and broker have theirs.

Each connection is a descriptor, and a process has a limited number (`ulimit -n`). Where partners
could take all of them, the store could not open its files.
"""

from __future__ import annotations

import resource
from dataclasses import replace

from adapter.core.endpoint import ConnectionLimits

RESERVED = 450  # store, broker, log, 256 sending threads, health, and connections being refused
ENOUGH = 16_384


def limit() -> int:
    """Return how many descriptors this process may have; raises its limit as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= allowed:
        return ENOUGH if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed


def fitting(limits: ConnectionLimits, mllp_doors: int, descriptors: int) -> ConnectionLimits:
    """Return the limits, made smaller in proportion where the descriptors do not suffice."""
    room = descriptors - min(RESERVED, descriptors // 2)
    wanted = limits.total + mllp_doors * limits.mllp
    if wanted <= room:
        return limits
    total = max(1, limits.total * room // wanted)
    return replace(limits, total=total, mllp=max(1, limits.mllp * room // wanted))
