"""Texts for a coder hold nothing that gives a diagnosis away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from saphena import Faulty, Model
from saphena.evaluation.deal import VOCABULARY, deal

ONE = {"id": "A-1", "source": "a book", "licence": "MIT", "text": "A man with a swollen calf."}


def written(folder: Path, *lines: Any) -> Path:
    path = folder / "texts.jsonl"
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


def test_every_text_and_the_vocabulary_are_handed_out(model: Model, tmp_path: Path) -> None:
    out = tmp_path / "coder"
    assert deal(model, written(tmp_path, ONE, "", {**ONE, "id": "B/2"}), out) == 2
    assert sorted(p.name for p in out.iterdir()) == [VOCABULARY, "a-1.txt", "b_2.txt"]
    assert (out / "a-1.txt").read_text() == "id: A-1\nsource: a book\nlicence: MIT\n\nA man with a swollen calf.\n"


def test_the_vocabulary_names_findings_and_no_condition(model: Model, tmp_path: Path) -> None:
    deal(model, written(tmp_path, ONE), tmp_path / "coder")
    words = (tmp_path / "coder" / VOCABULARY).read_text()
    assert all(f"`{id_}`" in words for id_ in model.knowledge.findings)
    assert not any(f"`{id_}`" in words for id_ in model.conditions)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([{**ONE, "gold": "gout"}], "gold is not for the coder|gold: is not for the coder"),
        ([ONE, ONE], "A-1 is there twice"),
        (["[1]"], "is no text"),
        (["{"], "is no text"),
        ([{"id": "x"}], "is no text"),
    ],
)
def test_what_is_not_for_a_coder_is_refused_whole(model: Model, tmp_path: Path, lines: list[Any], said: str) -> None:
    with pytest.raises(Faulty, match=said):
        deal(model, written(tmp_path, *lines), tmp_path / "coder")
    assert not (tmp_path / "coder").exists()


def test_the_folder_of_the_gold_is_no_place_for_it(model: Model, tmp_path: Path) -> None:
    (tmp_path / "gold.yaml").write_text("gold: {}\n")
    with pytest.raises(Faulty, match="holds gold"):
        deal(model, written(tmp_path, ONE), tmp_path)
