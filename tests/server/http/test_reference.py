"""The API's reference: complete, and without anything from outside."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.server.conftest import Served, Serving
from vivavoce.server.http.reference import as_3_0

KEY = "vv-0123456789abcdef0123456789abcdef"


async def test_the_page_needs_nothing_from_outside(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        page = await http.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert {"docs/swagger-ui-bundle.js", "docs/swagger-ui.css", "docs/start.js"} <= set(parts)
        for part in parts:
            assert "://" not in part
            assert (await http.get(f"/{part}")).status_code == 200
        start = (await http.get("/docs/start.js")).text
        assert "<script>" not in page.text
        assert 'url: "docs/openapi-3.0.json"' in start


async def test_only_the_page_s_own_files_are_served(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        for name in ("index.html", "..%2F__init__.py", "swagger-ui.js.map"):
            answer = await http.get(f"/docs/{name}")
            assert answer.status_code == 404
            assert answer.json()["error"]["code"] == "not_found"


async def test_the_reference_is_read_without_a_key_and_tells_how_to_show_one(
    serving: Serving,
) -> None:
    async with (
        serving({"keys": [KEY]}) as server,
        httpx.AsyncClient(base_url=server.url) as http,
    ):
        assert (await http.get("/docs")).status_code == 200
        schema = (await http.get("/openapi.json")).json()
    assert set(schema["components"]["securitySchemes"]) == {"Bearer", "X-API-Key"}
    assert schema["security"] == [{"Bearer": []}, {"X-API-Key": []}]
    assert schema["paths"]["/audio/health"]["get"]["security"] == []
    assert "security" not in schema["paths"]["/metrics"]["get"]


async def test_each_operation_has_a_name_a_meaning_a_tag_and_errors(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        schema = (await http.get("/openapi.json")).json()
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) for name in names)
    for operation in operations:
        assert operation["tags"]
        assert operation["description"], operation["operationId"]
        assert operation["responses"]["default"]["content"]["application/json"]
        assert "422" not in operation["responses"]
    assert "HTTPValidationError" not in str(schema)


async def test_the_page_s_document_has_nothing_that_openapi_3_0_lacks(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        document = (await http.get("/docs/openapi-3.0.json")).json()
        assert set(document["paths"]) == set((await http.get("/openapi.json")).json()["paths"])
    assert document["openapi"] == "3.0.3"
    assert "{'type': 'null'}" not in str(document)


def test_words_of_3_1_are_put_into_those_of_3_0() -> None:
    given: dict[str, Any] = {
        "openapi": "3.1.0",
        "a": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "A"},
        "b": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        "c": {"const": "x"},
        "d": [{"exclusiveMinimum": 0}],
        "properties": {"const": {"type": "string"}, "anyOf": {"type": "array"}},
    }
    assert as_3_0(given) == {
        "openapi": "3.0.3",
        "a": {"type": "string", "title": "A", "nullable": True},
        "b": {"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
        "c": {"enum": ["x"]},
        "d": [{"minimum": 0, "exclusiveMinimum": True}],
        "properties": {"const": {"type": "string"}, "anyOf": {"type": "array"}},
    }
