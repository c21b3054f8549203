"""A process killed in the middle of its work: what it said was kept is kept, and nothing is there by halves."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from saphena.records import Record, measurements
from saphena.records.shapes import Patient
from saphena.records.tables import entries, measurement_versions
from tests.records.conftest import DOCTOR
from tests.records.writer import ENTRIES, FIRST


def test_killed_three_times_during_a_thousand_writes(record: Record, url: str, person: Patient) -> None:
    early, middle, late = random.randrange(1, 100), random.randrange(400, 600), random.randrange(900, 990)
    command = [sys.executable, "-m", "tests.records.writer", url, person.id]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        kept = 0
        for last in (early, middle, late, None):
            said, ended = written(writer, kept, last)
            assert ended == (0 if last is None else -signal.SIGKILL)
            assert said == list(range(kept, kept + len(said)))
            assert last is None or last in said
            before, kept = kept, whole(record, person.id)
            assert kept - before - len(said) in (0, 1)  # One more may be kept, and the word of it lost.
    assert kept == ENTRIES


def written(writer: subprocess.Popen[str], first: int, last: int | None) -> tuple[list[int], int]:
    """Numbers that were said to be committed by a writer that is killed soon after one of them, and how it ended."""
    assert writer.stdin
    assert writer.stdout
    print(first, file=writer.stdin, flush=True)
    child, began, said = int(writer.stdout.readline()), time.perf_counter(), []
    for line in writer.stdout:
        if line.startswith("ended by"):
            return said, int(line.split()[-1])
        said.append(int(line))
        if said[-1] == last:
            time.sleep(random.uniform(0, time.perf_counter() - began) / len(said))  # Anywhere inside the next write.
            os.kill(child, signal.SIGKILL)
    raise EOFError


def whole(record: Record, patient: str) -> int:
    """How many entries there are, from the first on and each of them with all that belongs to it."""
    with record.work(DOCTOR) as work:  # PostgreSQL lets go of what the dead process held.
        kept = measurements.of(work, patient, diary=False)
        heads = set(work.connection.scalars(sa.select(entries.c.id).where(entries.c.kind == "measurement")))
        versions = list(work.connection.scalars(sa.select(measurement_versions.c.id)))
    assert [one.value - FIRST for one in kept] == list(range(len(kept)))
    assert record.verify_audit().faults == ()
    added = [one.entry for one in record.audit_of(patient) if (one.action, one.kind) == ("add", "measurement")]
    assert [one.id for one in kept] == added == sorted(versions, key=added.index)
    assert heads == set(added)
    return len(kept)
