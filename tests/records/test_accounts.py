"""Accounts: no password but the owner's, lockout that grows, sessions that end."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest

from saphena.faults import Faulty
from saphena.records import (
    SYSTEM,
    Actor,
    Conflict,
    LockedOut,
    NotFound,
    Record,
    Refused,
    accounts,
    passwords,
    patients,
    tables,
)
from saphena.records.shapes import Account, Patient
from tests.records.conftest import BOSS, DOCTOR, Clock, everything

WORDS = "four plain words here"


@pytest.fixture
def anna(record: Record) -> Account:
    with record.work(BOSS) as work:
        _, token = accounts.add(work, "Anna", ("clinician", "administrator"))
    return accounts.set_password(record, token, WORDS)


def test_passwords_are_hashed_as_rfc_9106_advises(real_passwords: argon2.PasswordHasher) -> None:
    # RFC 9106, second recommended option: 64 MiB, 3 passes, 4 lanes, argon2id.
    used = real_passwords
    assert (used.type, used.memory_cost, used.time_cost, used.parallelism) == (argon2.Type.ID, 65536, 3, 4)
    assert passwords.outdated(used.hash("x"))  # The tests' own settings are weaker, and differ.


def test_an_account_begins_without_a_password(record: Record) -> None:
    with record.work(BOSS) as work:
        account, token = accounts.add(work, "Anna", ("clinician",))
    assert (account.has_password, account.roles) == (False, ("clinician",))
    for guess in ("", "Anna", "password", "None"):
        with pytest.raises(Refused, match="name or password is wrong"):
            accounts.log_in(record, "Anna", guess)
    assert accounts.set_password(record, token, WORDS).has_password
    session, secret = accounts.log_in(record, " ANNA ", WORDS)
    assert accounts.session_of(record, secret).account.id == session.account.id == account.id
    with pytest.raises(Refused, match="token: does not open"):
        accounts.set_password(record, token, WORDS + "!")


def test_a_one_time_token_expires(record: Record, clock: Clock) -> None:
    with record.work(BOSS) as work:
        _, token = accounts.add(work, "Anna", ("clinician",))
    clock.on(hours=25)
    with pytest.raises(Refused, match="token: does not open"):
        accounts.set_password(record, token, WORDS)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "has 5 signs"),
        ("a" * 1001, "has 1001 signs"),
        ("aaaabbbbaaaabbbb", "easy to guess"),
        ("anna anna anna", "easy to guess"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(record: Record, password: str, said: str) -> None:
    with record.work(BOSS) as work:
        _, token = accounts.add(work, "Anna", ("clinician",))
    with pytest.raises(Faulty, match=said):
        accounts.set_password(record, token, password)
    accounts.set_password(record, token, "пароль из пяти слов")  # The token was not used up.


@pytest.mark.parametrize("name", ["Anna", "nobody", "\0", "\ud800", "x" * 10_000])
def test_wrong_passwords_lock_and_the_lock_grows(record: Record, anna: Account, clock: Clock, name: str) -> None:
    for _ in range(5):
        with pytest.raises(Refused) as refused:
            accounts.log_in(record, name, "wrong")
        assert not isinstance(refused.value, LockedOut)
    waits = []
    for _ in range(9):
        with pytest.raises(LockedOut) as locked:
            accounts.log_in(record, name, WORDS)
        waits.append(round((locked.value.until - clock.at).total_seconds()))
        clock.at = locked.value.until
        with pytest.raises(Refused):
            accounts.log_in(record, name, "wrong")
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    if name == "Anna":
        with record.work(BOSS) as work:
            accounts.unlock(work, anna.id)
        accounts.log_in(record, name, WORDS)


def test_a_right_password_forgets_the_wrong_ones(record: Record, anna: Account, clock: Clock) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(Refused):
                accounts.log_in(record, "anna", "wrong")
        accounts.log_in(record, "anna", WORDS)
    with pytest.raises(Refused):
        accounts.log_in(record, "anna", "wrong")
    clock.on(days=1, seconds=1)
    for _ in range(5):  # After a day the one before no longer counts.
        with pytest.raises(Refused) as refused:
            accounts.log_in(record, "anna", "wrong")
        assert not isinstance(refused.value, LockedOut)


def test_many_tries_at_once_gain_nothing(record: Record, anna: Account) -> None:
    def guess(_: int) -> str:
        try:
            accounts.log_in(record, "anna", "wrong")
        except LockedOut:
            return "locked"
        except Refused:
            return "looked at"
        return "in"

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(12)))
    assert sorted(answers) == ["locked"] * 7 + ["looked at"] * 5


def test_sessions_end(record: Record, anna: Account, clock: Clock) -> None:
    def open_() -> str:
        return accounts.log_in(record, "anna", WORDS)[1]

    def is_over(token: str) -> bool:
        try:
            accounts.session_of(record, token)
        except Refused:
            return True
        return False

    token = open_()
    for _ in range(25):  # Kept alive for 12 hours and half of one, by a look every half hour at the latest.
        if is_over(token):
            break
        clock.on(minutes=29)
    passed = clock.at - datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
    assert datetime.timedelta(hours=12) <= passed < datetime.timedelta(hours=12, minutes=30)
    token = open_()
    clock.on(minutes=31)
    assert is_over(token)
    token, other = open_(), open_()
    assert token != other
    accounts.log_out(record, token)
    assert (is_over(token), is_over(other)) == (True, False)
    with pytest.raises(Refused):
        accounts.change_password(record, anna.id, "wrong", "another four words")
    accounts.change_password(record, anna.id, WORDS, "another four words")
    assert is_over(other)
    with pytest.raises(Refused):
        accounts.log_in(record, "anna", WORDS)
    token = accounts.log_in(record, "anna", "another four words")[1]
    with record.work(BOSS) as work:
        reset = accounts.reset(work, anna.id)
    assert is_over(token)
    with pytest.raises(Refused):
        accounts.log_in(record, "anna", "another four words")
    accounts.set_password(record, reset, WORDS)
    token = open_()
    with record.work(BOSS) as work:
        accounts.add(work, "Boris", ("administrator",))
        accounts.set_active(work, anna.id, False)
    assert is_over(token)
    with pytest.raises(Refused):
        open_()
    assert is_over("")
    assert is_over("\ud800")


def test_a_new_password_can_be_demanded(record: Record, anna: Account) -> None:
    with record.work(BOSS) as work:
        assert accounts.demand_new_password(work, anna.id).must_change_password
    assert accounts.log_in(record, "anna", WORDS)[0].account.must_change_password
    with pytest.raises(Faulty, match="is the old one"):
        accounts.change_password(record, anna.id, WORDS, WORDS)
    assert not accounts.change_password(record, anna.id, WORDS, "another four words").must_change_password


def test_roles(record: Record, anna: Account, person: Patient) -> None:
    with record.work(BOSS) as work:
        with pytest.raises(Faulty, match="is the last administrator"):
            accounts.set_active(work, anna.id, False)
        with pytest.raises(Faulty, match="is the last administrator"):
            accounts.set_roles(work, anna.id, ("clinician",))
        with pytest.raises(Conflict, match="'ANNA' is taken"):
            accounts.add(work, "ANNA", ("clinician",))
        for roles in ((), ("patient", "clinician"), ("king",)):
            with pytest.raises(Faulty, match=r"roles: do not go together|role: there is no 'king'"):
                accounts.add(work, "Vera", roles)  # type: ignore[arg-type]
        vera, _ = accounts.add(work, "Vera", ("patient",))
        assert accounts.allow(work, vera.id, person.id).patients == (person.id,)
        with pytest.raises(Faulty, match="is no patient's"):
            accounts.allow(work, anna.id, person.id)
        other = patients.add(work, "other")
        assert [one.name for one in accounts.all_of(work)] == ["Anna", "Vera"]
        hers = accounts.get(work, vera.id).actor("patient")
    assert hers == Actor("patient", vera.id, only=(person.id,))
    with record.work(hers) as work:
        patients.get(work, person.id)
        with pytest.raises(NotFound):
            patients.get(work, other.id)
        with pytest.raises(NotFound):
            accounts.get(work, anna.id)
        for forbidden in (
            lambda: accounts.all_of(work),
            lambda: accounts.add(work, "x", ("administrator",)),
            lambda: accounts.allow(work, vera.id, other.id),
            lambda: accounts.reset(work, anna.id),
        ):
            with pytest.raises(Refused):
                forbidden()
    with record.work(DOCTOR) as work, pytest.raises(Refused):
        accounts.set_roles(work, vera.id, ("administrator",))
    with record.work(BOSS) as work:
        assert accounts.allow(work, vera.id, person.id, False).patients == ()


def test_signing_in_elsewhere(record: Record, anna: Account) -> None:
    with record.work(BOSS) as work:
        assert accounts.external(work, "https://sso", "42") is None
        accounts.connect_external(work, anna.id, "https://sso", "42")
        found = accounts.external(work, "https://sso", "42")
        assert found is not None
        assert found.id == anna.id
        other, _ = accounts.add(work, "Boris", ("clinician",))
        with pytest.raises(Conflict, match="belongs to another account"):
            accounts.connect_external(work, other.id, "https://sso", "42")
    with record.work(SYSTEM) as work:
        _, token = accounts.open_session(work, anna.id)
        with pytest.raises(Refused):
            accounts.open_session(work, "0" * 32)
    assert accounts.session_of(record, token).account.id == anna.id


def test_no_password_or_token_is_kept_in_clear(record: Record, anna: Account) -> None:
    _, session = accounts.log_in(record, "anna", WORDS)
    with pytest.raises(Refused):
        accounts.log_in(record, "my password instead of my name", "x")
    with record.work(BOSS) as work:
        _, token = accounts.add(work, "Boris", ("clinician",))
        assert accounts.any_exist(work)
    held = everything(record)
    for secret in (WORDS, session, token, "my password"):
        assert all(secret not in text for text in held.values())
    assert "$argon2id$" in held[tables.accounts.name]
    assert "argon2" not in held["audit"]
