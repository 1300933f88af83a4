"""Who calls."""

from __future__ import annotations

import asyncio

import anyio.to_thread
import pytest
from fastapi import FastAPI, Request

from adapter.core.errors import FatalError
from adapter.web import authentication


def bare_request() -> Request:
    """Return a request without a token, of an application that has no store."""
    app = FastAPI()
    app.state.context = None
    return Request({"type": "http", "headers": [], "app": app})


def test_a_caller_without_a_token_is_refused_when_no_thread_is_free() -> None:
    async def refused() -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        for place in range(int(limiter.total_tokens)):
            limiter.acquire_on_behalf_of_nowait(place)
        async with asyncio.timeout(5):
            await authentication.sender(bare_request())

    with pytest.raises(FatalError, match="no bearer token") as caught:
        asyncio.run(refused())
    assert caught.value.code == "unidentified-sender"
