"""The judge sees each sabotage: the run ends with exit code 1, and its count is above zero."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from stories.sabotages import SEEN_AS
from tests.kit.places import ROOT

pytest.importorskip("adapter.policy.reconcile", reason="the policy of meaning.md is not here")


_PLOTS = {
    "tell-all": "listing",
    "forget-told": "shared-mailbox",
    "told-on-queue": "withdrawal",
    "trust-number": "overreach",
    "last-message": "ordinary",
    "any-sender": "overreach",
    "any-person": "reused-visit",
    "whole-view": "listing",
    "no-recheck": "withdrawal",
    "swallow": "nobody",
}
"""For each sabotage, a plot that shows it."""


@pytest.mark.parametrize("kind", SEEN_AS)
def test_a_sabotage_raises_its_count(kind: str) -> None:
    command = [sys.executable, "-m", "stories", "--n", "200", "--seed", "s", "--jobs", "1"]
    words = [*command, "--plot", _PLOTS[kind], "--sabotage", kind, "--json"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == 1, ended.stderr.decode()
    assert json.loads(ended.stdout)["counts"][SEEN_AS[kind]] > 0
