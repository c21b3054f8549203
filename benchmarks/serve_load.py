"""Load on a real ``saphena serve``: ``python -m benchmarks.serve_load --seconds 120``.

Fifty clinicians fill in cases on loopback, as the pages do it: each answers one finding, and the differential beside the
form follows; thinks for some seconds, and answers the next; after the last the whole assessment is opened, with its
intervals. A tenth of them are programs, which send whole cases to the API instead. Server and clients share the cores.

Reported for each: percentiles of the time until the answer has come whole, and errors; then how memory grows over many
assessments, one after the other.
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
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from saphena import load_model

FINDINGS = [f for f in load_model().knowledge.findings.values() if f.kind == "binary" and f.given is None]
ANSWERS = ("present", "absent", "absent", "unknown")
MOST = 14
"""Findings of one case before the next patient."""
PROGRAMS = 10
"""One in so many sends cases to the API."""
Client = httpx.AsyncClient


@dataclass
class Told:
    """What was measured, by kind of request."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    async def time(self, kind: str, ask: Callable[[], Awaitable[httpx.Response]]) -> None:
        """One request; a case that contradicts itself is refused by design, and is no error."""
        begun = time.perf_counter()
        try:
            answer = await ask()
        except httpx.HTTPError as error:
            self.errors.append(f"{kind}: {type(error).__name__}")
            return
        self.seconds[kind].append(time.perf_counter() - begun)
        if answer.status_code not in (200, 422):
            self.errors.append(f"{kind}: {answer.status_code}")

    def rows(self) -> list[str]:
        """One line for each kind of request."""
        return [
            f"  {kind}: {len(seconds)} requests, p50 {1000 * percentile(seconds, 0.5):.0f} ms, "
            f"p95 {1000 * percentile(seconds, 0.95):.0f} ms, slowest {1000 * max(seconds):.0f} ms"
            for kind, seconds in self.seconds.items()
        ]


def percentile(seconds: list[float], share: float) -> float:
    """Seconds within which this share was answered."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def clinician(client: Client, seed: int, until: float, wait: float, told: Told) -> None:
    """One clinician at the page, one patient after the other."""
    chance = random.Random(seed)  # noqa: S311 - cases, not secrets
    await asyncio.sleep(chance.uniform(0, wait))
    while time.monotonic() < until:
        form = {"age": str(chance.randint(20, 90)), "sex": chance.choice(["female", "male"]), "setting": "primary_care"}
        for finding in chance.sample(FINDINGS, MOST):
            form[f"f.{finding.id}"] = chance.choice(ANSWERS)
            await told.time("differential beside the form", lambda f=dict(form): client.post("/intake/live", data=f))  # type: ignore[misc]
            await asyncio.sleep(chance.uniform(0.5, 1.5) * wait)
            if time.monotonic() >= until:
                return
        await told.time("assessment page", lambda f=dict(form): client.post("/assessment", data=f))  # type: ignore[misc]
        await asyncio.sleep(chance.uniform(0.5, 1.5) * 4 * wait)


async def program(client: Client, seed: int, until: float, wait: float, told: Told) -> None:
    """One program that sends cases."""
    chance = random.Random(seed)  # noqa: S311
    await asyncio.sleep(chance.uniform(0, wait))
    while time.monotonic() < until:
        await told.time("assess by the API", lambda: client.post("/api/v1/assess", json=case(chance)))
        await asyncio.sleep(chance.uniform(0.5, 1.5) * wait)


def case(chance: random.Random) -> dict[str, object]:
    """Somebody with some answers."""
    findings = {one.id: chance.choice(ANSWERS) for one in chance.sample(FINDINGS, 8)}
    sex = chance.choice(["female", "male"])
    return {"age": chance.randint(20, 90), "sex": sex, "setting": "primary_care", "findings": findings}


async def traffic(address: str, token: str, clinicians: int, seconds: float, wait: float) -> Told:
    """All of them at once."""
    told = Told()
    async with entered(address, token, clinicians) as client:
        for seed in range(5):  # Caches are filled as on any morning.
            await program(client, seed, time.monotonic() + 1, 0.1, Told())
        until = time.monotonic() + seconds
        kinds = [program if seed % PROGRAMS == 0 else clinician for seed in range(clinicians)]
        await asyncio.gather(*(kind(client, seed, until, wait, told) for seed, kind in enumerate(kinds)))
    return told


async def many(address: str, token: str, number: int, process: int) -> None:
    """Print megabytes of the server after so many assessments."""
    chance, told = random.Random(1), Told()  # noqa: S311
    async with entered(address, token, 1) as client:
        for done in range(number + 1):
            if done % max(1, number // 10) == 0:
                print(f"  after {done} assessments: {megabytes(process):.0f} MB", flush=True)
            ahead = 3 if done % PROGRAMS == 0 else 0  # What to find out next takes the most memory.
            await told.time("", lambda a=ahead: client.post("/api/v1/assess", params={"ahead": a}, json=case(chance)))  # type: ignore[misc]
    if told.errors:
        raise SystemExit(f"errors while memory was watched: {sorted(set(told.errors))}")


@asynccontextmanager
async def entered(address: str, token: str, connections: int) -> AsyncIterator[Client]:
    """A client that is let in, both as browser and as program."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with Client(base_url=address, headers={"Origin": address}, limits=limits, timeout=60) as client:
        await client.get("/enter", params={"token": token}, follow_redirects=True)
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


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
        "--wait", type=float, default=8, help="seconds between two answers of one clinician, on average"
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
                first = opened(address, begun)
                print(f"first answer after {first:.1f} s; {os.cpu_count()} cores, shared with this client", flush=True)
                told = asyncio.run(traffic(address, token, given.clinicians, given.seconds, given.wait))
                print(f"{given.clinicians} clinicians for {given.seconds:.0f} s, {len(told.errors)} errors")
                print("\n".join(told.rows()), flush=True)
                if told.errors:
                    raise SystemExit(f"errors: {sorted(set(told.errors))}")
                if given.assessments:
                    asyncio.run(many(address, token, given.assessments, server.pid))
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
