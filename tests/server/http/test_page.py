"""The page's files, as they are served."""

from __future__ import annotations

import re

import httpx

from tests.server.conftest import Served
from vivavoce.server.http.page import assets


async def test_the_page_and_all_that_it_names_are_served_in_their_types(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        page = await client.get("/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        named = re.findall(r'(?:href|src)="(web/[^"]+)"', page.text)
        assert len(named) > 5
        types = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
        for path in named:
            answer = await client.get(f"/{path}")
            assert answer.status_code == 200, path
            assert answer.headers["content-type"].startswith(types[path.rpartition(".")[2]])


async def test_every_module_imports_files_that_are_there(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        for name, asset in assets().items():
            for imported in re.findall(r' from "\./([^"]+)"', asset.content.decode()):
                assert (await client.get(f"/web/js/{imported}")).status_code == 200, name
            for worklet in re.findall(r'"(web/worklets/[^"]+)"', asset.content.decode()):
                assert (await client.get(f"/{worklet}")).status_code == 200, name


async def test_a_browser_that_has_a_file_is_told_that_it_still_holds(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        first = await client.get("/web/js/main.js")
        again = await client.get(
            "/web/js/main.js", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == "no-cache"
        changed = await client.get("/web/js/main.js", headers={"If-None-Match": '"other"'})
        assert (changed.status_code, changed.content) == (200, first.content)


async def test_the_page_may_load_nothing_from_elsewhere(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        page = await client.get("/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page.text)
    for name, asset in assets().items():
        found = re.findall(r"https?://[^\s\"'`)]+", asset.content.decode())
        assert set(found) <= {"http://www.w3.org/2000/svg"}, name


async def test_only_the_pages_own_files_are_served(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        for path in ("/web/", "/web/none.js", "/web/..%2fcli/main.py", "/web/js/../../config.py"):
            answer = await client.get(path)
            assert answer.status_code == 404, path
            assert answer.json()["error"]["code"] == "not_found"
