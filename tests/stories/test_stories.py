"""A hundred stories through the whole flow: seven zeros."""

from __future__ import annotations

import pytest

from stories.run import Result, run

pytest.importorskip("adapter.policy.reconcile", reason="the policy of meaning.md is not here")


@pytest.fixture(scope="module")
def played() -> Result:
    """A hundred stories."""
    return run("test", range(100))


def test_a_hundred_stories_come_out_right(played: Result) -> None:
    assert [f"{f.story}: {f.finding.count}: {f.finding.cause}" for f in played.findings] == []


def test_every_story_was_told_and_heard(played: Result) -> None:
    assert played.stories == 100
    assert played.words > 300
    assert played.arrivals > 500


@pytest.mark.stored
def test_news_that_was_given_up_and_taken_back_may_be_told_again() -> None:
    """A new planned discharge was never delivered; then the old one was true again."""
    assert run("9", [648]).findings == []
