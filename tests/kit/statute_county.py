"""A county for stories of patients: a journal on HL7 v2, two hospitals, a unit for each need.

Luleå has social services and municipal health care in two systems, and a primary-care centre.
`StatuteCounty.told` empties every inbox, so that a test sees who was told, and who was not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapter.core.endpoint import Settings
from adapter.core.model import Bundle, Event, Need
from adapter.fhir import builders, bundles
from adapter.fhir.builders import Party
from adapter.store.queries import dead, open_items
from tests.kit import drafts
from tests.kit.county import County, Person, Visit, code, stamp
from tests.kit.drafts import HOSPITAL, PLANNING, UMEA
from tests.kit.region import endpoint
from tests.kit.sip_heads import heads

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Europe/Stockholm"))
SOCIAL = Party(organization="SE2120002742-SOCIAL", endpoint="social")
NURSING = Party(organization="SE2120002742-HEMSJV", endpoint="nursing")
CENTRE = Party(organization="SE2321000230-CENTRE", endpoint="centre")
OTHER_CENTRE = Party(organization="SE2321000230-CENTRE2", endpoint="other-centre")
SECOND = Party(organization="SE2321000001-PITE", endpoint="second")
PARTIES = {
    p.endpoint: p for p in (HOSPITAL, SECOND, PLANNING, SOCIAL, NURSING, CENTRE, OTHER_CENTRE, UMEA)
}
CASE = f"{HOSPITAL.organization}/7100231"


def settings() -> Settings:
    """One municipality with a unit for each need, another with social services only."""
    hospital = endpoint(HOSPITAL)
    return Settings(
        endpoints=(
            hospital,
            replace(
                hospital, name="feed", system="hl7v2", broker_user="", return_to=HOSPITAL.endpoint
            ),
            endpoint(SECOND),
            endpoint(PLANNING, carries_for=("2580", "2480")),
            endpoint(SOCIAL, municipality="2580", serves=(Need.SOCIAL_SERVICES,)),
            endpoint(NURSING, municipality="2580", serves=(Need.MUNICIPAL_HEALTH_CARE,)),
            endpoint(CENTRE, municipality="2580", serves=(Need.PRIMARY_CARE,)),
            endpoint(OTHER_CENTRE, municipality="2581", serves=(Need.PRIMARY_CARE,)),
            endpoint(UMEA, municipality="2480", serves=(Need.SOCIAL_SERVICES,)),
        ),
    )


@dataclass(frozen=True)
class Judged:
    """What the physician judges, as ZSP says it."""

    social: str = "N"
    nursing: str = "N"
    centre: str = "N"
    at: datetime = MONDAY
    planned: str = "20260309"
    units: str = ""
    withdrawn: str = ""
    reason: str = ""

    def segment(self) -> str:
        """Return ZSP."""
        needs = f"{self.social}|{self.nursing}|{self.centre}"
        rest = f"{self.planned}|{self.units}|{self.withdrawn}|{self.reason}"
        return f"ZSP|1|{needs}|{stamp(self.at)}|{rest}"


class StatuteCounty(County):
    """The county under the statute's stories. Only `later` lets time pass."""

    def __init__(self, url: str) -> None:
        super().__init__(url, settings())
        self.now = MONDAY

    def reports(
        self,
        trigger: str,
        judged: Judged | None = None,
        *,
        number: str = "195009072553",
        visit: str = "7100231",
        municipality: str = "2580",
        protected: str = "",
        dead: str = "",
        ward: str = "MED3",
        planned: str = "",
        left: str = "",
        ended: str = "",
        recorded: datetime | None = None,
        more: Iterable[str] = (),
    ) -> str:
        """Send an ADT message that is recorded now; return MSA-1 of its acknowledgement."""
        about = Visit(
            number=visit,
            person=Person(number=number, kommun=municipality, dead=dead),
            admitted=MONDAY,
            ward=ward,
            planned=planned or None,
            protected=protected,
            fields={36: left, 45: ended},
        )
        segments = [*more, *([judged.segment()] if judged else [])]
        return code(self.handed_over(self.bytes_of(trigger, about, segments, recorded)))

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.turn(timedelta(**by))

    def told(self) -> dict[str, list[Bundle]]:
        """What each party was told since the last call; each message is receipted."""
        return self.takes(*PARTIES)

    def words(self) -> dict[str, list[str]]:
        """The events of `told`."""
        return {name: [bundles.event_code(b)[1] for b in got] for name, got in self.told().items()}

    def standing(self) -> list[tuple[str, str]]:
        """What stands before a person: code, and the endpoint whose owner must look."""
        with self.store.read() as tx:
            causes = [*dead.dead_letters(tx), *open_items.open_items(tx)]
        return sorted((c.code, c.endpoint) for c in causes)

    def refusals(self, name: str) -> list[str]:
        """Codes in the receipts that a party has got since the last call."""
        found = []
        for bundle in self.inbox(name):
            outcome: Any = bundles.of_type(bundle, "OperationOutcome") or {}
            for issue in outcome.get("issue", ()):
                found += [coding["code"] for coding in issue["details"]["coding"]]
        return found


HOME_HELP = Judged(social="Y")
ALL = Judged(social="Y", nursing="Y", centre="Y")
UNITS = ("social", "nursing", "centre")


def plan(sender: Party, *to: Party, version: str = "1", status: str = "active") -> Bundle:
    """A SIP about the patient of the stories."""
    focus: dict[str, Any] = {
        "resourceType": "CarePlan",
        "id": "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0009",
        "identifier": [{"system": "urn:oid:1.2.3.4", "value": "sip-1"}],
        "status": status,
        "intent": "plan",
        "title": "SIP",
        "category": [
            {
                "coding": [
                    {"system": "https://fhir.inera.se/CodeSystem/typeofcareplan-cs", "code": "SIP"}
                ]
            }
        ],
        "subject": builders.reference("0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0001"),
        **heads(f"Hemtjänst {version}"),
    }
    focus["extension"][0] = builders.extension("version", "PositiveInt", int(version))
    if status == "revoked":
        focus["extension"].append(builders.extension("end-reason", "String", "Ny plan görs"))
    return drafts.enveloped(
        builders.message(
            Event.CARE_PLAN,
            content=f"plan-{sender.endpoint}-{version}",
            sender=sender,
            receivers=to,
            focus=focus,
            others=[drafts.patient()],
            cases=[CASE],
            recorded=MONDAY,
        )
    )


def in_the_case(bundle: Bundle) -> Bundle:
    """The same message in the hospital's case."""
    return drafts.in_case(bundle, CASE)


def refused(county: StatuteCounty, sender: Party, bundle: Bundle) -> list[str]:
    """Send a message, and return the codes of its refusal."""
    county.tells(sender.endpoint, bundle)
    return county.refusals(sender.endpoint)
