"""One broken file for each rule of the loader, checker and compiler: refused, at its place, with a remedy.

Each file of ``tests/bad_knowledge`` replaces one file of the sound knowledge in ``base``; its first
lines say which, and what is expected of the refusal.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from saphena.faults import Faulty
from saphena.model.store import checked

HERE = Path(__file__).parent.parent / "bad_knowledge"
FILES = sorted(p for p in HERE.iterdir() if p.suffix in (".yaml", ".json"))


def expectations(path: Path) -> dict[str, str]:
    text = path.with_suffix(".expect.txt").read_text() if path.suffix == ".json" else path.read_text()
    lines = [line.removeprefix("# ") for line in text.splitlines()[:3]]
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def faults_of(root: Path) -> list[str]:
    try:
        checked(root)
    except Faulty as error:
        return [str(f) for f in error.faults]
    return []


def test_the_sound_base_passes() -> None:
    assert faults_of(HERE / "base") == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_refused_at_its_place_with_a_remedy(path: Path, tmp_path: Path) -> None:
    expected = expectations(path)
    root = tmp_path / "knowledge"
    shutil.copytree(HERE / "base", root)
    shutil.copy(path, root / expected["replaces"])
    faults = faults_of(root)
    fitting = [f for f in faults if expected["expect"] in f]
    assert fitting, f"expected {expected['expect']!r} among:\n" + "\n".join(faults or ["nothing was refused"])
    assert expected["remedy"] in fitting[0], fitting[0]
    assert fitting[0].startswith(expected["replaces"]), fitting[0]
    assert fitting[0].removeprefix(expected["replaces"])[:1] == ":", f"no line: {fitting[0]}"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    root = tmp_path / "knowledge"
    shutil.copytree(HERE / "base", root)
    (root / "mechanisms.yaml").unlink()
    assert any("mechanisms.yaml" in f and "there is no such file" in f for f in faults_of(root))


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    root = tmp_path / "knowledge"
    shutil.copytree(HERE / "base", root)
    for name in ("dangling_finding", "dangling_parent_of_child"):
        path = HERE / f"{name}.yaml"
        shutil.copy(path, root / expectations(path)["replaces"])
    faults = faults_of(root)
    assert any("rush" in f for f in faults)
    assert any("blow" in f for f in faults)
