"""The state table of jobs: what a person starts for many dead letters at once.

A job changes no delivery and no message but through `lifecycle`; this table is of the job itself.
"""

from __future__ import annotations

from enum import StrEnum

from adapter.core.errors import FatalError


class Act(StrEnum):
    """What a job does with each of its ids."""

    REPLAY = "replay"
    DISCARD = "discard"
    TAKE = "take"


class JobState(StrEnum):
    """The state of a job."""

    RUNNING = "running"  # its command works on it, or a worker
    STOPPED = "stopped"  # by a person, who may resume it
    DONE = "done"
    FORGOTTEN = "forgotten"  # its ids are removed, because they were kept long enough


class JobStep(StrEnum):
    """What changes the state of a job."""

    STOP = "stop"
    RESUME = "resume"
    FINISH = "finish"
    FORGET = "forget"


JOBS: dict[tuple[JobState, JobStep], JobState] = {
    (JobState.RUNNING, JobStep.STOP): JobState.STOPPED,
    (JobState.STOPPED, JobStep.RESUME): JobState.RUNNING,
    (JobState.RUNNING, JobStep.FINISH): JobState.DONE,
    (JobState.DONE, JobStep.FORGET): JobState.FORGOTTEN,
    (JobState.STOPPED, JobStep.FORGET): JobState.FORGOTTEN,
}


def advance_job(state: JobState, step: JobStep) -> JobState:
    """Return the state after a step; FatalError `illegal-transition` without an entry."""
    try:
        return JOBS[state, step]
    except KeyError:
        raise FatalError("illegal-transition", f"{step} while {state}") from None
