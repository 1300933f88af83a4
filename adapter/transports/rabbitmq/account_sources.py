"""Where the users of a virtual host and their permissions are read: management API or rabbitmqctl.

AMQP 0-9-1 shows no permissions. The HTTP API of the management plugin does (to an administrator),
and so does `rabbitmqctl` on the broker's own machine.
"""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pika

from adapter.core.errors import TransientError
from adapter.transports.rabbitmq.accounts import Account
from adapter.transports.rabbitmq.connection import addresses

_SECONDS = 10.0  # for one answer of the management API
_TOOL_SECONDS = 60.0  # for one answer of rabbitmqctl, which starts an Erlang of its own
_MOST_BYTES = 32 * 1024 * 1024
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def read_accounts(url: str, management: str) -> list[Account]:
    """Return the users of the virtual host of a broker, with their permissions.

    `management` is the http or https URL of the management API, with user and password; without
    it, `rabbitmqctl` is asked. Raises TransientError `unreachable`, whose detail says why neither
    could tell.
    """
    broker = addresses(url)[0]
    ask = _from_management(management, broker) if management else _from_tool(url, broker)
    users = {row.get("name", row.get("user", "")): _tags(row.get("tags")) for row in ask("users")}
    return [
        Account(
            user=row["user"],
            configure=row["configure"],
            write=row["write"],
            read=row["read"],
            tags=users.get(row["user"], ()),
        )
        for row in ask("permissions")
    ]


def _tags(value: Any) -> tuple[str, ...]:
    """The tags of a user; before RabbitMQ 3.9 the management API has one text with commas."""
    return tuple(value.split(",")) if isinstance(value, str) else tuple(value or ())


def _unseen(why: str) -> TransientError:
    return TransientError("unreachable", why)


def _from_management(
    management: str, broker: pika.URLParameters
) -> Callable[[str], list[dict[str, Any]]]:
    host = quote(broker.virtual_host, safe="")
    paths = {"users": "/api/users", "permissions": f"/api/vhosts/{host}/permissions"}
    return lambda what: _get(management, paths[what])


def _get(management: str, path: str) -> Any:
    parts = urlsplit(management)
    secure = parts.scheme == "https"
    opened = (HTTPSConnection if secure else HTTPConnection)(
        parts.hostname or "", parts.port, timeout=_SECONDS
    )
    try:
        opened.request("GET", parts.path.rstrip("/") + path, headers=_credentials(management))
        response = opened.getresponse()
        if response.status != 200:
            raise _unseen(f"the management API answers {response.status}")
        return json.loads(response.read(_MOST_BYTES))
    except (OSError, HTTPException, ValueError) as error:
        raise _unseen(f"the management API does not answer: {type(error).__name__}") from error
    finally:
        opened.close()


def _credentials(management: str) -> Mapping[str, str]:
    parts = urlsplit(management)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _from_tool(url: str, broker: pika.URLParameters) -> Callable[[str], list[dict[str, Any]]]:
    tool = shutil.which("rabbitmqctl")
    if not tool:
        raise _unseen("there is no broker_management in the settings, and no rabbitmqctl here")
    here = [each for each in addresses(url) if each.host in (*_LOOPBACK, socket.gethostname())]
    if not here:
        raise _unseen("there is no broker_management in the settings, and the broker is elsewhere")
    listeners = _told(tool, "status")["listeners"]
    if {each.port for each in here}.isdisjoint(listener["port"] for listener in listeners):
        raise _unseen("rabbitmqctl speaks to another broker")
    commands = {"users": ["list_users"], "permissions": ["list_permissions", "-p"]}
    commands["permissions"].append(broker.virtual_host)
    return lambda what: _told(tool, *commands[what])


def _told(tool: str, *arguments: str) -> Any:
    try:
        done = subprocess.run(
            [tool, *arguments, "--quiet", "--formatter", "json"],
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=_TOOL_SECONDS,
        )
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise _unseen("rabbitmqctl does not tell: run check as the broker's user") from error
