"""``saphena record`` and ``saphena audit``, as somebody at a terminal uses them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from saphena.faults import Faulty
from saphena.interfaces.cli import account as accounts_commands
from saphena.interfaces.cli import record as commands
from saphena.model.network import Model
from saphena.records import Record, accounts, open_record, patients, tables
from tests.records.conftest import DOCTOR, raw
from tests.records.filled import MARK, filled


def called(*words: str | Path, database: str | None = None) -> tuple[int, str]:
    """Exit status and what was printed; refusals as ``saphena.interfaces.cli.app`` shows them."""
    group, *rest = map(str, words)
    given = [*rest, "--database", database] if database else rest
    held = accounts_commands if group == "account" else commands
    done = CliRunner().invoke(getattr(held, group), given)
    if isinstance(done.exception, Faulty):
        return 2, str(done.exception)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_out_in_and_gone(record: Record, url: str, small: Model, tmp_path: Path) -> None:
    filled(record, small)
    record.close()
    out = tmp_path / "patient.json"
    status, said = called("record", "export", MARK, "--out", out, database=url)
    assert (status, "It holds patient data" in said) == (0, True)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(out.read_text())["tables"]["patient_versions"][1]["identifier"] == MARK
    assert called("record", "export", MARK, "--out", out, database=url)[0] == 2
    assert "would go; add --yes" in called("record", "delete", MARK, database=url)[1]
    assert "are gone" in called("record", "delete", MARK, "--yes", database=url)[1]
    assert called("record", "delete", MARK, "--yes", database=url) == (
        2,
        f"{MARK}: is no identifier of a patient. Write it as it stands in the list of patients",
    )
    assert called("record", "import", out, database=url) == (0, f"{MARK} is in the record.\n")
    assert "already here" in called("record", "import", out, database=url)[1]
    out.write_text("{")
    assert "is no JSON" in called("record", "import", out, database=url)[1]


def test_verify_says_what_is_wrong(record: Record, url: str, small: Model) -> None:
    filled(record, small)
    status, said = called("audit", "verify", database=url)
    head = said.rpartition("Head: ")[2].strip()
    assert (status, "entries, whole." in said) == (0, True)
    assert called("audit", "verify", "--expected", head, database=url)[0] == 0
    assert called("audit", "verify", "--expected", f"{head.partition(':')[0]}:{'0' * 64}", database=url)[0] == 1
    assert "is no head" in called("audit", "verify", "--expected", "1", database=url)[1]
    with raw(record) as connection:
        connection.execute(sa.delete(tables.audit).where(tables.audit.c.number == 3))
    record.close()
    status, said = called("audit", "verify", database=url)
    assert (status, said.splitlines()[0]) == (1, "3: removed: Entry 3 is gone.")
    status, said = called("audit", "verify", "--json", database=url)
    assert (status, json.loads(said)["faults"][0]["number"]) == (1, 3)


def test_backup_and_restore(record: Record, url: str, small: Model, tmp_path: Path) -> None:
    filled(record, small)
    record.close()
    file, target = tmp_path / "b.jsonl", f"sqlite:///{tmp_path / 'new.db'}"
    assert called("record", "backup", file, database=url)[0] == 0
    assert "is there already" in called("record", "backup", file, database=url)[1]
    status, said = called("record", "restore", file, database=target)
    assert (status, said.endswith("entries of audit, whole.\n")) == (0, True)
    assert "is not empty" in called("record", "restore", file, database=target)[1]
    again = open_record(target)
    with again.work(DOCTOR) as work:
        assert [one.identifier for one in patients.find(work)] == [MARK]
    again.close()


def test_retention(record: Record, url: str) -> None:
    status, said = called("record", "retention", "--diary", "90", "--archived", "0", database=url)
    assert status == 0
    assert said.startswith("Days kept: drafts 30, links 30, diary 90, archived for ever.\n0 interviews")


def test_the_first_administrator(record: Record, url: str) -> None:
    for words in (("create", "Anna", "--role", "administrator"), ("reset", "Anna")):
        status, said = called("account", *words, database=url)
        assert status == 0
        token = next(word for word in said.split() if len(word) > 30)
        accounts.set_password(record, token, "four plain words here")
    assert accounts.log_in(record, "anna", "four plain words here")[0].account.roles == ("administrator",)
    assert "Anna" in called("account", "list", database=url)[1]


def test_the_environment_names_the_database(record: Record, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAPHENA_DATABASE", url)
    assert called("audit", "verify")[0] == 0
    monkeypatch.setenv("SAPHENA_DATABASE", "mysql://x")
    assert "mysql is not supported" in called("audit", "verify")[1]
    assert "there is no record" in called("audit", "verify", database="sqlite:////nowhere/record.db")[1]
