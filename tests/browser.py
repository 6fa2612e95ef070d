"""A real browser without a window, if there is one: Chromium with WebGL in software."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import contextmanager
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

ENTER, ESCAPE, TAB, HOME = "\ue007", "\ue00c", "\ue004", "\ue011"
LEFT, UP, RIGHT, DOWN = "\ue012", "\ue013", "\ue014", "\ue015"

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--headless=new",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-dev-shm-usage",  # containers have little of it
)
_PATIENCE = 60  # seconds, for what takes a fraction of one

# What every page has beside its own scripts. Timers run when they are due, as they would without
# it; but they can be told to run before that or to wait, and so can frames.
_TESTS = """
window.tests = (() => {
  const { setTimeout, clearTimeout, requestAnimationFrame } = window;
  const timers = new Map(); // what is to run yet, by the timers' ids
  const frames = []; // what is to run yet, while frames wait
  let held = false; // whether timers wait
  let first = ""; // which parts there were when the page was opened

  window.setTimeout = (act, ms) => {
    const run = () => timers.delete(id) && act();
    const id = setTimeout(() => held || run(), ms);
    timers.set(id, run);
    return id;
  };
  window.clearTimeout = (id) => {
    timers.delete(id);
    clearTimeout(id);
  };

  const frame = () => new Promise((then) => requestAnimationFrame(then));
  const parts = () => {
    const parts = document.querySelectorAll("body > *, main > *, #captions > *");
    const total = document.querySelectorAll("*").length;
    return `${total}: ${Array.from(parts, ({ id, hidden }) => `${id} ${hidden}`)}`;
  };
  const fits = ({ pixels }) => {
    const sides = [innerWidth, innerHeight].map((side) => side * devicePixelRatio);
    return sides.every((side, i) => Math.abs(pixels[i] - side) <= 1);
  };

  return {
    holdTimers(on) {
      held = on;
    },

    holdFrames(on) {
      window.requestAnimationFrame = on ? (then) => frames.push(then) : requestAnimationFrame;
      if (!on) frames.splice(0).forEach((then) => requestAnimationFrame(then));
    },

    /** Run what waits for a frame, at a time. */
    frame(now) {
      frames.splice(0).forEach((then) => then(now));
    },

    /** Wait until the page is drawn and nothing moves; timers do not wait for their time. */
    async settled() {
      const made = await page;
      const moves = () => made.view.flight || made.frame || !fits(made);
      do {
        await frame();
        if (!moves()) [...timers.values()].forEach((run) => run());
      } while (moves() || timers.size);
      return made;
    },

    /** Wait until the page is ready, and keep in mind what it is like. */
    async opened() {
      await page;
      first = parts();
    },

    /** Bring the page of an address back to how it was opened; false if that is not possible. */
    reset(address) {
      const never = new Promise((then) => setTimeout(then, 5000, false));
      return Promise.race([this.wiped(address), never]).catch(() => false);
    },

    async wiped(address) {
      if (!first || location.href.split("#")[0] !== address) return false;
      if (document.fullscreenElement) await document.exitFullscreen();
      const made = await this.settled();
      if (!made.ready || made.renderer.gl.isContextLost()) return false;
      const { view, plan } = made;
      for (const [id, value] of [["blend", 0], ["query", ""]]) {
        document.getElementById(id).value = value;
        document.getElementById(id).dispatchEvent(new Event("input"));
      }
      document.activeElement.blur();
      document.body.className = document.getElementById("spoken").textContent = "";
      document.getElementById("help").open = false;
      made.light(-1);
      made.aim(false);
      made.caption(null);
      view.stop();
      view.show(plan.cols / 2, plan.rows / 2, 1);
      await this.settled();
      made.coarse = 1;
      history.replaceState(null, "", address);
      return parts() === first;
    },

    /** Hide all that floats over the picture, or show it again. */
    bare(on) {
      if (on) document.body.dataset.was = document.body.className;
      document.body.className = on ? "bare" : document.body.dataset.was;
      document.getElementById("aim").style.visibility = on ? "hidden" : "";
    },
  };
})();
"""


def start(*arguments):
    """A browser that keeps a log of its requests; skips the test where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    binary = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip(
            "there is no Chromium with its chromedriver (Debian: chromium, chromium-driver)"
        )
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    sandboxed = hasattr(os, "geteuid") and os.geteuid() != 0  # Chromium refuses root one
    for argument in (*_ARGUMENTS, *arguments, *([] if sandboxed else ["--no-sandbox"])):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    chrome.set_script_timeout(_PATIENCE)
    chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _TESTS})
    return chrome


