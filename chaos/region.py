"""The adapter's settings in a run: every party, with timers short enough for a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from adapter.core.endpoint import Endpoint, Settings
from adapter.core.model import Need
from adapter.fhir.builders import Party
from chaos.parties import (
    BEHIND_HTTP,
    KALIX,
    KALIX_NEW,
    LULEA,
    OMSORG,
    OMSORG_2,
    ON_THE_BUS,
    PLANNING,
    SLOW,
)
from chaos.plan import RESENDS, TIMERS, Plan

_SYSTEMS = {OMSORG.endpoint: "omsorg", OMSORG_2.endpoint: "omsorg/2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """The addresses of a run. `ports` are those that the adapter sends to, by endpoint."""

    store: str
    broker: str
    webs: tuple[int, ...]
    ports: dict[str, int]
    plan: Plan

    def settings(self, web: int, moved: str) -> Settings:
        """Return one process's settings; `moved` is the mailbox with a successor, "" for none."""
        return Settings(
            store=self.store,
            broker=self.broker,
            web=f"127.0.0.1:{web}",
            endpoints=tuple(self._endpoint(party, moved) for party in (*ON_THE_BUS, *BEHIND_HTTP)),
        )

    def _endpoint(self, party: Party, moved: str) -> Endpoint:
        timers: dict[str, Any] = dict(TIMERS)
        carried = ("2580", "2480") if party is PLANNING else ()
        is_municipal = party is LULEA
        endpoint = Endpoint(
            name=party.endpoint,
            organization=party.organization,
            system=_SYSTEMS.get(party.endpoint, "fhir"),
            transport="rabbitmq" if party in ON_THE_BUS else "http",
            owner="the rig",
            carries_for=carried,
            municipality="2580" if is_municipal else "",
            serves=(Need.SOCIAL_SERVICES,) if is_municipal else (),
            receipt_resends=RESENDS,
            **timers,
        )
        if party in ON_THE_BUS:
            return replace(endpoint, broker_user=party.endpoint)
        address = f"http://127.0.0.1:{self.ports[party.endpoint]}/"
        endpoint = replace(endpoint, address=address)
        if party is SLOW:
            endpoint = replace(endpoint, timeout=timedelta(seconds=self.plan.slow_timeout))
        return replace(endpoint, replaced_by=_successor(party, moved))


def _successor(party: Party, moved: str) -> str:
    """Return the mailbox that replaces a party's: one of the pair, later the other."""
    if party.endpoint != moved:
        return ""
    return KALIX_NEW.endpoint if party is KALIX else KALIX.endpoint
