"""What a run was made of, and what earlier runs found: a drop is seen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from saphena.evaluation.cases import Shape

PACKAGE = Path(__file__).parent.parent
RUNS = "evaluation/runs.jsonl"
SHOWING = "interfaces"
"""The part of the package that only shows, and can change no figure."""


class Run(Shape):
    """One recorded run."""

    when: str
    model: str
    code: str
    cases: str
    figures: dict[str, float]


class Drop(Shape):
    """A figure that was better in the last run with the same cases."""

    figure: str
    before: float
    now: float
    when: str
    model: str
    code: str


@cache
def code_hash(package: Path = PACKAGE) -> str:
    """Hash over the names and contents of the Python files from which figures come."""
    found = sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if name.parts[0] != SHOWING:
            found.update(name.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def runs_file() -> Path:
    """The history, at the root of a checkout; elsewhere below the present folder."""
    root = PACKAGE.parent
    return (root if (root / "pyproject.toml").exists() else Path.cwd()) / RUNS


def record(run: Run, path: Path) -> None:
    """Append a run, unless the last one is the same but for its date."""
    earlier = read_runs(path)
    if earlier and earlier[-1].model_dump(exclude={"when"}) == run.model_dump(exclude={"when"}):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(run.model_dump_json() + "\n")


def read_runs(path: Path) -> list[Run]:
    """Recorded runs, oldest first."""
    if not path.exists():
        return []
    return [Run.model_validate(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]


def drops(run: Run, earlier: list[Run]) -> tuple[Drop, ...]:
    """Figures lower than in the last run with the same cases; of all of them more is better."""
    last = next((r for r in reversed(earlier) if r.cases == run.cases), None)
    if last is None:
        return ()
    return tuple(
        Drop(figure=name, before=value, now=run.figures[name], when=last.when, model=last.model, code=last.code)
        for name, value in last.figures.items()
        if name in run.figures and run.figures[name] < value - 1e-9
    )


def now() -> str:
    """Date and time in UTC, to the minute."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ")
