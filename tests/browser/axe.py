"""axe-core, put into a page by the browser itself: the page's own policy would not let it in."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

_AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  const brief = (node) => node.html.slice(0, 200) + " " + node.failureSummary.replace(/\\s+/g, " ").slice(0, 300);
  return violations.map((found) => `${found.impact} ${found.id}: ${found.nodes.slice(0, 3).map(brief).join(" | ")}`);
}"""


@cache
def _script() -> str:
    return _AXE.read_text(encoding="utf-8")


async def found_by_axe(page: Page) -> list[str]:
    """What is wrong for people who hear the page, use it by keyboard or see little; WCAG 2.2 AA and good practice."""
    if await page.evaluate("typeof axe") == "undefined":
        await page.evaluate(_script())
    found: Any = await page.evaluate(_RUN)
    return list(found)
