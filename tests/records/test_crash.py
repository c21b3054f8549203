"""A process killed in the middle of its work: what it said was kept is kept, and nothing is there by halves."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from saphena.records import Record, measurements, patients
from saphena.records.shapes import Patient
from saphena.records.tables import entries
from tests.records.conftest import DOCTOR


@pytest.mark.parametrize(("after", "delay"), [(3, 0.0), (500, 0.003)])
def test_killed_during_a_thousand_writes(record: Record, url: str, person: Patient, after: int, delay: float) -> None:
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.records.writer", url, person.id], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    said = [child.stdout.readline().split() for _ in range(after)]
    time.sleep(delay)  # Somewhere inside one of the next writes.
    child.kill()
    said += [line.split() for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    child.stdout.close()
    assert child.wait() == -9
    assert after <= len(said) < 1000
    with record.work(DOCTOR) as work:  # PostgreSQL lets go of what the dead process held.
        kept = measurements.of(work, person.id, diary=False)
        ids = {one.id for one in kept}
        assert {id_ for pair in said for id_ in pair} <= ids
        assert len(kept) in (2 * len(said), 2 * len(said) + 2)  # One more may be kept, and the word of it lost.
        assert sum(one.leg == "left" for one in kept) * 2 == len(kept)
        heads = work.connection.scalar(sa.select(sa.func.count()).where(entries.c.kind == "measurement"))
        assert heads == len(kept)
        patients.add(work, "life goes on")
    report = record.verify_audit()
    assert report.faults == ()
    added = [one.entry for one in record.audit_of(person.id) if (one.action, one.kind) == ("add", "measurement")]
    assert set(added) == ids
