"""A process that writes a thousand times and says each time what is committed, until it is killed."""

from __future__ import annotations

import datetime
import sys

from saphena.records import Actor, measurements, open_record


def main(url: str, patient: str) -> None:
    record = open_record(url)
    for i in range(1000):
        with record.work(Actor("clinician", "w" * 32)) as work:
            # Two rows in one unit: never one without the other.
            pair = [
                measurements.add(work, patient, "pain", i % 11, side, datetime.date(2026, 3, 2))  # type: ignore[arg-type]
                for side in ("right", "left")
            ]
        sys.stdout.write(" ".join(one.id for one in pair) + "\n")
        sys.stdout.flush()
    sys.stdout.write("end\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
