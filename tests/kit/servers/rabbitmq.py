"""A private RabbitMQ node: own epmd, own users, own disk."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from tests.kit.servers.base import Server, free_ports, wait_until
from tests.kit.servers.packages import RABBITMQ, RABBITMQ_SCRIPTS, ServerError, require_installed

SPARE_HOSTS = 120


class RabbitMQ(Server):
    """One RabbitMQ node with its own epmd, and users whose permissions the broker enforces.

    Users: `adapter` (everything), and one per partner, named as the partner's endpoint: it may
    write the exchange care.in, read its own inbox, and configure nothing.
    """

    def __init__(
        self, partners: Sequence[str], spare_hosts: int, within: Path | None = None
    ) -> None:
        super().__init__("careplan-rabbitmq", within=within)
        self.port, self._epmd_port, self._node_port, self._tool_port = free_ports(4)
        self._node = f"careplan-{secrets.token_hex(4)}@localhost"
        self._passwords = {name: secrets.token_hex(12) for name in ("adapter", *partners)}
        self._spare = [f"spare-{number}" for number in range(spare_hosts)]
        self._hosts = iter(self._spare)
        self._configure()

    @classmethod
    def start(
        cls,
        partners: Sequence[str] = (),
        spare_hosts: int = SPARE_HOSTS,
        within: Path | None = None,
    ) -> RabbitMQ:
        """A running broker; ServerError when RabbitMQ is missing or does not start.

        Each spare virtual host makes every start a little longer.
        """
        require_installed(RABBITMQ)
        broker = cls(partners, spare_hosts, within)
        try:
            broker.restart()
        except BaseException:
            broker.close()
            raise
        return broker

    @property
    def url(self) -> str:
        """The adapter's own user on the default virtual host."""
        return self._url("adapter", "/")

    def partner(self, name: str, beside: str = "") -> str:
        """A partner's URL, on the default virtual host or on the one that `beside` names."""
        return self._url(name, _virtual_host(beside) if beside else "/")

    def fresh(self) -> str:
        """The adapter's URL on a virtual host not used before."""
        host = next(self._hosts, "")
        if not host:
            raise ServerError("no virtual host is left; raise SPARE_HOSTS")
        return self._url("adapter", host)

    def restart(self) -> None:
        """End the node if it runs, and start it on the same ports with the same data."""
        self.kill()
        environment = self.environment()
        epmd = ["epmd", "-address", "127.0.0.1", "-port", str(self._epmd_port)]
        self._spawn(epmd, environment)
        node = self._spawn([str(RABBITMQ_SCRIPTS / "rabbitmq-server")], environment)
        wait_until(self._answers, node, self.log)

    def settle(self) -> None:
        """Make the node write its queue definitions to disk.

        RabbitMQ 3.10 does so three seconds after a declaration. A queue that is younger when the
        node is killed never works again. Call this after a declaration, before a kill.
        """
        self.control("eval", "[dets:sync(Table) || Table <- dets:all()].")

    def wipe(self) -> None:
        """End the node, delete its data, and start it with users but without queues."""
        self.kill()
        shutil.rmtree(self.directory / "data")
        self.restart()

    def alarm(self) -> None:
        """Raise the memory alarm: the broker blocks every connection that publishes."""
        self.control("set_vm_memory_high_watermark", "0.000001")

    def calm(self) -> None:
        """End the memory alarm."""
        self.control("set_vm_memory_high_watermark", "0.4")

    def control(self, *arguments: str) -> str:
        """Run rabbitmqctl against this node (a second or two), and return what it says."""
        command = [str(RABBITMQ_SCRIPTS / "rabbitmqctl"), "--node", self._node, *arguments]
        done = subprocess.run(
            command, env=self.environment(), cwd=self.directory, capture_output=True, check=False
        )
        if done.returncode:
            raise ServerError(done.stderr.decode(errors="replace"))
        return done.stdout.decode()

    def _url(self, user: str, host: str) -> str:
        secret = self._passwords[user]
        return f"amqp://{user}:{secret}@127.0.0.1:{self.port}/{quote(host, safe='')}"

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as wire:
            wire.settimeout(5)
            wire.sendall(b"AMQP\x00\x00\x09\x01")
            return wire.recv(1) == b"\x01"
        return False

    def _configure(self) -> None:
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{self.port}",
            f"load_definitions = {self.directory / 'definitions.json'}",
            "loopback_users = none",
            "disk_free_limit.absolute = 50MB",
        ]
        (self.directory / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
        (self.directory / "plugins").write_text("[].\n")
        (self.directory / "definitions.json").write_text(json.dumps(self._definitions()))

    def _definitions(self) -> dict[str, object]:
        hosts = ["/", *self._spare]
        return {
            "vhosts": [{"name": host} for host in hosts],
            "users": [_user(name, secret) for name, secret in self._passwords.items()],
            "permissions": [permission(name, host) for name in self._passwords for host in hosts],
        }

    def tool_environment(self) -> dict[str, str]:
        """Return the environment of an operator who runs rabbitmqctl on the node's machine."""
        environment = self.environment()
        return environment | {"PATH": f"{RABBITMQ_SCRIPTS}:{environment['PATH']}"}

    def environment(self) -> dict[str, str]:
        """Return the environment in which RabbitMQ's own tools find this node."""
        loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LANG": "C.UTF-8",
            "HOME": str(self.directory),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_DIST_PORT": str(self._node_port),
            "RABBITMQ_CONFIG_FILE": str(self.directory / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": str(self.directory / "none.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.directory / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.directory / "data"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": str(self.directory),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": loopback,
            "RABBITMQ_CTL_ERL_ARGS": loopback,
            "RABBITMQ_CTL_DIST_PORT_MIN": str(self._tool_port),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(self._tool_port),
            # Makes the start script become the node, instead of staying in between.
            "detached": "true",
        }


def _virtual_host(url: str) -> str:
    return unquote(urlsplit(url).path[1:])


def _user(name: str, secret: str) -> dict[str, object]:
    salt = secrets.token_bytes(4)
    digest = salt + hashlib.sha256(salt + secret.encode()).digest()
    return {
        "name": name,
        "password_hash": base64.b64encode(digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }


def permission(name: str, host: str) -> dict[str, str]:
    """What a user may do, as the broker's definitions file says it."""
    rights = {"configure": "^$", "write": r"^care\.in$", "read": rf"^{name}\.inbox$"}
    if name == "adapter":
        rights = dict.fromkeys(rights, ".*")
    return {"user": name, "vhost": host, **rights}
