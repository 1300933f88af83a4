"""The plots: each tells one kind of true story. Their weights decide how often each is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from stories.plots import (
    addresses,
    clocks,
    consents,
    hospitals,
    identities,
    messages,
    operations,
    ordinary,
    overreach,
    receivers,
)
from stories.teller import Teller

Plot: TypeAlias = Callable[[Teller], None]
PLOTS: tuple[tuple[str, float, Plot], ...] = (
    ("ordinary", 24, ordinary.life),
    ("withdrawal", 14, receivers.withdrawal),
    ("weather", 8, receivers.weather),
    ("shared-mailbox", 4, ordinary.shared_mailbox),
    ("listing", 5, ordinary.listing),
    ("nobody", 5, ordinary.nobody),
    ("addresses", 7, addresses.addresses),
    ("after-discharge", 4, hospitals.after_discharge),
    ("taken-back", 3, hospitals.taken_back),
    ("transfer", 3, hospitals.transfer),
    ("reused-visit", 5, identities.reused_visit),
    ("mother-and-child", 2, identities.mother_and_child),
    ("numbers", 5, identities.numbers),
    ("protection", 6, identities.protection),
    ("psychiatry", 2, hospitals.psychiatry),
    ("two-hospitals", 4, hospitals.two_hospitals),
    ("two-feeds", 4, hospitals.two_feeds),
    ("outpatient", 3, hospitals.outpatient),
    ("early-discharge", 2, hospitals.discharge_first),
    ("death", 3, hospitals.death),
    ("clocks", 4, clocks.clocks),
    ("operations", 5, operations.operations),
    ("messages", 3, messages.messages),
    ("consent", 3, consents.withdrawn),
    ("secrecy", 5, consents.barred),
    ("overreach", 12, overreach.overreach),
    ("planted-alias", 3, overreach.planted_alias),
    ("hospital-overreach", 2, overreach.from_hospital),
)
