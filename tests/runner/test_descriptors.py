"""How many connections the doors may hold with so many file descriptors."""

from __future__ import annotations

import resource

from adapter.core.endpoint import ConnectionLimits
from adapter.runner import descriptors

USUAL = ConnectionLimits()


def test_the_usual_limit_of_a_process_suffices_for_a_hospital() -> None:
    assert descriptors.fitting(USUAL, 1, 1024) == USUAL


def test_where_they_do_not_suffice_every_door_gets_fewer_and_the_store_keeps_its_own() -> None:
    fewer = descriptors.fitting(USUAL, 10, 1024)
    assert 0 < fewer.mllp < USUAL.mllp
    assert fewer.total + 10 * fewer.mllp <= 1024 - descriptors.RESERVED
    assert fewer.per_token == USUAL.per_token


def test_with_very_few_half_of_them_are_reserved() -> None:
    fewer = descriptors.fitting(USUAL, 0, 100)
    assert fewer.total == 50


def test_the_process_raises_its_limit_as_far_as_it_may() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        assert descriptors.limit() == min(hard, descriptors.ENOUGH)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == descriptors.limit()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
