"""What `python -m chaos` takes, and what it refuses before anything starts."""

from __future__ import annotations

import sys

import pytest

from chaos.__main__ import _arguments


@pytest.mark.parametrize("seconds", ["0", "-5", "nan", "inf", "ten", ""])
def test_a_time_in_which_nothing_can_be_seen_is_wrong_use(
    seconds: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["chaos", f"--seconds={seconds}"])
    with pytest.raises(SystemExit) as ended:
        _arguments()
    assert ended.value.code == 2
    assert f"a number of seconds above 0, not {seconds!r}" in capsys.readouterr().err


@pytest.mark.parametrize("seed", ["-x", "-5", "--sabotage", "a|b", "7", ""])
def test_a_seed_is_any_text(seed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ["chaos", "--seconds", "40", "--seed", seed, "--sabotage", "no-order"]
    monkeypatch.setattr(sys, "argv", command)
    found = _arguments()
    assert (found.seconds, found.seed, found.sabotage) == (40, seed, "no-order")
