"""What a viewer sees of any stay: only what each of its roles may see, and masked never a line."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from adapter.core.endpoint import Sharing
from adapter.core.model import Need
from adapter.policy.stay import Fact, Stay
from adapter.policy.views import (
    EVERY_ROLE,
    MATRIX,
    PLANNING,
    SEEN_NEEDS,
    Viewer,
    masked,
    parting,
    project,
    sees,
)
from tests.kit.stay_words import after, words

SHARED = {
    *("identifiers", "old", "name", "address", "municipality", "planned", "admitted"),
    *("status", "ready", "leave", "discharge", "deceased", "listed", "needs"),
}
"""What every role may see (meaning.md 2): the table of the contract, not that of the code."""
SHARINGS = st.builds(Sharing, wards=st.booleans())
NEEDS = st.frozensets(st.sampled_from(list(Need)), min_size=1)
VIEWERS = st.one_of(
    NEEDS.map(lambda needs: Viewer(roles=frozenset(str(n) for n in needs), needs=needs)),
    NEEDS.map(lambda needs: Viewer(roles=frozenset({PLANNING}), needs=needs)),
)
SECRET = Fact(value="SECRET", recorded="2026-03-02T09:00:00+00:00", message="m-1")


@st.composite
def stays(draw: st.DrawFn) -> Stay:
    """A stay that also knows what nobody may be told."""
    told = draw(st.lists(words(st.integers(0, 500)), max_size=5))
    return Stay(facts={**after(told).facts, "reason": SECRET, "diagnosis": SECRET})


@given(stays(), VIEWERS, SHARINGS)
def test_a_viewer_sees_no_element_that_one_of_its_roles_may_not_see(
    stay: Stay, viewer: Viewer, sharing: Sharing
) -> None:
    seen = project(stay, viewer, sharing)
    assert set(seen) <= SHARED | ({"ward"} if sharing.wards else set())
    for row in MATRIX:
        if any(role not in row.roles for role in viewer.roles):
            assert row.element not in seen
    assert "SECRET" not in json.dumps(seen)


@given(stays(), VIEWERS, SHARINGS)
def test_a_viewer_sees_the_needs_of_its_own_roles_alone(
    stay: Stay, viewer: Viewer, sharing: Sharing
) -> None:
    own = {need for role in viewer.needs for need in SEEN_NEEDS[role]}
    assert set(project(stay, viewer, sharing)["needs"]) <= {str(need) for need in own}
    assert Need.PRIMARY_CARE in viewer.needs or own == set(viewer.needs)


@given(stays(), VIEWERS, SHARINGS)
def test_whoever_has_no_role_sees_nothing(stay: Stay, viewer: Viewer, sharing: Sharing) -> None:
    nobody = Viewer(roles=frozenset(), needs=frozenset())
    assert project(stay, nobody, sharing) == {"needs": {}}
    assert not any(sees(nobody, row.element, sharing) for row in MATRIX)


@given(stays(), VIEWERS, SHARINGS)
def test_more_roles_never_show_another_element(
    stay: Stay, viewer: Viewer, sharing: Sharing
) -> None:
    wider = Viewer(roles=viewer.roles | {str(Need.PRIMARY_CARE)}, needs=viewer.needs)
    assert set(project(stay, wider, sharing)) <= set(project(stay, viewer, sharing))


@given(stays(), VIEWERS, SHARINGS)
def test_a_masked_projection_has_no_line_no_place_and_nothing_new(
    stay: Stay, viewer: Viewer, sharing: Sharing
) -> None:
    seen = project(stay, viewer, sharing)
    bare = masked(seen)
    assert bare["address"] == [{"use": "home", "text": "skyddad"}]
    assert "municipality" not in bare
    assert {k: v for k, v in bare.items() if k != "address"} == {
        k: v for k, v in seen.items() if k not in ("address", "municipality")
    }
    assert "Storgatan" not in json.dumps(bare)
    assert masked(bare) == bare


@given(stays(), VIEWERS, SHARINGS)
def test_a_parting_says_no_address_and_no_time(
    stay: Stay, viewer: Viewer, sharing: Sharing
) -> None:
    seen = project(stay, viewer, sharing)
    last = parting(seen)
    assert last.items() <= seen.items()
    assert set(last) <= {"identifiers", "name", "needs"}


def test_every_role_of_the_matrix_is_a_need_or_the_planning_service() -> None:
    assert set(EVERY_ROLE) == {*(str(need) for need in Need), PLANNING}
    assert {role for row in MATRIX for role in row.roles} <= set(EVERY_ROLE)
