"""What a job and its items are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

JobKind: TypeAlias = Literal["tts", "stt"]
JobState: TypeAlias = Literal["queued", "running", "done", "cancelled"]
ItemState: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]

ENDED: frozenset[str] = frozenset({"done", "failed", "cancelled"})
"""States that nothing follows."""


@dataclass(frozen=True, slots=True)
class NewItem:
    """One thing to do. name: the client's own. request: JSON. size: in bytes, of what was sent."""

    name: str
    request: str
    size: int


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A batch.

    owner: the id of the caller whose it is. wishes: how the whole is to be done; JSON.
    created, ended: seconds since 1970. change: the number of the latest change.
    counts: how many items are in each state.
    """

    id: str
    owner: str
    kind: JobKind
    wishes: str
    state: JobState
    created: float
    ended: float | None
    change: int
    counts: dict[ItemState, int]


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One of a job's items.

    number: from 0. request: JSON; empty once nothing will be done with it any more.
    begun: how often it was begun. change: the number of the job's change that made it so.
    size: bytes on the disk. result, error: JSON; one of them is there once it has ended.
    """

    job: str
    number: int
    name: str
    request: str
    state: ItemState
    begun: int
    change: int
    size: int
    result: str | None
    error: str | None
