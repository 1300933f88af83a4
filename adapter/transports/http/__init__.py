"""HTTP (RFC 9110): each message is a POST to its endpoint; the response may hold its receipt.

The server that others post to is in `adapter.web`.
"""

from __future__ import annotations

from adapter.transports.http.client import HttpClient
from adapter.transports.http.status import RefusedError, RefusedForNowError, WebPageError

__all__ = ["HttpClient", "RefusedError", "RefusedForNowError", "WebPageError"]
