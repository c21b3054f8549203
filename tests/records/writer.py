"""A process that writes entry after entry, and says the number of each once it is committed, until it is killed.

Every line it reads is a number to go on from, and gets a writer of its own: the one that is killed need not be loaded.
"""

from __future__ import annotations

import datetime
import os
import sys

from saphena.records import Actor, measurements, open_record

ENTRIES = 1000
FIRST = 1000
"""Value of the first entry; the others follow it one by one, so a value says which entry it is."""


def say(word: object) -> None:
    os.write(1, f"{word}\n".encode())  # At once and whole.


def write(url: str, patient: str, first: int) -> None:
    record = open_record(url)
    say(os.getpid())
    for number in range(first, ENTRIES):
        with record.work(Actor("clinician", "w" * 32)) as work:
            measurements.add(work, patient, "leg_volume", FIRST + number, "left", datetime.date(2026, 3, 2))
        say(number)


def main(url: str, patient: str) -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            write(url, patient, int(line))
            os._exit(0)
        say(f"ended by {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")


if __name__ == "__main__":
    main(*sys.argv[1:])
