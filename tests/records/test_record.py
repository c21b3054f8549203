"""What the record holds, on both engines: versions, conflicts, ranges, and who may see what."""

from __future__ import annotations

import datetime
import threading

import pytest

from saphena.faults import Faulty
from saphena.model.network import Model
from saphena.records import (
    SYSTEM,
    Actor,
    Busy,
    Conflict,
    NotFound,
    Record,
    Refused,
    Settings,
    diary,
    encounters,
    measurements,
    open_record,
    outcomes,
    patients,
    treatments,
    visits,
)
from saphena.records.shapes import Encounter, Patient
from tests.records.conftest import BOSS, DOCTOR, TODAY, Clock, case

DAY = datetime.timedelta(days=1)


def test_a_patient_is_kept_as_written_and_found_again(record: Record, person: Patient) -> None:
    assert (person.identifier, person.birth_year, person.sex, person.number) == ("B-1024", 1961, "female", 1)
    assert (person.label, person.archived_at, person.example, person.by_id) == (None, None, False, DOCTOR.id)
    with record.work(DOCTOR) as work:
        other = patients.add(work, "Ж_7%", None, label="the tall one")
        assert patients.find(work, "b-10") == [person]
        assert patients.find(work, "ж_7%") == [other]
        assert patients.find(work, "TALL") == [other]
        assert patients.find(work) == [other, person]
        assert patients.find(work, limit=1, offset=1) == [person]
        assert patients.find(work, "' OR 1=1 --") == []


def test_a_corrected_patient_keeps_the_old_version(record: Record, person: Patient) -> None:
    with record.work(BOSS) as work:
        new = patients.correct(work, person.id, 1, "misread", birth_year=1967)
        assert (new.number, new.birth_year, new.identifier, new.reason) == (2, 1967, "B-1024", "misread")
        assert [(one.number, one.birth_year) for one in patients.history(work, person.id)] == [(1, 1961), (2, 1967)]
        with pytest.raises(Conflict) as stale:
            patients.correct(work, person.id, 1, "again", birth_year=1960)
        assert patients.correct(work, person.id, 2, "not known after all", birth_year=None).birth_year is None
        assert patients.correct(work, person.id, 3, "her own", identifier="b-1024").identifier == "b-1024"
    assert stale.value.current == new


def test_an_archived_patient_leaves_the_list_and_comes_back(record: Record, person: Patient) -> None:
    with record.work(DOCTOR) as work:
        other = patients.add(work, "other")
        assert patients.archive(work, person.id).archived_at is not None
        assert patients.find(work) == [other]
        assert [one.id for one in patients.find(work, archived=True)] == [person.id]
        assert [one.id for one in patients.called(work, "b-1024 ")] == [person.id]
        assert patients.archive(work, person.id, False).archived_at is None
        assert patients.find(work, archived=True) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"identifier": " "}, "identifier: is empty"),
        ({"identifier": "a\0b"}, "identifier: holds signs that cannot be kept"),
        ({"identifier": "\ud800"}, "identifier: holds signs that cannot be kept"),
        ({"identifier": "x" * 101}, "identifier: is 101 letters long. Keep it to 100"),
        ({"identifier": "b-1024"}, "identifier: 'B-1024' is already there"),
        ({"birth_year": 1800}, "birth year: 1800 is not believed. Write a number from 1905 to 2026"),
        ({"birth_year": 2027}, "birth year: 2027 is not believed"),
        ({"sex": "f"}, "sex: there is no 'f'. Known: female, male, unknown"),
    ],
)
def test_a_patient_that_cannot_be_is_refused(record: Record, person: Patient, content: dict, said: str) -> None:
    with record.work(DOCTOR) as work, pytest.raises(Faulty) as refused:
        patients.add(work, **{"identifier": "new", **content})
    assert said in str(refused.value)


def test_labels_are_off_unless_set(url: str) -> None:
    record = open_record(url)
    with record.work(DOCTOR) as work, pytest.raises(Faulty, match="labels are off"):
        patients.add(work, "A", label="Anna")
    record.close()
    assert Settings().labels is False


