# SPDX-License-Identifier: Apache-2.0
"""Opens reports in headless Chromium: every chart is there, hover shows the table's values, nothing fails or is fetched.

usage: browser_test.py GALLERY_PROGRAM HOSTILE_PROGRAM [--screenshots FOLDER]
"""
import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
DEADLINE = 60.0


class Browser:
    """The DevTools protocol over two pipes: the browser reads file descriptor 3 and writes 4."""

    def __init__(self, program, profile):
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        # Through a shell, because the two descriptors must be exactly 3 and 4.
        self._process = subprocess.Popen(
            ["sh", "-c", f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}', program, "--headless", "--no-sandbox",
             "--disable-gpu", "--no-first-run", "--disable-background-networking", "--hide-scrollbars",
             "--window-size=1120,900", f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._rest, self._number, self.events = b"", 0, []
        self._session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        self._process.terminate()
        self._process.wait(20)

    def _message(self):
        while b"\0" not in self._rest:
            piece = os.read(self._read, 1 << 16)
            if not piece:
                raise RuntimeError("the browser went away")
            self._rest += piece
        line, self._rest = self._rest.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, **parameters):
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            request["sessionId"] = self._session
        os.write(self._write, json.dumps(request).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def run(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression[:80]}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def open(self, url):
        self.events.clear()
        self.call("Page.navigate", url=url)
        until = time.monotonic() + DEADLINE
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            if time.monotonic() > until:
                raise RuntimeError("the page did not load")
            self.events.append(self._message())

    def screenshot(self, path, height):
        self.call("Emulation.setDeviceMetricsOverride", width=1120, height=height, deviceScaleFactor=1, mobile=False)
        Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
        self.call("Emulation.clearDeviceMetricsOverride")


class Checks:
    def __init__(self):
        self.count, self.failures = 0, []

    def equal(self, found, expected, what):
        self.count += 1
        if found != expected:
            self.failures.append(f"{what}: found {found!r}, expected {expected!r}")

    def true(self, condition, what):
        self.equal(bool(condition), True, what)


def noise(browser):
    """What a reader's browser would complain about."""
    found = []
    for event in browser.events:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            found.append(str(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            found.append(str(parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            found.append(parameters["entry"]["text"])
    return found


def requests(browser, page):
    """Requests other than for the page itself and what it makes by itself."""
    urls = [e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
    return [u for u in urls if u != page and not u.startswith(("data:", "blob:"))]


CHARTS = """[...document.querySelectorAll('figure .plot > svg')].map((svg, i) => {
  const figure = svg.closest('figure'), data = JSON.parse(document.getElementById(figure.dataset.block).textContent);
  return {i, hidden: figure.hidden, label: svg.getAttribute('aria-label'), role: svg.getAttribute('role'),
    desc: svg.querySelector('desc').textContent, mode: svg.dataset.mode, series: svg.dataset.series || '',
    x: svg.dataset.x, data,
    marks: svg.querySelectorAll('.l, .b, .a, .m, .bar, .h, .cells rect, [class^=q], [class^=d]').length}; })"""

PLACE = """(() => { const svg = document.querySelectorAll('figure .plot > svg')[%d];
  svg.scrollIntoView({block: 'center', behavior: 'instant'});
  const f = svg.getBoundingClientRect(), zoom = f.width / svg.viewBox.baseVal.width;
  const b = svg.dataset.box.split(' ').map((v, i) => Number(v) * zoom + (i %% 2 ? f.top : f.left));
  return {left: b[0], top: b[1], right: b[2], bottom: b[3]}; })()"""

TIP = """(() => { const tip = document.getElementById('tip');
  return tip.hidden ? null : {head: tip.querySelector('b').textContent, rows: [...tip.querySelectorAll('tr')].map(
    (r) => [r.cells[0].textContent, r.querySelector('.value').textContent])}; })()"""

OPEN_TABLE = """(() => { const figure = document.querySelectorAll('figure .plot > svg')[%d].closest('figure');
  figure.querySelector('[data-table]').click();
  const rows = [...figure.querySelectorAll('.wide tbody tr')].map((r) => [...r.cells].map((c) => c.textContent));
  figure.querySelector('[data-table]').click();
  return rows; })()"""


def head_of(chart, table, row, x_columns):
    columns = chart["data"]["columns"]
    first = columns[x_columns[0]]
    text = " to ".join(table[row][c] for c in x_columns)
    if first["kind"] != "number":
        return text
    name = first["name"][:-5] if len(x_columns) == 2 else first["name"]
    return f"{name}: {text}" + (f" {first['unit']}" if first.get("unit") else "")


def rows_under(chart, table, tip):
    """The values of a tip as the chart's own table has them, or None where no row of the table fits."""
    columns = chart["data"]["columns"]
    if chart["mode"] == "grid":
        names = [c["name"] for c in columns]
        for row in table:
            if row[0] == tip["head"]:
                return [[n, row[names.index(n, 1)]] for n, _ in tip["rows"]]
    elif chart["mode"] == "cells":
        for row in table:
            if row[0] == tip["head"] and [v for _, v in tip["rows"]] == row[1:]:
                return [[c["name"], v] for c, v in zip(columns[1:], row[1:])]
    else:
        found = []
        for entry in chart["series"].split():
            xs, ys = ([int(c) for c in part.split("-")] for part in entry.split(":")[:2])
            for r in range(len(table)):
                value = " to ".join(table[r][c] for c in ys)
                if head_of(chart, table, r, xs) == tip["head"] and table[r][ys[0]] != "\u2013":
                    name = columns[ys[0]]["name"]
                    found.append([name[:-6] if len(ys) == 2 else name, value])
        return found
    return None


def check_hover(browser, checks, chart):
    table = browser.run(OPEN_TABLE % chart["i"])
    checks.equal(len(table), len(chart["data"]["values"][0]), f"{chart['label']}: rows of the table")
    box = browser.run(PLACE % chart["i"])
    seen = 0
    for step in range(1, 20):
        x = box["left"] + (box["right"] - box["left"]) * step / 20
        y = box["top"] + (box["bottom"] - box["top"]) * ((step * 7) % 20 + 0.5) / 20
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        tip = browser.run(TIP)
        if tip is None:
            continue
        seen += 1
        expected = rows_under(chart, table, tip)
        if chart["mode"] == "xy" and expected is not None:
            checks.true(all(row in expected for row in tip["rows"]), f"{chart['label']}: {tip} in {expected}")
        else:
            checks.equal(tip["rows"], expected, f"{chart['label']}: hover at {tip['head']}")
    checks.true(seen >= 5, f"{chart['label']}: hover shows values ({seen} of 19 places)")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=2, y=2)
    checks.equal(browser.run(TIP), None, f"{chart['label']}: the tip goes away")


def check_gallery(browser, checks, page, screenshots):
    browser.open(page)
    charts = browser.run(CHARTS)
    checks.true(len(charts) >= 18, f"charts of the gallery: {len(charts)}")
    for chart in charts:
        checks.equal(chart["label"], chart["data"]["title"], "name of a chart")
        checks.equal(chart["role"], "img", chart["label"])
        checks.true(chart["desc"], f"{chart['label']}: has a description")
        checks.true(chart["marks"] > 0, f"{chart['label']}: has marks")
        if not chart["hidden"]:
            check_hover(browser, checks, chart)
    checks.equal({c["mode"] for c in charts}, {"x", "xy", "grid", "cells"}, "modes of hovering")

    same = browser.run("""[...document.querySelectorAll('figure.table')].flatMap((f) => {
      const data = JSON.parse(document.getElementById(f.dataset.block).textContent);
      return [...f.querySelectorAll('tbody tr')].flatMap((row, r) => [...row.cells].map((cell, c) =>
        [cell.textContent, window.twillReport.text(data.values[c][r], data.columns[c])])); })""")
    checks.true(len(same) >= 20, "cells of static tables")
    for written, shown in same:
        checks.equal(written, shown, "a cell as the program and as the script write it")

    first = browser.run("document.querySelector('.plot').focus(), document.activeElement.className")
    checks.equal(first, "plot", "a chart takes the focus")
    for _ in range(2):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight", code="ArrowRight")
    tip = browser.run(TIP)
    checks.equal(tip and tip["head"], "Iteration: 2", "the second value by keyboard")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="Escape", code="Escape")
    checks.equal(browser.run(TIP), None, "Escape hides the tip")

    shown = browser.run("""(() => { const s = document.querySelector('.choice select'); s.selectedIndex = 1;
      s.dispatchEvent(new Event('change'));
      return [...document.querySelectorAll('.choice figure')].map((f) => !f.hidden); })()""")
    checks.equal(shown, [False, True, False], "the second choice")
    browser.run("""(() => { const s = document.querySelector('.choice select'); s.selectedIndex = 0;
      s.dispatchEvent(new Event('change')); })()""")

    browser.call("Browser.setDownloadBehavior", behavior="deny")
    saved = browser.run("""(async () => { const blobs = [], made = URL.createObjectURL;
      URL.createObjectURL = (b) => { blobs.push(b); return made(b); };
      const figure = document.querySelector('figure.table');
      figure.querySelector('[data-save=csv]').click(); figure.querySelector('[data-save=json]').click();
      URL.createObjectURL = made;
      return [await blobs[0].text(), await blobs[1].text(), document.getElementById(figure.dataset.block).textContent];
    })()""")
    checks.equal(saved[1], saved[2], "the saved JSON is the data block")
    checks.equal(saved[0].split("\n")[0], "Plant,Capacity (MW),Output (GWh),In service", "header of the saved CSV")
    checks.equal(saved[0].split("\n")[1], "Upper Alder,420,1840.22,1968-05-01", "first row of the saved CSV")

    colours = []
    for scheme in ("light", "dark"):
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        colours.append(browser.run("getComputedStyle(document.body).backgroundColor"))
        if screenshots:
            browser.run("document.activeElement.blur()")
            height = browser.run("document.documentElement.scrollHeight")
            browser.screenshot(Path(screenshots) / f"gallery-{scheme}.png", height)
    checks.equal(colours, ["rgb(255, 255, 255)", "rgb(20, 24, 29)"], "paper by day and by night")
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    browser.run("document.getElementById('theme').click()")
    checks.equal(browser.run("document.documentElement.dataset.theme"), "dark", "the button for the dark")

    overlaps = browser.run("""[...document.querySelectorAll('figure:not([hidden]) .plot > svg')].flatMap((svg) => {
      const all = [...svg.querySelectorAll('text')].filter((t) => !t.hasAttribute('transform')).map((t) => [t.textContent, t.getBBox()]);
      const frame = svg.viewBox.baseVal, bad = [];
      all.forEach(([a, p], i) => {
        if (p.x < -0.5 || p.x + p.width > frame.width + 0.5 || p.y + p.height > frame.height + 1) bad.push('outside: ' + a);
        for (const [b, q] of all.slice(i + 1)) {
          const w = Math.min(p.x + p.width, q.x + q.width) - Math.max(p.x, q.x), h = Math.min(p.y + p.height, q.y + q.height) - Math.max(p.y, q.y);
          if (w > 0.5 && h > 4) bad.push(a + ' | ' + b);
        } });
      return bad; })""")
    checks.equal(overlaps, [], "texts that meet or leave the picture")
    checks.equal(noise(browser), [], "console of the gallery")
    checks.equal(requests(browser, page), [], "requests of the gallery")


def check_hostile(browser, checks, page, text):
    browser.open(page)
    checks.equal(browser.run("window.broken === undefined"), True, "no text became a script")
    checks.equal(browser.run("document.querySelector('h1').textContent"), text, "the title as it was given")
    checks.equal(browser.run("document.querySelector('.plot > svg').getAttribute('aria-label')"), text, "the chart's title")
    checks.equal(browser.run("document.querySelectorAll('main img, main a, main iframe').length"), 0, "no element from text")
    checks.equal(browser.run("JSON.parse(document.getElementById('hostile').textContent).columns[0].name"), text,
                 "a name in a data block")
    checks.equal(browser.run("document.querySelector('figure.table td').textContent"), text, "a cell")
    charts = browser.run(CHARTS)
    check_hover(browser, checks, charts[0])
    checks.equal(noise(browser), [], "console of the hostile page")
    checks.equal(requests(browser, page), [], "requests of the hostile page")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("gallery")
    parser.add_argument("hostile")
    parser.add_argument("--screenshots")
    options = parser.parse_args()
    golden = sorted((Path(__file__).parent / "golden").glob("*.svg"))
    for picture in golden:
        ElementTree.parse(picture)
    print(f"{len(golden)} pictures are well-formed XML")
    program = next((p for p in map(shutil.which, BROWSERS) if p), None)
    if program is None:
        print("not run: no chromium")
        return 0
    checks = Checks()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        folder = Path(folder)
        pages = [folder / "gallery.html", folder / "again.html", folder / "hostile.html"]
        for page in pages[:2]:
            subprocess.run([options.gallery, page], check=True)
        hostile_text = subprocess.run([options.hostile, pages[2]], check=True, capture_output=True).stdout.decode()
        checks.true(pages[0].read_bytes() == pages[1].read_bytes(), "two runs write the same bytes")
        browser = Browser(program, folder / "profile")
        try:
            check_gallery(browser, checks, pages[0].as_uri(), options.screenshots)
            check_hostile(browser, checks, pages[2].as_uri(), hostile_text)
        finally:
            browser.close()
    for failure in checks.failures[:40]:
        print("FAIL", failure)
    failed = len(checks.failures)
    print(f"{checks.count} checks, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
