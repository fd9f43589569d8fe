"""Who comes in, and how much of what at once."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace

import pytest

from tests.server.conftest import Serving
from vivavoce.config.server_settings import LimitSettings, ServerSettings
from vivavoce.errors import BadConfig
from vivavoce.events import SpeechStarted
from vivavoce.server.access.admission import Admission, Caller
from vivavoce.server.access.keys import hash_of, name_of, new_key
from vivavoce.server.access.machine_load import MachineLoad, next_load
from vivavoce.server.errors import Problem
from vivavoce.server.http.addresses import is_private, listening_host
from vivavoce.server.live_conversations import LiveConversations
from vivavoce.server.observe.metrics import Metrics
from vivavoce.testing import ScriptedLlm, ScriptedStt

ANYONE = Caller("anyone")


def admission(*keys: str, **limits: int) -> Admission:
    return Admission(ServerSettings(keys=keys, limits=LimitSettings(**limits)), Metrics())


def refusals(admission: Admission, reason: str) -> float | None:
    registry = admission._meters.registry
    return registry.get_sample_value("vivavoce_refusals_total", {"reason": reason})


def test_without_keys_everybody_is_anyone() -> None:
    assert admission().identify(None) == admission().identify("any key") == ANYONE


def test_a_key_is_needed_where_there_are_keys() -> None:
    key = new_key()
    door = admission("another key", hash_of(key))
    assert door.identify(key) == Caller(name_of(key))
    for wrong, code in ((None, "missing"), ("", "invalid"), ("x", "invalid")):
        with pytest.raises(Problem) as refused:
            door.identify(wrong)
        assert (refused.value.status, refused.value.code) == (401, f"{code}_api_key")
    assert refusals(door, "invalid_api_key") == 2


def test_who_guesses_keys_is_slowed_down_and_others_are_not() -> None:
    key = new_key()
    door = admission(hash_of(key))
    for number in range(20):
        with pytest.raises(Problem, match="wrong"):
            door.identify(f"guess {number}", "10.0.0.1")
    for guess in ("guess 20", key, "ek_guess"):
        with pytest.raises(Problem) as refused:
            door.identify(guess, "10.0.0.1")
        assert (refused.value.status, refused.value.code) == (429, "too_many_wrong_keys")
        assert 0 < (refused.value.retry_after or 0) <= 3.0
    assert door.identify(key, "10.0.0.2") == Caller(name_of(key))
    assert refusals(door, "too_many_wrong_keys") == 3


def test_who_forgets_the_key_is_not_taken_for_a_guesser() -> None:
    key = new_key()
    door = admission(hash_of(key))
    for _ in range(30):
        with pytest.raises(Problem, match="no API key"):
            door.identify(None, "10.0.0.1")
    assert door.identify(key, "10.0.0.1") == Caller(name_of(key))


@pytest.mark.parametrize("keys", [(), ("the good key",)])
def test_a_client_secret_comes_as_whoever_issued_it(keys: tuple[str, ...]) -> None:
    door = admission(*keys)
    issuer = door.identify("the good key")
    secret = door.secrets.issue(issuer.id, 60, {"voice": "tone"})
    assert door.identify(secret.value) == replace(issuer, secret=secret)
    with pytest.raises(Problem, match="expired"):
        door.identify("ek_nonsense")


def test_sessions_are_bounded_and_return_their_places() -> None:
    door = admission(sessions=2)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(door.session(ANYONE))
        with pytest.raises(Problem) as refused, door.session(ANYONE):
            pass
        assert (refused.value.status, refused.value.code) == (503, "too_many_sessions")
        assert refused.value.retry_after
        assert door.sessions == 2
    assert door.sessions == 0
    with door.session(ANYONE):
        assert door.sessions == 1


def test_one_key_cannot_take_all_sessions() -> None:
    door = admission(sessions_per_key=1)
    with door.session(Caller("a")), door.session(Caller("b")):
        with pytest.raises(Problem) as refused, door.session(Caller("a")):
            pass
        assert refused.value.status == 429
    with door.session(Caller("a")):
        pass
    assert not door._sessions


def test_a_session_that_fails_returns_its_place() -> None:
    door = admission()
    with pytest.raises(ZeroDivisionError), door.session(ANYONE):
        raise ZeroDivisionError
    assert door.sessions == 0


def test_under_load_running_sessions_are_spared_new_ones() -> None:
    door = admission()
    door.load = MachineLoad(0.5, high=True)
    with door.session(ANYONE):  # nobody would suffer from it
        with pytest.raises(Problem, match="work waits 500 ms") as refused, door.session(ANYONE):
            pass
        assert (refused.value.status, refused.value.code) == (503, "overloaded")
        assert refusals(door, "overloaded") == 1
        door.load = MachineLoad(0.1)
        with door.session(ANYONE):
            assert door.sessions == 2


def test_a_server_that_shuts_down_begins_no_session() -> None:
    door = admission()
    with door.session(ANYONE):
        door.close()
        with pytest.raises(Problem) as refused, door.session(ANYONE):
            pass
        assert refused.value.code == "shutting_down"


async def test_requests_compute_so_many_at_once() -> None:
    door = admission(requests=2, requests_waiting=3)
    inside = most = 0

    async def work() -> None:
        nonlocal inside, most
        async with door.request(ANYONE):
            inside += 1
            most = max(most, inside, door.computing)
            await asyncio.sleep(0)
            inside -= 1

    results = await asyncio.gather(*(work() for _ in range(8)), return_exceptions=True)
    assert most == 2
    assert [type(result) for result in results].count(Problem) == 3
    assert (door.computing, door.waiting) == (0, 0)
    assert refusals(door, "busy") == 3


async def test_a_key_that_asks_too_often_is_told_when_to_return() -> None:
    door = admission(requests_per_minute=2)
    for _ in range(2):
        async with door.request(Caller("a")):
            pass
    with pytest.raises(Problem) as refused:
        async with door.request(Caller("a")):
            pass
    assert (refused.value.status, refused.value.code) == (429, "rate_limit_exceeded")
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 30
    async with door.request(Caller("b")):
        pass
    assert door.computing == 0


@pytest.mark.parametrize(
    ("settings", "host"),
    [
        (ServerSettings(), "127.0.0.1"),
        (ServerSettings(keys=("k",)), "0.0.0.0"),
        (ServerSettings(open=True), "0.0.0.0"),
        (ServerSettings(host="::1"), "::1"),
        (ServerSettings(host="localhost"), "localhost"),
        (ServerSettings(host="127.0.0.1", keys=("k",)), "127.0.0.1"),
        (ServerSettings(host="192.168.1.2", open=True), "192.168.1.2"),
        (ServerSettings(host="192.168.1.2", keys=("k",)), "192.168.1.2"),
    ],
)
def test_a_server_without_keys_listens_to_this_machine_only(
    settings: ServerSettings, host: str
) -> None:
    assert listening_host(settings) == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org", ""])
def test_a_server_that_others_reach_needs_keys_or_to_be_declared_open(host: str) -> None:
    with pytest.raises(BadConfig, match=r"server\.open"):
        listening_host(ServerSettings(host=host))


def test_only_a_keyless_server_on_loopback_is_private() -> None:
    assert is_private(ServerSettings())
    assert is_private(ServerSettings(host="::1"))
    assert not is_private(ServerSettings(keys=("k",), host="127.0.0.1"))
    assert not is_private(ServerSettings(open=True))


@pytest.mark.parametrize(("local", "bounded"), [(True, True), (False, False)])
async def test_talkers_are_bounded_where_an_engine_computes_on_this_machine(
    serving: Serving, local: bool, bounded: bool
) -> None:
    stt, llm = ScriptedStt(), ScriptedLlm()
    stt.local, llm.local = local, False
    async with serving({"limits": {"talking": None}}, stt=stt, llm=llm) as server:
        assert (server.service.admission.most_talking > 0) == bounded


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def a_house(*, talking: int, delay_s: float = 0.1) -> tuple[Admission, LiveConversations, Clock]:
    """A door, the conversations behind it, and their clock."""
    clock = Clock()
    limits = LimitSettings(talking=talking, delay_s=delay_s)
    door = Admission(ServerSettings(limits=limits), Metrics())
    conversations = LiveConversations(Metrics(), clock=clock)
    door.talking = conversations.talking
    return door, conversations, clock


async def test_talkers_keep_the_machine_and_silent_sessions_do_not() -> None:
    door, conversations, clock = a_house(talking=1)
    with door.session(ANYONE), conversations.enter("test") as conversation:
        clock.now += 3
        with door.session(ANYONE):
            pass
        conversation.handle(SpeechStarted(1, 0.0))
        with (
            pytest.raises(Problem, match="1 sessions are talking") as caught,
            door.session(ANYONE),
        ):
            pass
        assert (caught.value.status, caught.value.code) == (503, "overloaded")
        assert caught.value.retry_after == 5.0
        clock.now += 10
        with door.session(ANYONE):
            pass


async def test_of_twelve_callers_at_the_same_moment_as_many_are_let_in_as_may_talk() -> None:
    door, conversations, clock = a_house(talking=4)
    with ExitStack() as stack:
        refused = []
        for _ in range(12):
            try:
                stack.enter_context(door.session(ANYONE))
            except Problem as problem:
                refused.append((problem.code, problem.retry_after))
            else:
                stack.enter_context(conversations.enter("test"))
        assert door.sessions == 4
        assert refused == [("overloaded", 5.0)] * 8
        clock.now += 3  # none of them has said anything
        stack.enter_context(door.session(ANYONE))
    with door.session(ANYONE):
        assert conversations.talking() == 0


async def test_a_burst_is_forgotten_when_everybody_has_left() -> None:
    door, conversations, _ = a_house(talking=0, delay_s=0.1)
    with door.session(ANYONE), conversations.enter("test"):
        for _ in range(20):
            door.load = next_load(door.load, 5.5, 0.25, 0.1)
        with pytest.raises(Problem, match="overloaded"), door.session(ANYONE):
            pass
    with door.session(ANYONE), door.session(ANYONE), door.session(ANYONE):
        assert not door.load.high


def test_a_wait_of_seconds_is_forgotten_within_seconds() -> None:
    load = MachineLoad()
    for _ in range(40):
        load = next_load(load, 60.0, 0.25, 0.1)
    assert load.high
    for _ in range(20):
        load = next_load(load, 0.0, 0.25, 0.1)
    assert not load.high
