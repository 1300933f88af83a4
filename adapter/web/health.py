"""Liveness and readiness, for the orchestrator and the load balancer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from adapter.operate import health
from adapter.operate.health import Finding, Process
from adapter.web.authentication import WebContext, context

router = APIRouter()


@router.get("/health/live")
async def live() -> JSONResponse:
    """Answer that the process runs; the store is not checked, as a restart repairs no database.

    It needs no thread, so that it answers when all of them wait for the store.
    """
    return JSONResponse({"live": True})


@router.get("/health/ready")
async def ready(request: Request) -> JSONResponse:
    """Answer whether this process can store a message now; 503 with the reasons when not."""
    shared = context(request)
    return await to_thread.run_sync(_ready, shared, limiter=shared.watchers)


def _ready(shared: WebContext) -> JSONResponse:
    survey = health.survey(shared.store, shared.network.settings, shared.own_health)
    why = [f for f in survey.findings if _blocks(f, shared.own_health.name)]
    body = {
        "ready": not why,
        "why": [asdict(f) for f in why],
        "warnings": [asdict(f) for f in survey.findings if f not in why],
        "processes": [_shown(p) for p in survey.processes],
    }
    return JSONResponse(body, 503 if why else 200)


def _blocks(finding: Finding, name: str) -> bool:
    """Whether a finding keeps this process from storing; other processes' findings do not."""
    return finding.name in health.DOOR and finding.process in ("", name)


def _shown(process: Process) -> dict[str, Any]:
    times = {"started_at": process.started_at, "seen_at": process.seen_at}
    rest = {"name": process.name, "part": process.part, "consumes": process.consumes}
    clocks = {"ahead": round(process.ahead, 3), "probe": round(process.probe, 3)}
    return rest | {name: at.isoformat() for name, at in times.items()} | clocks
