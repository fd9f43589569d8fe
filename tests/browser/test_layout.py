"""The page as eyes, keyboards and screen readers have it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.served import ServeProcess, visiting

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SECTIONS = ("talk", "transcribe", "speak", "status")

_CONTRASTS = """
() => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [r, g, b] = channels(colour).slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (channels(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const worded = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!worded || !element.checkVisibility() || element.closest(":disabled, noscript")) continue;
    const style = getComputedStyle(element);
    const front = element.namespaceURI.endsWith("svg") ? style.fill : style.color;
    const [a, b] = [light(front), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${element.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return poor;
}
"""

_NAMELESS = """
() => [...document.querySelectorAll("button, input, select, textarea, canvas, audio[controls]")]
  .filter((part) => part.checkVisibility())
  .filter((part) => !(part.labels?.length || part.getAttribute("aria-label") ||
    part.textContent.trim()))
  .map((part) => part.outerHTML.slice(0, 80))
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_stands_out_from_its_ground(server: ServeProcess, *, dark: bool) -> None:
    with visiting(server, dark=dark) as visit:
        page = visit.page
        page.get_by_label("Write instead").fill("Hello.")
        page.keyboard.press("Enter")
        expect(page.locator("#entries .reply .said")).not_to_be_empty(timeout=30_000)
        for section in SECTIONS:
            page.goto(f"{server.url}#{section}")
            expect(page.locator(f"#{section}")).to_be_visible()
            assert page.evaluate(_CONTRASTS) == [], section


@pytest.mark.parametrize("section", SECTIONS)
def test_nothing_is_wider_than_a_phone(server: ServeProcess, section: str) -> None:
    with visiting(server, width=320) as visit:
        visit.page.goto(f"{server.url}#{section}")
        expect(visit.page.locator(f"#{section}")).to_be_visible()
        widths = "[document.documentElement.scrollWidth, innerWidth]"
        scrolled, wide = visit.page.evaluate(widths)
        assert scrolled <= wide


@pytest.mark.parametrize("section", SECTIONS)
def test_every_control_has_a_name(server: ServeProcess, section: str) -> None:
    with visiting(server) as visit:
        visit.page.goto(f"{server.url}#{section}")
        expect(visit.page.locator(f"#{section}")).to_be_visible()
        assert visit.page.evaluate(_NAMELESS) == []


def test_sections_are_reached_by_the_keyboard_alone(server: ServeProcess) -> None:
    with visiting(server) as visit:
        page = visit.page
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        for _ in range(3):
            page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Speak")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Speak")).to_be_focused()
        expect(page).to_have_title("Speak – Vivavoce")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Text")).to_be_focused()


def test_the_page_needs_nothing_from_outside(server: ServeProcess) -> None:
    with visiting(server) as visit:
        asked: list[str] = []
        visit.page.on("request", lambda request: asked.append(request.url))
        visit.page.reload()
        expect(visit.page.locator("#stage")).to_be_visible()
        assert asked
        assert [url for url in asked if not url.startswith(server.url)] == []
        assert visit.complaints == []
