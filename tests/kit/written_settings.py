"""The settings that `adapter init` writes, at ports that nothing else on the machine listens on."""

from __future__ import annotations

from pathlib import Path

from tests.kit.servers.base import free_ports

DOORS = ("127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1:2575")


def at_free_ports(path: Path) -> None:
    """Give each door of a settings file a free port."""
    text = path.read_text("utf-8")
    for door, port in zip(DOORS, free_ports(len(DOORS)), strict=True):
        assert f'"{door}"' in text
        text = text.replace(f'"{door}"', f'"127.0.0.1:{port}"')
    path.write_text(text, "utf-8")
