"""For whatever starts and stops the process: is it alive, and may messages be sent to it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from adapter.operate import health
from adapter.operate.health import Finding, Process
from adapter.web.authentication import doors

router = APIRouter()


@router.get("/health/live")
def live() -> JSONResponse:
    """The process answers. Nothing else is asked: a restart mends no database."""
    return JSONResponse({"live": True})


@router.get("/health/ready")
def ready(request: Request) -> JSONResponse:
    """Whether this door could store a message now; 503, and why not. The rest are warnings."""
    ours = doors(request)
    found = health.survey(ours.store, ours.network.settings, ours.oneself)
    why = [f for f in found.findings if _shuts(f, ours.oneself.name)]
    told = {
        "ready": not why,
        "why": [asdict(f) for f in why],
        "warnings": [asdict(f) for f in found.findings if f not in why],
        "processes": [_shown(p) for p in found.processes],
    }
    return JSONResponse(told, 503 if why else 200)


def _shuts(finding: Finding, name: str) -> bool:
    """Whether it keeps this door shut: what another process cannot do is its own affair."""
    return finding.name in health.DOOR and finding.process in ("", name)


def _shown(process: Process) -> dict[str, Any]:
    times = {"started_at": process.started_at, "seen_at": process.seen_at}
    rest = {"name": process.name, "part": process.part, "consumes": process.consumes}
    clocks = {"ahead": round(process.ahead, 3), "probe": round(process.probe, 3)}
    return rest | {name: at.isoformat() for name, at in times.items()} | clocks
