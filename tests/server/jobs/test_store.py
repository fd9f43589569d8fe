"""What is kept of jobs, whatever happens to them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.server.jobs.job import ENDED, NewItem, StoredItem
from vivavoce.server.jobs.queue import MOST_BEGUN
from vivavoce.server.jobs.store import Store

ACTS = st.lists(
    st.sampled_from(["begin", "end", "fail", "put back", "restart", "cancel a", "cancel b"]),
    max_size=40,
)


@settings(deadline=None, max_examples=60)
@given(actions=ACTS, sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_a_job_has_ended_when_its_items_have_and_each_change_is_told_once(
    actions: list[str], sizes: tuple[int, int]
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "jobs.sqlite")
        store = Store(path)
        for job, size in zip("ab", sizes, strict=True):
            store.add(job, f"owner {job}", "tts", "{}", [NewItem("", "{}", 1)] * size)
        told: dict[str, dict[int, StoredItem]] = {"a": {}, "b": {}}
        since = {"a": 0, "b": 0}
        running: StoredItem | None = None
        for act in actions:
            match act:
                case "begin" if running is None:
                    begun = store.queue.begin("")
                    running = begun[1] if begun else None
                case "end" if running is not None:
                    store.queue.end(running, size=5, result="{}")
                    running = None
                case "fail" if running is not None:
                    store.queue.end(running, error="{}")
                    running = None
                case "put back" if running is not None:
                    store.queue.put_back(running)
                    running = None
                case "restart":
                    store.close()
                    store = Store(path)
                    store.queue.recover()
                    running = None
                case "cancel a" | "cancel b":
                    store.cancel(act[-1])
                    running = None if running and running.job == act[-1] else running
            for job in "ab":
                follow(store, job, told[job], since)
        assert store.used()[1] == sum(it.size for job in "ab" for it in all_items(store, job))
        store.close()


def follow(store: Store, job: str, told: dict[int, StoredItem], since: dict[str, int]) -> None:
    """What a client that listens all the time knows is what is so."""
    found = store.changes(job, since[job])
    assert found is not None
    now, items = found
    for item in items:
        before = told.get(item.number)
        assert before is None or before.state not in ENDED, "what has ended does not change"
        told[item.number] = item
        since[job] = max(since[job], item.change)
    states = {item.number: item.state for item in all_items(store, job)}
    assert {number: item.state for number, item in told.items()} == {
        number: state for number, state in states.items() if number in told
    }
    assert all(state == "queued" for number, state in states.items() if number not in told)
    assert (now.ended is not None) == all(state in ENDED for state in states.values())
    assert (now.ended is not None) == (now.state in ("done", "cancelled"))
    assert sum(now.counts.values()) == len(states)


def all_items(store: Store, job: str) -> list[StoredItem]:
    found = store.changes(job, -1)
    assert found is not None
    return found[1]


def test_an_item_is_given_up_after_it_was_begun_too_often(tmp_path: Path) -> None:
    store = Store(tmp_path / "jobs.sqlite")
    store.add("a", "me", "tts", "{}", [NewItem("", "{}", 1), NewItem("", "{}", 1)])
    for _ in range(MOST_BEGUN):
        begun = store.queue.begin("")
        assert begun is not None
        assert begun[1].number == 0
        store.queue.recover()
    begun = store.queue.begin("")
    assert begun is not None
    assert begun[1].number == 1
    first = store.item("a", 0)
    assert first is not None
    assert first.state == "failed"
    store.close()


def test_what_was_asked_for_is_forgotten_once_it_is_done(tmp_path: Path) -> None:
    store = Store(tmp_path / "jobs.sqlite")
    store.add("a", "me", "tts", "{}", [NewItem("", "a secret", 8), NewItem("", "a secret", 8)])
    begun = store.queue.begin("")
    assert begun is not None
    store.queue.end(begun[1], size=3, result="{}")
    store.cancel("a")
    store.close()
    assert b"a secret" not in (tmp_path / "jobs.sqlite").read_bytes()
