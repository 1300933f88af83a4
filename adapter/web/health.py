"""For whatever starts and stops the process: is it alive, and may messages be sent to it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from adapter.errors import TransientError
from adapter.store import Store
from adapter.store.queries import figures
from adapter.web.senders import doors

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that must be as it should; `why` is empty when it is."""

    name: str
    why: str = ""


@router.get("/health/live")
def live() -> JSONResponse:
    """The process answers. Nothing else is asked: a restart mends no database."""
    return JSONResponse({"live": True})


@router.get("/health/ready")
def ready(request: Request) -> JSONResponse:
    """Whether a message could be stored now; 503, and why not."""
    found = findings(doors(request).store)
    wrong = [asdict(f) for f in found if f.why]
    return JSONResponse({"ready": not wrong, "why": wrong}, 503 if wrong else 200)


def findings(store: Store) -> list[Finding]:
    """What a door needs: a store that answers, of the version that this program knows."""
    try:
        with store.read() as tx:
            schema = figures.schema(tx)
    except TransientError as error:
        return [Finding(name="store", why=f"{error.entry.en} {error.detail}".strip())]
    versions = f"its schema is {schema.current or 'empty'}, this program needs {schema.newest}"
    return [Finding(name="store"), Finding(name="schema", why="" if schema.fits else versions)]
