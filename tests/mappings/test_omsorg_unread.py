"""Nothing that a document says is passed over: it is read, it is a loss, or it is refused."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from lxml import etree

from adapter.core.errors import FatalError
from adapter.fhir import bundles
from tests.kit import omsorg, omsorg_2
from tests.kit.omsorg_additions import Additions

VERSIONS = pytest.mark.parametrize("version", [omsorg, omsorg_2], ids=["omsorg", "omsorg/2"])
NAMESPACE = f"{{{omsorg_2.NAMESPACE}}}"


def outcome(body: bytes, version: ModuleType) -> tuple[Any, ...]:
    """What becomes of a document: the message with its losses and issues, or the refusal."""
    known = version.context()
    try:
        message = version.read(body, known)
    except FatalError as error:
        return error.code, [issue.expression for issue in error.issues]
    return message, known.losses, known.issues


def losses(body: bytes, version: ModuleType = omsorg_2) -> dict[str, str]:
    known = version.context()
    version.read(body, known)
    return {loss.path: loss.why for loss in known.losses}


def changed(name: str, old: str, new: str) -> bytes:
    """A fixture of omsorg/2 with another text at one place."""
    body = omsorg_2.native(name).decode()
    assert old in body
    return body.replace(old, new, 1).encode()


def documents(version: ModuleType) -> list[Path]:
    """Every document of a version that becomes a message."""
    paths = sorted(version.FIXTURES.glob("[a-z]*/*.native.xml"))
    return [p for p in paths if p.with_name(p.name.replace(".native.xml", ".fhir.json")).exists()]


@VERSIONS
def test_no_optional_attribute_or_empty_element_is_passed_over(version: ModuleType) -> None:
    additions, silent, made = Additions(version.SCHEMA), [], 0
    for path in documents(version):
        document = etree.fromstring(path.read_bytes())
        before = outcome(path.read_bytes(), version)
        for added in additions.to(document):
            made += 1
            if outcome(etree.tostring(document), version) == before:
                silent.append(added)
    assert made > 40
    assert silent == []


def test_empty_elements_are_one_loss_for_each_place() -> None:
    first = '<Deltagare narvaro="narvarande">'
    body = changed("care-plan/sip-in-full", first, f"<Deltagare/><Deltagare/>{first}")
    assert losses(body) == {"/Meddelande/Plan/Deltagare": "an empty element says nothing"}


def test_the_use_of_a_plans_number_is_a_loss() -> None:
    body = changed("progress/own-words", "<PlanId ", '<PlanId bruk="officiellt" ')
    assert losses(body) == {
        "/Meddelande/Framsteg/PlanId/@bruk": "it is not used on the number of a plan"
    }


def test_a_name_beside_names_is_a_loss() -> None:
    body = changed("sip-invitation/full", "<Person hsaId", '<Person namn="Eva Ek" hsaId')
    assert losses(body) == {"/Meddelande/Kallelse/Kallande/Person/@namn": "Namn is read"}


def test_a_colour_keeps_its_own_system_beside_the_code_of_a_region() -> None:
    both = '<Spar farg="gron" system="https://region.example/spar" kod="3"/>'
    body = changed("care-plan/sip-in-full", '<Spar farg="gron"/>', both)
    assert omsorg_2.read(body) == omsorg_2.read(omsorg_2.native("care-plan/sip-in-full"))
    assert losses(body) == {
        "/Meddelande/Plan/Spar/@system": "the colour is read",
        "/Meddelande/Plan/Spar/@kod": "the colour is read",
    }


def test_an_effort_of_the_person_needs_no_word() -> None:
    body = changed("care-plan/sip-in-full", '<DenEnskilde gor="sjalv"/>', "<DenEnskilde/>")
    assert omsorg_2.read(body) == omsorg_2.read(omsorg_2.native("care-plan/sip-in-full"))
    assert losses(body) == {}


UNIT = '<Enhet hsaId="SE0000000001-VC7">Vårdcentralen Sjuan</Enhet>'


@pytest.mark.parametrize(
    ("name", "old", "new", "path"),
    [
        ("care-plan/sip-in-full", "</Samordnare>", f"{UNIT}</Samordnare>", "Plan/Samordnare"),
        ("sip-invitation/full", "</Kallande>", f"{UNIT}</Kallande>", "Kallelse/Kallande"),
        (
            "care-plan/sip-in-full",
            '<Vem slag="den-enskilde"/>',
            f'<Vem slag="den-enskilde">{UNIT}</Vem>',
            "Plan/Deltagare/Vem",
        ),
        (
            "care-plan/sip-in-full",
            '<GivetAv vem="den-enskilde"/>',
            '<GivetAv vem="den-enskilde"><Narstaende relation="Dotter"/></GivetAv>',
            "Plan/Samtycke/GivetAv",
        ),
    ],
)
def test_two_who_cannot_both_be_meant_are_a_contradiction(
    name: str, old: str, new: str, path: str
) -> None:
    with pytest.raises(FatalError) as refused:
        omsorg_2.read(changed(name, old, new))
    issues = [(i.code, i.expression, i.detail) for i in refused.value.issues]
    assert issues == [("contradiction", f"/Meddelande/{path}", "more than one is named; keep one")]


def test_the_text_of_a_reference_to_a_person_is_not_written_as_a_unit() -> None:
    bundle, known = omsorg_2.message("care-plan/sip-in-full"), omsorg_2.context()
    plan = bundles.focus(bundle)
    assert plan is not None
    plan["author"]["display"] = "Eva Ek"
    body = omsorg_2.write(bundle, known)
    coordinator = etree.fromstring(body).find(f"{NAMESPACE}Plan/{NAMESPACE}Samordnare")
    assert [etree.QName(n).localname for n in coordinator] == ["Person"]
    assert [loss.path for loss in known.losses] == ["CarePlan.author.display"]
