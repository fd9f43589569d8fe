"""Which requests go through a proxy, and what is said of one that is none."""

from __future__ import annotations

import httpx
import pytest

from vivavoce.http_client.connections import Connections, async_client, trusted
from vivavoce.http_client.proxies import BadProxy, Proxies

PROXY = "http://proxy:3128"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def none_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_each_scheme_has_its_variable_and_all_proxy_is_for_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Proxies().of("https", "example.org", None) is None
    monkeypatch.setenv("ALL_PROXY", PROXY)
    monkeypatch.setenv("HTTPS_PROXY", "secure:8080")
    assert Proxies().of("http", "example.org", None) == PROXY
    assert Proxies().of("https", "example.org", None) == "http://secure:8080"


@pytest.mark.parametrize(
    ("no_proxy", "straight", "proxied"),
    [
        ("*", ["example.org"], []),
        ("example.org", ["example.org", "a.example.org", "EXAMPLE.ORG"], ["notexample.org"]),
        (".example.org, other", ["a.example.org", "other"], ["example.com"]),
        ("*.example.org", ["a.example.org"], ["example.com"]),
        ("10.0.0.0/8", ["10.1.2.3"], ["11.1.2.3", "ten.example.org"]),
        ("fd07:b51a:cc66:f0::/64", ["fd07:b51a:cc66:f0::1"], ["fd07:b51a:cc66:f1::1"]),
        ("[fd07::1],fd07::2", ["fd07::1", "[fd07::2]"], ["fd07::3"]),
        ("example.org:443", ["example.org"], ["other"]),
        ("example.org:8443", [], ["example.org"]),
        ("http://a b c", ["a", "b"], ["d"]),
        ("[::1,]]:x:,", [], ["example.org"]),
    ],
)
def test_no_proxy_is_understood_in_all_the_ways_it_is_written(
    no_proxy: str, straight: list[str], proxied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    proxies = Proxies()
    for host in straight:
        assert proxies.of("https", host, None) is None, host
    for host in proxied:
        assert proxies.of("https", host, None) == PROXY, host


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.3.2.1", "::1", "[::1]"])
@pytest.mark.parametrize("proxy", [PROXY, "nonsense://x", "socks://127.0.0.1:7890/"])
def test_this_machine_is_reached_without_a_proxy(
    host: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    assert Proxies().of("http", host, 8080) is None


def test_socks_has_several_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, taken in (("socks://p:1/", "socks5://p:1/"), ("socks5h://p:1", "socks5h://p:1")):
        monkeypatch.setenv("ALL_PROXY", given)
        assert Proxies().of("http", "example.org", None) == taken


@pytest.mark.parametrize(
    "value", ["nonsense://x", "http://", "http://me:secret@[::1", "ftp://me:secret@p"]
)
def test_what_is_no_proxy_is_told_by_its_variable_and_without_its_password(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    with pytest.raises(BadProxy, match=r"^ALL_PROXY is .*which is no proxy; set it to one") as told:
        Proxies().of("http", "example.org", None)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "socks5://127.0.0.1:1"])
async def test_requests_to_elsewhere_go_through_the_proxy(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    async with async_client(Connections(2.0, 2.0), trusted(), {}) as client:
        with pytest.raises(httpx.TransportError):
            await client.get("http://example.invalid/")
