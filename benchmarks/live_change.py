"""From a click to the new differential on the screen: ``python -m benchmarks.live_change``.

A real ``saphena serve`` and a real Chromium (``CHROMIUM`` names it), both on this machine. On the findings page one answer
after the other is clicked; the clock of the page runs from the click to the first frame drawn after the differential
beside the form has been exchanged. Reported: milliseconds of each change (p50, p95, slowest), of which the server.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from benchmarks.serve_load import FINDINGS, percentile

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
CLICK = """([name, value]) => new Promise(done => {
  const box = document.querySelector(`input[name="${name}"][value="${value}"]`);
  if (!box || box.checked) return done(null);
  for (let e = box; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true;
  performance.clearResourceTimings();
  const begun = performance.now();
  document.body.addEventListener('htmx:afterSettle', () => requestAnimationFrame(() => setTimeout(() => {
    const asked = performance.getEntriesByType('resource').filter(r => r.name.endsWith('/intake/live')).pop();
    done([performance.now() - begun, asked ? asked.responseEnd - asked.requestStart : null]);
  })), {once: true});
  box.click();
})"""

OPENED = {"a few groups open": 5, "every group open": 1000}
OPEN = (
    "groups => { for (const one of [...document.querySelectorAll('details.group')].slice(0, groups)) one.open = true; }"
)
"""A group has its rows once it is opened."""


def changes(page: Page, number: int) -> list[tuple[float, float | None]]:
    """(ms to the eye, ms of the request where the browser has noted it in time) of so many answers."""
    chance = random.Random(3)  # noqa: S311
    seen: list[tuple[float, float | None]] = []
    for finding in chance.sample(FINDINGS, len(FINDINGS)):
        took = page.evaluate(CLICK, [f"f.{finding.id}", chance.choice(("present", "absent", "absent"))])
        if took is not None:
            seen.append((took[0], took[1]))
        if len(seen) == number:
            break
    return seen


def main() -> None:
    """Start server and browser, click, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=60)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-u", "-m", "saphena", "serve", "--port", "0"]
        command += ["--database", f"sqlite:///{Path(folder) / 'record.db'}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as playwright:  # noqa: S603
            try:
                assert server.stdout is not None
                found = re.search(r"http://\S+", server.stdout.readline())
                assert found
                chromium = playwright.chromium.launch(
                    executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
                )
                page = chromium.new_page()
                page.goto(found[0])
                told = {}
                for words, groups in OPENED.items():
                    page.goto(found[0].partition("/enter")[0] + "/intake?setting=primary_care")
                    page.fill("[name=age]", "62")
                    page.select_option("[name=sex]", "female")
                    page.evaluate(OPEN, groups)
                    while page.locator("details[open] > [hx-post]").count():
                        page.wait_for_timeout(500)
                    page.wait_for_timeout(2000)
                    told[words] = changes(page, given.changes)
            finally:
                server.terminate()
    print(f"{os.cpu_count()} cores shared with the browser")
    for words, seen in told.items():
        eye, asked = [a for a, _ in seen], [b for _, b in seen if b is not None]
        print(
            f"{words}, {len(seen)} changes, to the eye: p50 {median(eye):.0f} ms, p95 {percentile(eye, 0.95):.0f} ms, "
            f"slowest {max(eye):.0f} ms; of it the request: p50 {median(asked):.0f} ms, p95 {percentile(asked, 0.95):.0f} ms"
        )


if __name__ == "__main__":
    main()
