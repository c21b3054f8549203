"""A record beside a plain model of one: whatever is done in whatever order, both hold the same.

The model is lists of values; what it says is compared with what the record says now and then, and at the end.
"""

from __future__ import annotations

import datetime
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    multiple,
    rule,
    run_state_machine_as_test,
)

from saphena.records import Conflict, NotFound, Record, diary, encounters, measurements, open_record, patients, transfer
from tests.records.conftest import BOSS, TODAY, case, rows_of

DAYS = st.integers(0, 3).map(lambda back: TODAY - datetime.timedelta(days=back))
LEGS = st.sampled_from(["right", "left"])
TEN = st.integers(0, 10)
SEEN = st.integers(1, 4)


class RecordBesideModel(RuleBasedStateMachine):
    """Patients, visits, measurements and diary days; the record of SQLite in memory."""

    template: Path
    people = Bundle("people")
    visits = Bundle("visits")
    measured = Bundle("measured")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp(prefix="saphena-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        path = Path(self.folder) / "record.db"
        shutil.copy(self.template, path)
        self.record: Record = open_record(f"sqlite:///{path}")
        self.ages: dict[str, dict[str, list[float]]] = {}
        self.values: dict[str, dict[str, list[tuple[float, bool]]]] = {}
        self.diary: dict[str, dict[datetime.date, list[int]]] = {}
        self.names = 0

    def teardown(self) -> None:
        self.both_hold_the_same()
        assert self.record.verify_audit().faults == ()
        self.record.close()
        shutil.rmtree(self.folder)

    @rule(target=people)
    def add_patient(self) -> str:
        self.names += 1
        with self.record.work(BOSS) as work:
            patient = patients.add(work, f"P{self.names}").id
        self.ages[patient], self.values[patient], self.diary[patient] = {}, {}, {}
        return patient

    @rule(target=visits, patient=people, age=st.integers(0, 100))
    def add_visit(self, patient: str, age: int) -> tuple[str, str]:
        with self.record.work(BOSS) as work:
            visit = encounters.add(work, patient, TODAY, case(age)).id
        self.ages[patient][visit] = [age]
        return patient, visit

    @rule(visit=visits, seen=SEEN, age=st.integers(0, 100))
    def edit_visit(self, visit: tuple[str, str], seen: int, age: int) -> None:
        patient, id_ = visit
        with self.record.work(BOSS) as work:
            if patient not in self.ages:
                with pytest.raises(NotFound):
                    encounters.write(work, id_, seen, case(age), "r")
            elif seen != len(self.ages[patient][id_]):
                with pytest.raises(Conflict) as stale:
                    encounters.write(work, id_, seen, case(age), "r")
                assert stale.value.current.case.age == self.ages[patient][id_][-1]  # type: ignore[attr-defined]
            else:
                encounters.write(work, id_, seen, case(age), "r")
                self.ages[patient][id_].append(age)

    @rule(target=measured, patient=people, value=TEN, leg=LEGS)
    def measure(self, patient: str, value: int, leg: str) -> tuple[str, str]:
        with self.record.work(BOSS) as work:
            id_ = measurements.add(work, patient, "pain", value, leg, TODAY).id  # type: ignore[arg-type]
        self.values[patient][id_] = [(value, False)]
        return patient, id_

    @rule(one=measured, seen=SEEN, value=TEN, withdraw=st.booleans())
    def correct(self, one: tuple[str, str], seen: int, value: int, withdraw: bool) -> None:
        patient, id_ = one
        held = self.values.get(patient, {}).get(id_)
        with self.record.work(BOSS) as work:

            def change() -> None:
                if withdraw:
                    measurements.withdraw(work, id_, seen, "r")
                else:
                    measurements.correct(work, id_, seen, "r", value=value)

            if held is None or seen != len(held) or held[-1][1]:
                with pytest.raises(ValueError, match=r"there is no such|since you read it|was withdrawn"):
                    change()
            else:
                change()
                held.append((held[-1][0], True) if withdraw else (value, False))

    @rule(patient=people, day=DAYS, value=TEN)
    def write_diary(self, patient: str, day: datetime.date, value: int) -> None:
        with self.record.work(BOSS) as work:
            diary.write(work, patient, day, left_pain=value)
        self.diary[patient].setdefault(day, []).append(value)

    @rule(patient=people)
    def give_up(self, patient: str) -> None:
        """What a unit did before it failed is undone."""

        def failing() -> None:
            with self.record.work(BOSS) as work:
                encounters.add(work, patient, TODAY, case())
                diary.write(work, patient, TODAY, left_pain=1)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            failing()

    @rule(target=people, patient=consumes(people), back=st.booleans())
    def delete(self, patient: str, back: bool) -> object:
        """Gone; or out and in again."""
        with self.record.work(BOSS) as work:
            exported = transfer.export_patient(work, patient)
            patients.delete(work, patient)
        left = rows_of(self.record, patient)
        assert sum(left.values()) == left["audit"]
        if back:
            with self.record.work(BOSS) as work:
                transfer.import_patient(work, exported)
            return patient
        for held in (self.ages, self.values, self.diary):
            held.pop(patient)  # type: ignore[attr-defined]
        return multiple()

    @rule()
    def both_hold_the_same(self) -> None:
        with self.record.work(BOSS) as work:
            assert {one.id for one in patients.find(work, limit=200)} == set(self.ages)
            for patient, visits in self.ages.items():
                kept = {
                    one.id: [each.case.age for each in encounters.history(work, one.id)]
                    for one in encounters.of(work, patient)
                }
                assert kept == visits
                current = {one.id: one.value for one in measurements.of(work, patient, diary=False)}
                held = self.values[patient]
                assert current == {id_: values[-1][0] for id_, values in held.items() if not values[-1][1]}
                for id_, values in held.items():
                    assert [(one.value, one.withdrawn) for one in measurements.history(work, id_)] == values
                days = {
                    one.date: [each.left_pain for each in diary.history(work, one.id)]
                    for one in diary.of(work, patient)
                }
                assert days == self.diary[patient]


def test_the_record_holds_what_a_plain_model_holds(empty_file: Path) -> None:
    RecordBesideModel.template = empty_file
    run_state_machine_as_test(
        RecordBesideModel,
        settings=settings(max_examples=settings().max_examples // 50, stateful_step_count=20, deadline=None),
    )