class Window:
    """A window on a page: what is done in it, and what is then seen."""

    def __init__(self, driver):
        self.driver = driver
        self._screen = None

    def resize(self, width, height, density=1, *, touch=False):
        """Make the window so many CSS pixels wide and high, `density` pixels to each."""
        if (width, height, density, touch) == self._screen:
            return
        self._screen = (width, height, density, touch)
        metrics = {"width": width, "height": height, "deviceScaleFactor": density, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})
        self.until(
            f"innerWidth === {width} && innerHeight === {height} && devicePixelRatio === {density}"
        )

    def prefer(self, **features):
        """Set media features, with _ for -: prefers_color_scheme="dark"."""
        chosen = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": chosen})

    def open(self, path, view=""):
        """Load a file at a view, and wait until it is drawn, or says why it cannot be."""
        if self.driver.current_url.partition("#")[0] == path.as_uri():
            self.driver.get("about:blank")  # an address with another hash alone loads nothing
        self.driver.get(path.as_uri() + view)
        self.js("tests.opened().catch(() => {})")
        return self

    def fresh(self, path):
        """Show a file as if it had just been loaded, which it is only if it is not there yet."""
        if not self.js("window.tests?.reset(arguments[0])", path.as_uri()):
            self.open(path)
        return self

    def js(self, expression, *arguments):
        """What a JavaScript expression is in the page."""
        return self.driver.execute_script(f"return {expression}", *arguments)

    def until(self, expression):
        """Wait for an expression to be true; return what it is."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            value = self.js(expression)
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError(f"never came true: {expression}")

    def settle(self):
        """Wait until the view has come to rest and the address says which it is."""
        self.js("tests.settled().then(() => {})")

    @contextmanager
    def by_hand(self):
        """Let no frame be drawn and no timer run meanwhile, but for what `frame` asks for."""
        self.js("void (tests.holdTimers(true), tests.holdFrames(true))")
        try:
            yield
        finally:
            self.js("void (tests.holdTimers(false), tests.holdFrames(false))")
        self.settle()

    def frame(self, now):
        """Draw the frame of a time, in milliseconds, if frames are drawn by hand."""
        self.js("void tests.frame(arguments[0])", now)

    def text(self, selector):
        """The text of what is shown of an element; None if it is hidden."""
        return self.js(
            "((e) => e.checkVisibility() ? e.innerText.trim().replace(/\\s+/g, ' ') : null)"
            "(document.querySelector(arguments[0]))",
            selector,
        )

    def key(self, *keys):
        """Press keys, one after the other, where the focus is."""
        from selenium.webdriver.common.action_chains import ActionChains

        for key in keys:
            ActionChains(self.driver, duration=0).send_keys(key).perform()
            self.settle()

    def type(self, selector, text):
        """Put the focus on an input, and type in place of what is there."""
        element = self.driver.find_element("css selector", selector)
        element.clear()
        if text:
            element.send_keys(text)
        self.settle()

    def press(self, selector):
        """Click on the middle of an element."""
        self.driver.find_element("css selector", selector).click()
        self.settle()

    def move(self, left, top):
        """Point at a place of the window, in CSS pixels."""
        self.mouse("Moved", left, top)
        self.settle()

    def click(self, left, top):
        """Click on a place, and let it be too late for a second click."""
        self._click(left, top)
        self.settle()

    def double_click(self, left, top):
        """Click twice on a place, however long that takes here, as fast as counts."""
        self.js("void tests.holdTimers(true)")
        self._click(left, top)
        self._click(left, top, count=2)
        self.js("void tests.holdTimers(false)")
        self.settle()

    def drag(self, start, end):
        """Press at a place, go to another, release."""
        self.mouse("Moved", *start)
        self.mouse("Pressed", *start, button="left", clickCount=1)
        for place in np.linspace(start, end, 5)[1:].round().tolist():
            self.mouse("Moved", *place, button="left", buttons=1)
        self.mouse("Released", *end, button="left", clickCount=1)
        self.settle()

    def scroll(self, left, top, amount):
        """Turn the wheel over a place; a negative `amount` zooms in."""
        for _ in range(max(1, abs(amount) // 100)):
            self.mouse("Wheel", left, top, deltaX=0, deltaY=max(-100, min(amount, 100)))
        self.settle()

    def touch(self, steps):
        """Put fingers on places, move them step by step, and lift them."""
        for n, places in enumerate(steps):
            points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
            event = {"type": "touchMove" if n else "touchStart", "touchPoints": points}
            self.driver.execute_cdp_cmd("Input.dispatchTouchEvent", event)
        self.driver.execute_cdp_cmd(
            "Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []}
        )
        self.settle()

    def _click(self, left, top, count=1):
        self.mouse("Moved", left, top)
        self.mouse("Pressed", left, top, button="left", clickCount=count)
        self.mouse("Released", left, top, button="left", clickCount=count)

    def mouse(self, what, left, top, **more):
        """Move the mouse to a place, or press or release a button or turn its wheel there."""
        event = {"type": f"mouse{what}", "x": left, "y": top, **more}
        self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)

    def picture(self):
        """What the canvas shows, all that floats over it hidden: (h, w, 3) uint8."""
        self.js("tests.settled().then(() => tests.bare(true))")
        shot = self.screenshot()
        self.js("void tests.bare(false)")
        return shot

    def screenshot(self, path=None):
        """The window as it is seen: (h, w, 3) uint8; saved as PNG, if there is a path."""
        png = self.driver.get_screenshot_as_png()
        if path:
            path.write_bytes(png)
        return np.asarray(Image.open(BytesIO(png)).convert("RGB"))
