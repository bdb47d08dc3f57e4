"""A headless Chromium, driven over its pipe with the Chrome DevTools protocol: no further package is needed.

https://chromedevtools.github.io/devtools-protocol/; with --remote-debugging-pipe the browser reads messages that end in
NUL from its descriptor 3 and writes them to 4.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find():
    """The browser's path, or None."""
    return os.environ.get("EVPILOT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One browser; use it as a context."""

    def __init__(self, path):
        self.profile = tempfile.mkdtemp(prefix="evpilot-chromium-")
        theirs_in, ours_out = self._pipe()
        ours_in, theirs_out = self._pipe()
        arguments = [
            path, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
            "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--hide-scrollbars", "--force-color-profile=srgb", f"--user-data-dir={self.profile}", "about:blank",
        ]  # fmt: skip
        quiet = os.open(os.devnull, os.O_WRONLY)
        self.pid = os.posix_spawn(
            path,
            arguments,
            os.environ,
            setpgroup=0,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, quiet, 1),
                (os.POSIX_SPAWN_DUP2, quiet, 2),
                (os.POSIX_SPAWN_DUP2, theirs_in, 3),
                (os.POSIX_SPAWN_DUP2, theirs_out, 4),
            ],
        )
        for descriptor in (quiet, theirs_in, theirs_out):
            os.close(descriptor)
        self._in, self._out = ours_in, ours_out
        self._buffer, self._number, self.events = b"", 0, []

    @staticmethod
    def _pipe():
        """A pipe whose ends lie above the descriptors that the browser takes."""
        ends = []
        for end in os.pipe():
            ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20))
            os.close(end)
        return ends

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _message(self, until):
        while b"\0" not in self._buffer:
            wait = until - time.monotonic()
            if wait <= 0 or not select.select([self._in], [], [], wait)[0]:
                raise TimeoutError("the browser does not answer")
            data = os.read(self._in, 1 << 20)
            if not data:
                raise RuntimeError("the browser ended")
            self._buffer += data
        raw, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(raw)

    def call(self, method, session=None, timeout=60.0, **params):
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        until = time.monotonic() + timeout
        while True:
            answer = self._message(until)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, path, width=1440, height=900, scale=1.0, phone=False, reduced=False, dark=False, anchor=""):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        page.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )
        page.call(
            "Emulation.setEmulatedMedia",
            features=[
                {"name": "prefers-reduced-motion", "value": "reduce" if reduced else "no-preference"},
                {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            ],
        )
        page.call("Page.navigate", url=Path(path).resolve().as_uri() + anchor)
        page.until("!!window.evpilot")
        return page


class Page:
    """One page of the browser."""

    def __init__(self, browser, session, target):
        self.browser, self.session, self.target = browser, session, target

    def call(self, method, **params):
        return self.browser.call(method, session=self.session, **params)

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", "script failed"))
        return answer["result"].get("value")

    def state(self):
        return self.run("window.evpilot.state()")

    def until(self, condition, timeout=30.0):
        end = time.monotonic() + timeout
        while not self.run(condition):
            if time.monotonic() > end:
                raise TimeoutError(f"never became true: {condition}; {self.complaints()}")
            time.sleep(0.05)

    def key(self, key, **more):
        code = {" ": "Space"}.get(key, key)
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=code, **text, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=code, **more)

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, **more)

    def screenshot(self, path):
        Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def mine(self, method):
        return [
            e["params"] for e in self.browser.events if e.get("sessionId") == self.session and e["method"] == method
        ]

    def complaints(self):
        """Everything that the console, the log or an exception said."""
        said = [e["args"] for e in self.mine("Runtime.consoleAPICalled") if e["type"] in ("error", "warning", "assert")]
        said += [e["exceptionDetails"] for e in self.mine("Runtime.exceptionThrown")]
        return said + [e["entry"] for e in self.mine("Log.entryAdded") if e["entry"]["level"] in ("error", "warning")]

    def requests(self):
        return [e["request"]["url"] for e in self.mine("Network.requestWillBeSent")]

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
