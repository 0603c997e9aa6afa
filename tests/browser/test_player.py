"""The player of recordings in a real browser: what is drawn, what is heard on each side, keys, seeking."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.recording.kit import call, running, settings, settled, write_pair
from tests.recording.tones import AGENT_HZ, CALLER_HZ
from tests.web.kit import PASSWORD, Site, running_site

pytestmark = pytest.mark.browser

SECONDS = 900
FLAGS = ["--no-sandbox", "--disable-gpu", "--mute-audio", "--autoplay-policy=no-user-gesture-required"]
LISTEN = """
  window.heard = [];
  const make = AudioContext.prototype.createGain;
  AudioContext.prototype.createGain = function () {
    const gain = make.call(this);
    const ear = this.createAnalyser();
    ear.fftSize = 8192;
    gain.connect(ear);
    window.heard.push(ear);
    return gain;
  };
  window.loudest = (side) => {
    const ear = window.heard[side];
    const bins = new Float32Array(ear.frequencyBinCount);
    ear.getFloatFrequencyData(bins);
    const top = bins.indexOf(Math.max(...bins));
    return bins[top] < -70 ? 0 : (top * ear.context.sampleRate) / ear.fftSize;
  };
"""
INK = """(canvas) => {
  const {data, width, height} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const half = [0, 0];
  for (let n = 3; n < data.length; n += 4) if (data[n]) half[(n / 4 / width) < height / 2 ? 0 : 1] += 1;
  return half;
}"""


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    config = settings(tmp_path)
    async with running_site(tmp_path, settings=config) as site:
        await site.add_people()
        write_pair(tmp_path, seconds=SECONDS, noise=300)
        async with running(config, site.engine) as recorder:
            recorder.note(call(seconds=SECONDS))
            await settled(site.engine)
        yield site


@pytest.fixture
async def page(site: Site) -> AsyncIterator[Page]:
    """The reviewer's browser on the page of the recording. Any error or refusal in the page fails the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = await browser.new_page(base_url=site.address, locale="en-GB")
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        await page.add_init_script(LISTEN)
        await page.goto("/login?next=/recordings/1")
        await page.fill("[name=login]", "reviewer")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button:not([name])")
        await page.wait_for_selector(".player[data-ready=peaks]")
        yield page
        await browser.close()
        assert wrong == []


async def hears(page: Page, side: int, hertz: int) -> None:
    """Wait until one side sounds with that frequency (0: until it is silent)."""
    await page.wait_for_function("([side, hz]) => Math.abs(window.loudest(side) - hz) < 8", arg=[side, hertz])


async def test_each_side_is_drawn_heard_and_muted_by_itself(page: Page) -> None:
    agent, caller = await page.eval_on_selector("canvas", INK)
    assert agent > 1000 and caller > 1000
    await page.keyboard.press("Space")
    await hears(page, 0, AGENT_HZ)
    await hears(page, 1, CALLER_HZ)
    await page.uncheck("[data-do=mute][data-side='0']")
    await hears(page, 0, 0)
    await hears(page, 1, CALLER_HZ)
    await page.check("[data-do=mute][data-side='0']")
    await hears(page, 0, AGENT_HZ)
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("Space")
    assert await page.eval_on_selector("audio", "audio => audio.paused")
    await expect(page.locator("[data-do=toggle]")).to_have_text("Play")


async def test_seeking_works_without_the_whole_file(page: Page) -> None:
    await page.keyboard.press("Space")
    await page.wait_for_function("() => document.querySelector('audio').currentTime > 0")
    box = await page.locator("canvas").bounding_box()
    assert box
    async with page.expect_request(lambda r: not r.headers.get("range", "bytes=0-").startswith("bytes=0-")):
        await page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + 5)
    await page.wait_for_function(f"() => document.querySelector('audio').currentTime > {SECONDS * 0.8}")
    await hears(page, 1, CALLER_HZ)
    before = await page.eval_on_selector("audio", "audio => audio.currentTime")
    await page.keyboard.press("ArrowLeft")
    after = await page.eval_on_selector("audio", "audio => audio.currentTime")
    assert before - 6 < after < before - 3
    await page.keyboard.press("Home")
    assert await page.eval_on_selector("audio", "audio => audio.currentTime") < 2
    assert await page.eval_on_selector("canvas", "c => c.getAttribute('aria-valuetext').endsWith('/ 15:00')")


async def test_speed_is_the_players(page: Page) -> None:
    await page.select_option("[data-do=speed]", "2")
    assert await page.eval_on_selector("audio", "audio => audio.playbackRate") == 2
