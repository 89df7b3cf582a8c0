"""Headless Chromium over the DevTools protocol by a pipe, with nothing but the standard library."""
import base64
import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import time

PROGRAM = next((p for p in map(shutil.which, ["chromium", "chromium-browser", "google-chrome"]) if p), None)


class Page:
    """One page of a file, from opening to closing: what it logged, what it asked for, what a script in it says."""

    def __init__(self, path, width=1400, height=1000, dark=False, touch=False, url=None):
        self.profile = tempfile.mkdtemp(prefix="spate-page-")
        to_read, self.out = os.pipe()
        self.inp, to_write = os.pipe()

        def wire():
            # Chromium reads commands from 3 and writes answers to 4.
            a, b = os.dup(to_read), os.dup(to_write)
            a, b = (os.dup(a), os.dup(b)) if min(a, b) <= 4 else (a, b)
            os.dup2(a, 3)
            os.dup2(b, 4)

        arguments = [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--no-first-run",
                     "--disable-background-networking", "--hide-scrollbars", f"--user-data-dir={self.profile}", f"--window-size={width},{height}", "about:blank"]
        self.process = subprocess.Popen(arguments, preexec_fn=wire, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.next, self.buffer, self.session = 0, b"", None
        self.log, self.requested = [], []
        target = next(t for t in self.send("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network", "DOM"]:
            self.send(domain + ".enable")
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        began = time.monotonic()
        self.send("Page.navigate", url=url or "file://" + os.path.abspath(path))
        self.wait("document.documentElement?.dataset.ready === 'yes'")
        # Charts are drawn when their places are laid out.
        self.wait("document.querySelector('.stage') === null || document.querySelector('.stage svg, .stage canvas') !== null")
        self.opened = time.monotonic() - began

    def send(self, method, **parameters):
        self.next += 1
        number = self.next
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read(30)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.note(answer)

    def read(self, seconds):
        end = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.inp], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("Chromium says nothing")
            piece = os.read(self.inp, 1 << 20)
            if not piece:
                raise EOFError("Chromium is gone")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def note(self, event):
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.consoleAPICalled":
            self.log.append(" ".join(str(a.get("value", a.get("description"))) for a in parameters["args"]))
        elif method == "Runtime.exceptionThrown":
            self.log.append(json.dumps(parameters["exceptionDetails"])[:800])
        elif method == "Log.entryAdded":
            self.log.append(parameters["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requested.append(parameters["request"]["url"])

    def run(self, script):
        """The value of an expression in the page."""
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "?") + " in " + script[:200])
        return result["result"].get("value")

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not self.run(condition):
            if time.monotonic() > end:
                raise TimeoutError(condition + ": " + "; ".join(self.log))
            time.sleep(0.02)

    def mouse(self, kind, x, y, buttons=0):
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left" if kind != "mouseMoved" else "none", buttons=buttons, clickCount=1)

    def click(self, x, y):
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, 1)
        self.mouse("mouseReleased", x, y)

    def drag(self, x0, y0, x1, y1):
        self.mouse("mouseMoved", x0, y0)
        self.mouse("mousePressed", x0, y0, 1)
        for k in range(1, 6):
            self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x0 + (x1 - x0) * k / 5, y=y0 + (y1 - y0) * k / 5, button="left", buttons=1)
        self.mouse("mouseReleased", x1, y1)

    def key(self, name, shift=False):
        text = {"text": name} if len(name) == 1 else {}
        for kind in ["keyDown", "keyUp"]:
            self.send("Input.dispatchKeyEvent", type=kind, key=name, code=name, modifiers=8 if shift else 0, **(text if kind == "keyDown" else {}))

    def box(self, selector):
        """Where an element is, scrolled into view: x, y, width, height."""
        return self.run(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}}); const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; }})()")

    def screenshot(self, path, whole=True, clip=None):
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        area = clip or {"x": 0, "y": 0, "width": size["width"], "height": size["height"] if whole else 1000}
        data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip={**area, "scale": 1})["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def paper(self, path):
        """Prints to a PDF of A4; the number of its pages."""
        data = base64.b64decode(self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False)["data"])
        with open(path, "wb") as file:
            file.write(data)
        return len(re.findall(rb"/Type\s*/Page[^s]", data))

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        os.close(self.out)
        os.close(self.inp)
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
