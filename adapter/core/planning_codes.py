"""The codes of coordinated planning: plans, invitations, planning basis, transfers and recalls.

Each class is one CodeSystem of profiles/, which has the Swedish words (docs/message.md).
"""

from __future__ import annotations

from enum import StrEnum


class Principal(StrEnum):
    """Huvudman: who answers for an effort, or is called to a meeting (SFS 2009:981)."""

    REGION = "region"
    MUNICIPALITY = "municipality"
    OTHER = "other"  # school, Försäkringskassan, relatives


class Track(StrEnum):
    """Spår: how much coordination a discharge needs. A region may use other codes."""

    BLUE = "blue"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class ParticipantRole(StrEnum):
    """Roles in an invitation that HL7's participation types lack."""

    INTERPRETER = "interpreter"  # tolk


class MeetingForm(StrEnum):
    """Mötesform."""

    PHYSICAL = "physical"
    VIDEO = "video"
    TELEPHONE = "telephone"


class BasisKind(StrEnum):
    """Typ av planeringsunderlag. A region may use other codes."""

    PREPARED_CARE_REQUEST = "prepared-care-request"  # förberedd vårdbegäran
    CARE_REQUEST = "care-request"  # vårdbegäran
    ADMISSION_INFORMATION = "admission-information"  # inmeddelande
    REHABILITATION = "rehabilitation"
    AIDS = "aids"  # hjälpmedelslista


class BasisStatus(StrEnum):
    """Whether a planning basis is still preliminary."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"


class BasisAnswer(StrEnum):
    """An answer about one area of function or risk; vet ej is an answer."""

    YES = "yes"
    NO = "no"
    PARTLY = "partly"
    UNKNOWN = "unknown"  # vet ej


class CommunicationKind(StrEnum):
    """What a Communication is, other than a written message."""

    INFORMATION_TRANSFER = "information-transfer"  # utskrivningsinformation


class Section(StrEnum):
    """A part of the information at discharge (SFS 2017:612 3 kap. 2 §)."""

    SUMMARY = "summary"
    MEDICATION = "medication"
    AIDS = "aids"
    RISK = "risk"
    FOLLOW_UP = "follow-up"
    RESPONSIBLE_PHYSICIAN = "responsible-physician"


class RecallReason(StrEnum):
    """Why a message is recalled."""

    WRONG_RECEIVER = "wrong-receiver"  # felsänt
    WRONG_CONTENT = "wrong-content"  # makulering


class Asked(StrEnum):
    """What the receiver of a recall is asked to do. A journal entry is marked (PDL 3:14)."""

    MARK = "mark"
    BLOCK = "block"
    DELETE = "delete"


class AnswerKind(StrEnum):
    """What a person's answer says beyond its status."""

    NOT_KNOWN = "not-known"  # ej känd: no ongoing effort at this unit
    FORWARDED = "forwarded"  # another unit takes over


class GoalTerm(StrEnum):
    """Whether a goal is near or far."""

    SHORT = "short"
    LONG = "long"


class ConsentForm(StrEnum):
    """How a consent was given."""

    ORAL = "oral"
    WRITTEN = "written"


class Attendance(StrEnum):
    """Whether one took part in the planning meeting."""

    ATTENDED = "attended"
    ABSENT = "absent"  # called, and did not come
    INVITED = "invited"


class ContactRole(StrEnum):
    """Typ av fast kontakt: Inera's kv_typ_av_fast_kontakt (OID 1.2.752.129.5.1.69)."""

    CARE = "1"  # fast vårdkontakt
    PHYSICIAN = "2"  # fast läkarkontakt i primärvård
    HOME_CARE = "3"  # fast omsorgskontakt i hemtjänsten
    COORDINATING = "4"  # fast vårdkontakt med övergripande samordningsansvar


ATTACHMENT_TYPES = ("application/pdf", "text/plain", "image/png", "image/jpeg")
"""The formats of attachments that are taken."""
