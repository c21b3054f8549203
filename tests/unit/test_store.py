"""The compiled model on disk: the same after a round trip, and anything else refused."""

from __future__ import annotations

import pickle
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from saphena import Model, assess, load_model
from saphena.faults import Faulty
from saphena.model.store import build, fingerprint, restore, save
from tests.tiny import BASE, case


def test_a_model_survives_the_disk(small: Model, tmp_path: Path) -> None:
    save(small, tmp_path / "model.npz")
    again = restore(tmp_path / "model.npz")
    assert (again.version, again.notices, again.knowledge) == (small.version, small.notices, small.knowledge)
    for entry in fields(small.network):
        np.testing.assert_array_equal(getattr(again.network, entry.name), getattr(small.network, entry.name))


def test_a_restored_model_gives_the_same_answer(small: Model, tmp_path: Path) -> None:
    save(small, tmp_path / "model.npz")
    said = case(findings={"ache": "present", "lump": {"right": "present"}, "lump_diameter": "3 cm"})
    assert assess(load_model(tmp_path / "model.npz"), said) == assess(small, said)


def test_nothing_is_left_beside_the_model(small: Model, tmp_path: Path) -> None:
    save(small, tmp_path / "model.npz")
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


def test_a_restored_model_cannot_be_changed(small: Model, tmp_path: Path) -> None:
    save(small, tmp_path / "model.npz")
    with pytest.raises(ValueError, match="read-only"):
        restore(tmp_path / "model.npz").network.link[0, 0, 0] = 1


def test_a_missing_model(tmp_path: Path) -> None:
    with pytest.raises(Faulty, match="there is no compiled model"):
        restore(tmp_path / "none.npz")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"{}", b"\x93NUMPY"])
def test_what_is_no_model(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.npz").write_bytes(data)
    with pytest.raises(Faulty, match="is no compiled model"):
        restore(tmp_path / "model.npz")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_damaged_model(small: Model, tmp_path: Path, share: float) -> None:
    path = tmp_path / "model.npz"
    save(small, path)
    whole = path.read_bytes()
    at = int(share * len(whole))
    path.write_bytes(whole[:at])
    with pytest.raises(Faulty, match="is no compiled model"):
        restore(path)
    path.write_bytes(whole[:at] + bytes(b ^ 0xFF for b in whole[at : at + 64]) + whole[at + 64 :])
    with pytest.raises(Faulty, match="is no compiled model"):
        restore(path)


def test_an_array_that_is_no_model(tmp_path: Path) -> None:
    np.save(tmp_path / "model.npy", np.zeros(3))
    with pytest.raises(Faulty, match="is no compiled model"):
        restore(tmp_path / "model.npy")


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    np.savez(path, head=np.array([{"format": 1}], dtype=object))
    with pytest.raises(Faulty, match="is no compiled model"):
        restore(path)
    path.write_bytes(pickle.dumps({"format": 1}))
    with pytest.raises(Faulty, match="is no compiled model"):
        restore(path)


def test_a_model_of_another_format(small: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saphena.model.store.FORMAT", 999)
    save(small, tmp_path / "model.npz")
    monkeypatch.undo()
    with pytest.raises(Faulty, match="format 999, this version reads"):
        restore(tmp_path / "model.npz")


def test_building_saves_where_it_can(tmp_path: Path) -> None:
    assert build(BASE, tmp_path / "model.npz").version == restore(tmp_path / "model.npz").version
    assert build(BASE, tmp_path / "no_such_folder" / "model.npz").version


def test_a_fingerprint_follows_the_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n")
    first = fingerprint(tmp_path)
    (tmp_path / "notes.txt").write_text("not knowledge")
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "one.yaml").write_text("a: 1\n")
    assert fingerprint(tmp_path) == first
    (tmp_path / "a.yaml").write_text("a: 2\n")
    assert fingerprint(tmp_path) != first


def test_no_knowledge_has_no_fingerprint(tmp_path: Path) -> None:
    assert fingerprint(tmp_path) is None
