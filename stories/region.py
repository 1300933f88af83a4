"""The settings of the stories' region, as the text of `adapter.toml`."""

from __future__ import annotations

from dataclasses import dataclass

from stories.world import (
    ADAPTER,
    CARRIES,
    EVERYBODY,
    LULEA,
    LULEA_NEW,
    PARTIES,
    PITEA_HSV,
    PITEA_SOC,
    PLANNING,
    Party,
    Role,
)

FULL, MASKED = (PITEA_SOC.name,), (PITEA_HSV.name,)
"""Who gets notices about sekretessmarkering, in full and with the address `skyddad`."""
WINDOW_DAYS = 7
_STAY_EVENTS = (
    "admission-notice",
    "admission-updated",
    "admission-cancelled",
    "process-ended",
    "leave-started",
    "leave-ended",
    "discharge-ready",
    "discharge-ready-withdrawn",
    "discharged",
    "discharge-cancelled",
    "deceased",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What differs between stories, and in mid-story."""

    wards: bool = False
    successor: bool = False  # lulea is replaced by lulea-ny
    bus: bool = False  # the planning service is on RabbitMQ
    ports: tuple[tuple[str, int], ...] = ()  # real addresses, by endpoint, for real sockets
    window_days: int = WINDOW_DAYS
    store: str = ""
    broker: str = ""
    web: str = ""


def toml(choices: Choices) -> str:
    """Return the settings file."""
    parts = [f'organization = "{ADAPTER}"']
    for key in ("store", "broker", "web"):
        value = getattr(choices, key)
        if key == "broker" and choices.bus and not value:
            value = "amqp://nobody@127.0.0.1:1/"
        if value:
            parts.append(f'{key} = "{value}"')
    expiry = "\n".join(f'{event} = "24h"' for event in _STAY_EVENTS)
    parts.append(f"[expire_after]\n{expiry}")
    wards = str(choices.wards).lower()
    parts.append(f'[sharing]\nwards = {wards}\nwindow = "{choices.window_days}d"')
    parties = (*EVERYBODY, *((LULEA_NEW,) if choices.successor else ()))
    parts += [_endpoint(party, choices) for party in parties]
    parts += [_ROUTES, _protection("full", FULL), _protection("masked", MASKED)]
    return "\n\n".join(parts) + "\n"


_STAYS = ", ".join(f'"{event}"' for event in _STAY_EVENTS)
_ROUTES = f"""[[route]]
events = [{_STAYS}]
to = ["municipality-of-patient", "planering"]

[[route]]
events = ["care-plan", "message"]
to = ["municipality-of-patient"]"""


def _protection(policy: str, to: tuple[str, ...]) -> str:
    names = ", ".join(f'"{name}"' for name in to)
    return f'[[protection]]\nlevel = "sekretessmarkering"\nto = [{names}]\npolicy = "{policy}"'


def _endpoint(party: Party, choices: Choices) -> str:
    lines = [
        "[[endpoint]]",
        f'name = "{party.name}"',
        f'organization = "{party.organization}"',
        f'system = "{party.form}"',
        f'owner = "owner of {party.name}"',
    ]
    lines += _transport(party, choices)
    if party.home:
        lines.append(f'return_to = "{party.home}"')
    if party.kommun:
        lines.append(f'municipality = "{party.kommun}"')
    if party.serves:
        lines.append(f"serves = [{', '.join(f'{str(n)!r}' for n in party.serves)}]")
    if party.role is Role.PLANNING:
        lines.append(f"carries_for = [{', '.join(f'{c!r}' for c in CARRIES)}]")
    if party.role is Role.HOSPITAL:
        lines.append(f'contact = "{contact(party.organization)}"')
    if choices.successor and party is LULEA:
        lines.append(f'replaced_by = "{LULEA_NEW.name}"')
    return "\n".join(lines).replace("'", '"')


def contact(organization: str) -> str:
    """Return the hospital's one contact address, which everybody may see."""
    return f"vaxel@{organization.rpartition('-')[2].lower()}.example"


def _transport(party: Party, choices: Choices) -> list[str]:
    ports = dict(choices.ports)
    first, most = ("1s", "4s") if ports else ("20m", "3h")
    timers = [f'retry_first = "{first}"', f'retry_ceiling = "{most}"', 'timeout = "20s"']
    if party.door == "mllp":
        port = ports.get(party.name, 20000 + list(PARTIES).index(party.name))
        return ['transport = "mllp"', f'listen = "127.0.0.1:{port}"']
    if party is PLANNING and choices.bus:
        return ['transport = "rabbitmq"', f'broker_user = "{party.name}"', *timers]
    port = ports.get(party.name, 0)
    address = f"http://127.0.0.1:{port}/" if port else f"https://{party.name}.example/inbox"
    return ['transport = "http"', f'address = "{address}"', *timers]
