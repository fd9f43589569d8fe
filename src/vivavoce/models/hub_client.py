"""The HTTP client of huggingface_hub, made to go by the same proxies as everything else here."""

from __future__ import annotations

from functools import cache

import httpx2
import huggingface_hub
from huggingface_hub.errors import OfflineModeIsEnabled

from vivavoce.http_client.connections import trusted
from vivavoce.http_client.proxies import Routes


@cache
def use_our_proxies() -> None:
    """From now on, all requests of huggingface_hub in this process take our routes."""
    huggingface_hub.set_client_factory(_client)


def _client() -> httpx2.Client:
    """As huggingface_hub makes its own, which sets a timeout for each request."""
    return httpx2.Client(
        transport=_HubRoutes(),
        event_hooks={"request": [_refuse_offline]},
        follow_redirects=True,
        timeout=None,
        trust_env=False,
    )


def _refuse_offline(request: httpx2.Request) -> None:
    # huggingface_hub enforces its switch in its client's hook, which this one replaces.
    if huggingface_hub.is_offline_mode():
        raise OfflineModeIsEnabled(f"HF_HUB_OFFLINE is set, so {request.url.host} is not asked")


class _HubRoutes(httpx2.BaseTransport):
    def __init__(self) -> None:
        tls = trusted()

        def make(proxy: str | None) -> httpx2.HTTPTransport:
            return httpx2.HTTPTransport(verify=tls, trust_env=False, proxy=proxy)

        self._routes = Routes(make)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        return self._routes.to(url.scheme, url.host, url.port).handle_request(request)

    def close(self) -> None:
        for transport in self._routes.made():
            transport.close()