def test_a_case_is_kept_in_versions(record: Record, visit: Encounter) -> None:
    with record.work(DOCTOR) as work:
        new = encounters.write(work, visit.id, 1, case(65, ache="absent"), "asked again", origin="other_person")
        assert (new.number, new.case.age, new.date, new.origin) == (2, 65, TODAY, "other_person")
        assert encounters.get(work, visit.id, 1) == visit
        assert [one.number for one in encounters.history(work, visit.id)] == [1, 2]
        assert encounters.of(work, visit.patient) == [new]
        with pytest.raises(NotFound, match="there is no version 3"):
            encounters.get(work, visit.id, 3)
        with pytest.raises(NotFound, match="there is no version -1"):
            encounters.get(work, visit.id, -1)
        with pytest.raises(Faulty, match="reason: is empty"):
            encounters.write(work, visit.id, 2, case(), " ")


def test_two_at_once_one_is_told_and_nothing_is_lost(record: Record, visit: Encounter) -> None:
    ready = threading.Barrier(2)
    done: list[object] = []

    def edit(age: float) -> None:
        ready.wait()
        try:
            with record.work(DOCTOR) as work:
                done.append(encounters.write(work, visit.id, 1, case(age), "edited"))
        except Conflict as conflict:
            done.append(conflict)

    threads = [threading.Thread(target=edit, args=(age,)) for age in (70, 80)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = next(one for one in done if isinstance(one, Encounter))
    lost = next(one for one in done if isinstance(one, Conflict))
    assert lost.current == won
    with record.work(DOCTOR) as work:
        assert encounters.history(work, visit.id) == [visit, won]


def test_two_processes_of_a_clinic_follow_one_another(url: str, record: Record, visit: Encounter, clock: Clock) -> None:
    other = open_record(url, clock=clock)  # Locks of this process do not help here, only those of the database.
    counts = []

    def count(mine: Record) -> None:
        for _ in range(20):
            while True:
                with mine.work(DOCTOR) as work:
                    seen = encounters.get(work, visit.id).number
                try:
                    with mine.work(DOCTOR) as work:
                        counts.append(encounters.write(work, visit.id, seen, case(), "one more").number)
                    break
                except Conflict:
                    continue

    threads = [threading.Thread(target=count, args=(one,)) for one in (record, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(counts) == list(range(2, 42))
    assert record.verify_audit().faults == ()


def test_who_waits_too_long_is_told_and_writes_nothing(url: str, record: Record) -> None:
    def hurried(mine: Record) -> None:
        with mine.work(DOCTOR) as work:
            patients.add(work, "never")

    other = open_record(url, settings=Settings(busy_seconds=0.05))
    with record.work(
        DOCTOR
    ):  # Another process waits for the lock of the database, another thread for that of the record.
        with pytest.raises(Busy, match=r"is busy with other work; nothing was written\. Try again"):
            hurried(other)
        with other._turn, pytest.raises(Busy):
            hurried(other)
    with other.work(DOCTOR) as work:
        assert patients.find(work) == []
    other.close()


def test_an_exception_undoes_the_whole_unit(record: Record) -> None:
    before = record.verify_audit()

    def lost() -> None:
        with record.work(DOCTOR) as work:
            patients.add(work, "lost")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lost()
    with record.work(DOCTOR) as work:
        assert patients.find(work) == []
    assert record.verify_audit().entries == before.entries + 1


def test_measurements_are_corrected_and_withdrawn(record: Record, person: Patient, visit: Encounter) -> None:
    with record.work(DOCTOR) as work:
        first = measurements.add(work, person.id, "calf_circumference", 36, "left", TODAY, encounter=visit.id)
        second = measurements.add(work, person.id, "heaviness", 6.5, "right", TODAY - DAY, origin="patient")
        right = measurements.correct(work, first.id, 1, "tape slipped", value=38.5)
        assert (right.value, right.leg, right.unit, right.encounter) == (38.5, "left", "cm", visit.id)
        assert measurements.of(work, person.id) == [second, right]
        assert measurements.of(work, person.id, "heaviness") == [second]
        measurements.withdraw(work, second.id, 1, "of another patient")
        assert measurements.of(work, person.id) == [right]
        assert [one.withdrawn for one in measurements.history(work, second.id)] == [False, True]
        with pytest.raises(Faulty, match="was withdrawn as entered in error"):
            measurements.correct(work, second.id, 2, "after all", value=5)


@pytest.mark.parametrize(
    ("kind", "value", "leg", "said"),
    [
        ("heaviness", 11, "left", "heaviness: 11 is not believed. Write a number from 0 to 10"),
        ("pain", -0.1, "left", "pain: -0.1 is not believed"),
        ("pain", float("nan"), "left", "pain: nan is not believed"),
        ("calf_circumference", 385, "left", "385 cm is not believed. Write a number from 10 to 120 cm"),
        ("ankle_brachial_index", 3.01, "left", "ankle_brachial_index: 3.01 is not believed"),
        ("leg_volume", 299, "right", "299 mL is not believed. Write a number from 300 to 40000 mL"),
        ("pain", 3, None, "leg: pain is of one leg. Say right or left"),
        ("pain", 3, "both", "leg: there is no 'both'. Known: right, left"),
        ("weight", 80, None, "kind: there is no 'weight'"),
        ("instrument", 3, None, "a score needs the id of its instrument"),
    ],
)
def test_a_measurement_that_cannot_be_is_refused(
    record: Record, person: Patient, kind: str, value: float, leg: str | None, said: str
) -> None:
    with record.work(DOCTOR) as work, pytest.raises(Faulty) as refused:
        measurements.add(work, person.id, kind, value, leg, TODAY)  # type: ignore[arg-type]
    assert said in str(refused.value)


@pytest.mark.parametrize("date", [TODAY + 2 * DAY, datetime.date(1899, 12, 31)])
def test_a_day_that_cannot_be_is_refused(record: Record, person: Patient, date: datetime.date) -> None:
    with record.work(DOCTOR) as work:
        with pytest.raises(Faulty, match="cannot be"):
            measurements.add(work, person.id, "pain", 3, "left", date)
        with pytest.raises(Faulty, match="cannot be"):
            encounters.add(work, person.id, date, case())


def test_scores_are_checked_by_their_instrument(record: Record, person: Patient, model: Model) -> None:
    with record.work(DOCTOR) as work:
        # Ten items of 0 to 3 points: 0 to 30.
        score = measurements.add(work, person.id, "instrument", 30, "left", TODAY, instrument="rvcss", model=model)
        assert (score.instrument, score.unit) == ("rvcss", "points")
        with pytest.raises(Faulty, match=r"rvcss: 31 points is not believed. Write a number from 0 to 30 points"):
            measurements.add(work, person.id, "instrument", 31, "left", TODAY, instrument="rvcss", model=model)
        with pytest.raises(Faulty, match=r"there is no 'rvcs'. Did you mean rvcss"):
            measurements.add(work, person.id, "instrument", 3, "left", TODAY, instrument="rvcs", model=model)


def test_treatments_start_stop_and_are_corrected(record: Record, person: Patient, model: Model) -> None:
    with record.work(DOCTOR) as work:
        course = treatments.start(
            work, person.id, TODAY - 9 * DAY, treatment="compression_stockings", leg="both", model=model
        )
        other = treatments.start(work, person.id, TODAY - 10 * DAY, words="cold showers")
        assert treatments.of(work, person.id) == [other, course]
        stopped = treatments.stop(work, course.id, 1, TODAY, "could not put them on")
        assert (stopped.number, stopped.until, stopped.reason, stopped.leg) == (2, TODAY, None, "both")
        with pytest.raises(Conflict):
            treatments.stop(work, course.id, 1, TODAY, "again")
        with pytest.raises(Faulty, match="was stopped on 2026-03-02"):
            treatments.stop(work, course.id, 2, TODAY, "again")
        with pytest.raises(Faulty, match="ends on 2026-02-01, before it starts on 2026-02-21"):
            treatments.correct(
                work, course.id, 2, "dates", since=TODAY - 9 * DAY, until=datetime.date(2026, 2, 1), why_stopped="x"
            )
        with pytest.raises(Faulty, match="Did you mean compression_stockings"):
            treatments.start(work, person.id, TODAY, treatment="compression_stocking", model=model)
        with pytest.raises(Faulty, match="is named twice or not at all"):
            treatments.start(work, person.id, TODAY)


def test_outcomes_say_what_it_was_and_keep_their_history(record: Record, visit: Encounter, model: Model) -> None:
    condition = model.conditions[0]
    with record.work(DOCTOR) as work:
        assert outcomes.get(work, visit.id) is None
        first = outcomes.write(work, visit.id, 0, TODAY, "yes", conditions=(condition,), model=model)
        with pytest.raises(Conflict) as there:
            outcomes.write(work, visit.id, 0, TODAY, "yes", conditions=(condition,))
        assert there.value.current == first
        second = outcomes.write(
            work, visit.id, 1, TODAY, "no", words="a rare thing", why_not="not in the list", triage="same_day",
            why_triage="looked ill", reason="biopsy came back",
        )  # fmt: skip
        assert (second.number, second.conditions, second.words) == (2, (), "a rare thing")
        assert outcomes.history(work, visit.id) == [first, second]
        assert outcomes.of(work, visit.patient) == [second]
        [row] = outcomes.rows(work)
        assert (row["agreement"], row["clinician_triage"], row["outside_vocabulary"]) == (
            "no",
            "same_day",
            "a rare thing",
        )
        for wrong, said in (
            ({"agreement": "no", "words": "x"}, "why not: is empty"),
            ({"agreement": "yes"}, "diagnosis: is empty"),
            ({"agreement": "yes", "words": "x", "triage": "urgent"}, "an override is a level and its reason"),
            ({"agreement": "yes", "conditions": ("dragon_pox",), "model": model}, "there is no 'dragon_pox'"),
            ({"agreement": "yes", "conditions": (condition,), "over": ("other",)}, "over: there is no 'other'"),
        ):
            with pytest.raises(Faulty, match=said):
                outcomes.write(work, visit.id, 2, TODAY, reason="r", **wrong)
    with record.work(BOSS) as work, pytest.raises(Refused):
        outcomes.write(work, visit.id, 2, TODAY, "yes", words="x", reason="r")


def test_an_outcome_recorded_by_mistake_is_withdrawn_and_kept(record: Record, visit: Encounter, model: Model) -> None:
    condition = model.conditions[0]
    with record.work(DOCTOR) as work:
        with pytest.raises(NotFound, match="there is none of this visit"):
            outcomes.withdraw(work, visit.id, 1, "r")
        first = outcomes.write(work, visit.id, 0, TODAY, "yes", conditions=(condition,), model=model)
        with pytest.raises(Conflict):
            outcomes.withdraw(work, visit.id, 2, "r")
        with pytest.raises(Faulty, match="reason: is empty"):
            outcomes.withdraw(work, visit.id, 1, " ")
        gone = outcomes.withdraw(work, visit.id, 1, "of the next patient")
        assert (gone.number, gone.withdrawn, gone.reason) == (2, True, "of the next patient")
        assert outcomes.history(work, visit.id) == [first, gone]
        assert (outcomes.get(work, visit.id), outcomes.of(work, visit.patient), outcomes.rows(work)) == (gone, [], [])
        carried = visits.next_case(work, visit.patient, model, TODAY).case
        assert carried is not None
        assert carried.known_conditions == ()
        with pytest.raises(Faulty, match="was withdrawn as entered in error"):
            outcomes.withdraw(work, visit.id, 2, "again")
        with pytest.raises(Conflict):
            outcomes.write(work, visit.id, 0, TODAY, "yes", words="w")
        last = outcomes.write(work, visit.id, 2, TODAY, "yes", words="w", reason="now the right one")
        assert (last.number, last.withdrawn, last.conditions) == (3, False, ())
        assert outcomes.of(work, visit.patient) == [last]
    with record.work(BOSS) as work, pytest.raises(Refused):
        outcomes.withdraw(work, visit.id, 3, "r")


def test_a_visit_entered_in_error_takes_with_it_what_was_entered_there(
    record: Record, visit: Encounter, model: Model
) -> None:
    with record.work(DOCTOR) as work:
        inside = measurements.add(work, visit.patient, "pain", 3, "left", TODAY, encounter=visit.id)
        outside = measurements.add(work, visit.patient, "pain", 4, "left", TODAY)
        course = treatments.start(work, visit.patient, TODAY, words="w", encounter=visit.id)
        outcomes.write(work, visit.id, 0, TODAY, "yes", conditions=model.conditions[:1])
        visits.withdraw(work, visit.id, 1, "of the next patient")
        line = visits.timeline(work, visit.patient)
        assert (line.encounters, line.measurements, line.treatments, line.outcomes) == ((), (outside,), (), ())
        for versions in (
            encounters.history(work, visit.id),
            measurements.history(work, inside.id),
            treatments.history(work, course.id),
            outcomes.history(work, visit.id),
        ):
            assert [(one.withdrawn, one.reason) for one in versions] == [(False, None), (True, "of the next patient")]
        for late in (
            lambda: outcomes.write(work, visit.id, 2, TODAY, "yes", words="w", reason="r"),
            lambda: measurements.add(work, visit.patient, "pain", 3, "left", TODAY, encounter=visit.id),
        ):
            with pytest.raises(Faulty, match="was withdrawn as entered in error"):
                late()


def test_a_diary_has_one_entry_a_day(record: Record, person: Patient, clock: Clock) -> None:
    with record.work(SYSTEM) as work:
        first = diary.write(work, person.id, TODAY, left_heaviness=4, evening_swelling="yes", note=" tired ")
        second = diary.write(work, person.id, TODAY, left_heaviness=5, right_pain=0)
        assert (first.note, second.note, second.id, second.number) == ("tired", None, first.id, 2)
        assert diary.of(work, person.id) == [second]
        assert diary.day(work, person.id, TODAY - DAY) is None
        before = diary.write(work, person.id, TODAY - DAY, right_pain=10)
        assert diary.of(work, person.id) == [before, second]
        assert diary.of(work, person.id, since=TODAY) == [second]
        trend = [(one.kind, one.leg, one.value, one.date) for one in measurements.of(work, person.id)]
        assert trend == [
            ("pain", "right", 10, TODAY - DAY),
            ("heaviness", "left", 5, TODAY),
            ("pain", "right", 0, TODAY),
        ]
        for wrong, said in (
            ({}, "nothing is filled in"),
            ({"left_pain": 11}, "11 is not believed"),
            ({"note": "n" * 501}, "Keep it to 500"),
        ):
            with pytest.raises(Faulty, match=said):
                diary.write(work, person.id, TODAY, **wrong)


def test_whoever_is_confined_sees_nobody_else(record: Record, person: Patient, visit: Encounter) -> None:
    with record.work(DOCTOR) as work:
        other = patients.add(work, "other")
        theirs = encounters.add(work, other.id, TODAY, case())
        measured = measurements.add(work, other.id, "pain", 3, "left", TODAY)
    confined = Actor("patient", "a" * 32, only=(person.id,))
    with record.work(confined) as work:
        assert patients.find(work) == [patients.get(work, person.id)]
        assert encounters.get(work, visit.id) == visit
        for look in (
            lambda: patients.get(work, other.id),
            lambda: encounters.get(work, theirs.id),
            lambda: encounters.write(work, theirs.id, 1, case(), "r"),
            lambda: measurements.of(work, other.id),
            lambda: measurements.history(work, measured.id),
            lambda: measurements.add(work, person.id, "pain", 3, "left", TODAY, encounter=theirs.id),
            lambda: diary.write(work, other.id, TODAY, left_pain=3),
            lambda: visits.timeline(work, other.id),
        ):
            with pytest.raises(NotFound):
                look()
        for forbidden in (
            lambda: patients.delete(work, person.id),
            lambda: patients.add(work, "mine"),
            lambda: outcomes.write(work, visit.id, 0, TODAY, "yes", words="x"),
            lambda: outcomes.rows(work),
        ):
            with pytest.raises(Refused):
                forbidden()


@pytest.mark.parametrize("id_", ["", "1", "x" * 32, "A" * 32, "a" * 31 + "\0", "../../etc", "a" * 5000])
def test_an_id_that_is_none_is_not_found(record: Record, id_: str) -> None:
    with record.work(DOCTOR) as work:
        for look in (patients.get, encounters.get, measurements.history, visits.timeline, treatments.of):
            with pytest.raises(NotFound):
                look(work, id_)
