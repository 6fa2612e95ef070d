"""A real browser without a window, if there is one: Chromium with WebGL in software."""

from __future__ import annotations

import os
import shutil
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

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
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


class Window:
    """A window on a page: what is done in it, and what is then seen."""

    def __init__(self, driver):
        self.driver = driver

    def resize(self, width, height, density=1, *, touch=False):
        """Make the window so many CSS pixels wide and high, `density` pixels to each."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": density, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})

    def prefer(self, **features):
        """Set media features, with _ for -: prefers_color_scheme="dark"."""
        chosen = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": chosen})

    def open(self, path, view=""):
        """Open a file at a view, and wait until it is drawn, or says why it cannot be."""
        self.driver.get("about:blank")  # an address with another hash alone would load nothing
        self.driver.get(path.as_uri() + view)
        self.until(
            "'ready' in document.documentElement.dataset || 'failed' in "
            "document.documentElement.dataset"
        )
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
        self.driver.execute_async_script(
            "const done = arguments[0]; page.then(async (page) => {"
            " const frame = () => new Promise((then) => requestAnimationFrame(then));"
            " do await frame(); while (page.view.flight || page.frame || page.settling);"
            " done(); })"
        )

    def text(self, selector):
        """The text of what is shown of an element; None if it is hidden."""
        return self.js(
            "((e) => e.checkVisibility() ? e.innerText.trim().replace(/\\s+/g, ' ') : null)"
            "(document.querySelector(arguments[0]))",
            selector,
        )

    def key(self, *keys):
        """Press keys, one after the other, where the focus is."""
        for key in keys:
            self._act(lambda actions, key=key: actions.send_keys(key))

    def tab(self):
        """Move the focus to the next control."""
        self._act(lambda actions: actions.send_keys("\ue004"))

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
        self._pointed(left, top, lambda actions: actions)

    def click(self, left, top):
        """Click on a place, and wait until it cannot be a double-click any more."""
        self._pointed(left, top, lambda actions: actions.click())
        time.sleep(0.3)
        self.settle()

    def double_click(self, left, top):
        """Click twice on a place, as fast as counts."""
        self._pointed(left, top, lambda actions: actions.double_click())

    def drag(self, start, end):
        """Press at a place, go to another, release."""

        def dragged(actions):
            actions.click_and_hold()
            for axis in zip(
                *(np.linspace(a, b, 5)[1:] for a, b in zip(start, end, strict=True)), strict=True
            ):
                actions.w3c_actions.pointer_action.move_to_location(*map(round, axis))
            return actions.release()

        self._pointed(*start, dragged)

    def scroll(self, left, top, amount):
        """Turn the wheel over a place; a negative `amount` zooms in."""
        event = {"type": "mouseWheel", "x": left, "y": top, "deltaX": 0, "deltaY": amount}
        for _ in range(max(1, abs(amount) // 100)):
            part = event | {"deltaY": max(-100, min(amount, 100))}
            self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", part)
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

    def _pointed(self, left, top, act):
        def moved(actions):
            actions.w3c_actions.pointer_action.move_to_location(left, top)
            return act(actions)

        self._act(moved)

    def _act(self, act):
        from selenium.webdriver.common.action_chains import ActionChains

        act(ActionChains(self.driver, duration=0)).perform()
        self.settle()

    def picture(self):
        """What the canvas shows, all that floats over it hidden: (h, w, 3) uint8."""
        self.settle()
        bare = self.js("document.body.className")
        self.js("void (document.body.className = 'bare')")
        self.js("void (document.getElementById('aim').style.visibility = 'hidden')")
        shot = self.screenshot()
        self.js(f"void (document.body.className = '{bare}')")
        self.js("void (document.getElementById('aim').style.visibility = '')")
        return shot

    def screenshot(self):
        """The window as it is seen: (h, w, 3) uint8."""
        png = self.driver.get_screenshot_as_png()
        return np.asarray(Image.open(BytesIO(png)).convert("RGB"))
