"""Load on a real ``saphena serve``: ``python -m benchmarks.serve_load --seconds 120``.

Fifty clinicians fill in cases on loopback: each answers one finding, waits a moment, and answers the next; each answer is
one assessment. Reported: percentiles of the time of an assessment, errors, and how memory grows over many assessments.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from saphena import load_model

FINDINGS = [f.id for f in load_model().knowledge.findings.values() if f.kind == "binary" and f.given is None]
ANSWERS = ("present", "absent", "absent", "unknown")
MOST = 14
"""Findings of one case before the next patient."""


@dataclass
class Told:
    """What was measured."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share was answered."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")

    def row(self, name: str) -> str:
        """One line of the report."""
        parts = " ".join(f"{word} {self.percentile(share):.0f} ms" for word, share in (("p50", 0.5), ("p95", 0.95)))
        slowest = 1000 * max(self.seconds, default=float("nan"))
        return f"{name}: {len(self.seconds)} requests, {parts}, slowest {slowest:.0f} ms, {len(self.errors)} errors"


async def clinician(client: httpx.AsyncClient, seed: int, until: float, wait: float, told: Told) -> None:
    """One clinician, one patient after the other."""
    chance = random.Random(seed)  # noqa: S311 - cases, not secrets
    await asyncio.sleep(chance.uniform(0, wait))
    while time.monotonic() < until:
        case = {"age": chance.randint(20, 90), "sex": chance.choice(["female", "male"]), "setting": "primary_care"}
        answers: dict[str, str] = {}
        for finding in chance.sample(FINDINGS, MOST):
            if time.monotonic() >= until:
                break
            answers[finding] = chance.choice(ANSWERS)
            await assessed(client, {**case, "findings": answers}, told)
            await asyncio.sleep(chance.uniform(0.5, 1.5) * wait)


async def assessed(client: httpx.AsyncClient, case: dict[str, object], told: Told) -> None:
    """One assessment, timed; a case that contradicts itself is refused by design, and is no error."""
    begun = time.perf_counter()
    try:
        answer = await client.post("/api/v1/assess", params={"ahead": 3}, json=case)
    except httpx.HTTPError as error:
        told.errors.append(type(error).__name__)
        return
    told.seconds.append(time.perf_counter() - begun)
    if answer.status_code not in (200, 422):
        told.errors.append(str(answer.status_code))


async def traffic(address: str, token: str, clinicians: int, seconds: float, wait: float) -> Told:
    """All of them at once."""
    told = Told()
    limits = httpx.Limits(max_connections=clinicians, max_keepalive_connections=clinicians)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, limits=limits, timeout=60) as client:
        for _ in range(5):  # Caches are filled as on any morning.
            await assessed(client, {"age": 50, "sex": "female", "setting": "primary_care"}, Told())
        until = time.monotonic() + seconds
        await asyncio.gather(*(clinician(client, seed, until, wait, told) for seed in range(clinicians)))
    return told


async def many(address: str, token: str, number: int, process: int) -> list[tuple[int, float]]:
    """Megabytes of the server after so many assessments."""
    chance, told, seen = random.Random(1), Told(), []  # noqa: S311
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as client:
        for done in range(number + 1):
            if done % max(1, number // 10) == 0:
                seen.append((done, megabytes(process)))
            findings = {one: chance.choice(ANSWERS) for one in chance.sample(FINDINGS, 6)}
            await assessed(client, {"age": 50, "sex": "male", "setting": "primary_care", "findings": findings}, told)
    if told.errors:
        print(f"errors while memory was watched: {told.errors[:5]}")
    return seen


def megabytes(process: int) -> float:
    """Resident memory."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def main() -> None:
    """Start a server, load it, report, stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--clinicians", type=int, default=50)
    parser.add_argument(
        "--wait", type=float, default=4, help="seconds between two answers of one clinician, on average"
    )
    parser.add_argument("--assessments", type=int, default=10_000, help="for the memory; 0 leaves it out")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'record.db'}"
        command = [sys.executable, "-m", "saphena", "serve", "--port", "0", "--database", database]
        begun = time.perf_counter()
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:  # noqa: S603
            try:
                assert server.stdout is not None
                line = server.stdout.readline()
                found = re.search(r"(http://\S+?)/enter\?token=(\S+)", line)
                assert found, line
                address, token = found[1], found[2]
                print(
                    f"first answer after {opened(address, begun):.1f} s; {os.cpu_count()} cores, shared with this client"
                )
                told = asyncio.run(traffic(address, token, given.clinicians, given.seconds, given.wait))
                print(told.row(f"{given.clinicians} clinicians for {given.seconds:.0f} s"))
                if told.errors:
                    print(f"errors: {sorted(set(told.errors))}")
                if given.assessments:
                    for done, size in asyncio.run(many(address, token, given.assessments, server.pid)):
                        print(f"  after {done} assessments: {size:.0f} MB")
            finally:
                server.terminate()


def opened(address: str, begun: float) -> float:
    """Seconds from the start of the process until a page comes."""
    while True:
        try:
            httpx.get(f"{address}/about", timeout=60)
            return time.perf_counter() - begun
        except httpx.TransportError:
            time.sleep(0.05)


if __name__ == "__main__":
    main()
