"""The compiled model on disk: arrays and one JSON text in a plain ``.npz``, never a pickle.

The package ships ``knowledge/compiled.npz``. Where the knowledge beside it has changed since (a
clinician edits a file), it is compiled anew, and kept if the folder can be written.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from saphena.faults import Fault, Faulty
from saphena.model.network import Floats, Model, Network
from saphena.model.schema import Knowledge
from saphena.model.stored import STORED

if TYPE_CHECKING:
    from saphena.model.load import Loaded

COMPILED = Path(__file__).parent.parent / "knowledge" / "compiled.npz"
FORMAT = 5
SPARSE = ("link", "mechanism_link")
"""Nearly everywhere "causes nothing": only what is otherwise is stored."""


def load_model(path: Path | None = None) -> Model:
    """The model that ships with the package, or the compiled model at ``path``.

    Raises ``Faulty`` if the file is missing or no model, or if changed knowledge does not pass.
    """
    if path is not None:
        return restore(path)
    root = COMPILED.parent
    print_of = fingerprint(root)
    try:
        model, stored_print = _restore(COMPILED)
        if print_of in (None, stored_print):
            return model
    except Faulty:
        if print_of is None:
            raise
    return build(root, COMPILED)


def build(root: Path, target: Path | None = None) -> Model:
    """Load, check and compile a knowledge folder; save it if a target is given and can be written."""
    model = checked(root)[1]
    if target is not None:
        try:
            save(model, target, fingerprint(root) or "")
        except OSError:
            pass  # A read-only installation compiles at each start; slower, not wrong.
    return model


def checked(root: Path) -> tuple[Loaded, Model]:
    """Load, check and compile; raises ``Faulty`` with every fault at its file and line."""
    # Imported here, so that a compiled model loads without reading YAML.
    from saphena.model.check import check
    from saphena.model.compile import compile_model
    from saphena.model.load import load

    loaded = load(root)
    if faults := check(loaded):
        raise Faulty(faults)
    try:
        return loaded, compile_model(loaded.knowledge)
    except Faulty as error:
        raise Faulty(loaded.located(error.faults)) from None


def fingerprint(root: Path) -> str | None:
    """Hash of the knowledge files; None where only the compiled model is installed."""
    files = sorted(
        (
            Path(folder, name)
            for folder, _, names in os.walk(root)
            for name in names
            if name.endswith((".yaml", ".json"))
        ),
        key=str,
    )
    relative = [(path.relative_to(root), path) for path in files]
    kept = [(name.as_posix(), path) for name, path in relative if "cases" not in name.parts[:-1]]
    if not kept:
        return None
    digest = hashlib.sha256(str(FORMAT).encode())
    for name, path in kept:
        digest.update(name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def save(model: Model, path: Path, print_of: str = "") -> None:
    """Write a compiled model; whole or not at all."""
    head = {
        "format": FORMAT,
        "version": model.version,
        "notices": model.notices,
        "care_version": model.care_version,
        "fingerprint": print_of,
        "nodes": model.network.nodes,
        "states": model.network.states,
    }
    arrays = {f.name: getattr(model.network, f.name) for f in fields(Network) if f.name not in ("nodes", "states")}
    for name in SPARSE:
        arrays |= _thinned(name, arrays.pop(name))
    text = {
        "head": np.frombuffer(json.dumps(head).encode(), dtype=np.uint8),
        "knowledge": np.frombuffer(
            model.knowledge.model_dump_json(
                by_alias=True, exclude_defaults=True, exclude_unset=True, context=STORED
            ).encode(),
            dtype=np.uint8,
        ),
    }
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **text, **arrays)
    partial.replace(path)


def _thinned(name: str, whole: Floats) -> dict[str, NDArray[Any]]:
    """An array of distributions as its shape, and where and what differs from "causes nothing"."""
    at = np.flatnonzero(whole != _nothing(whole.shape))
    return {
        f"{name}_shape": np.array(whole.shape),
        f"{name}_at": at.astype(np.int32),
        f"{name}_value": whole.reshape(-1)[at],
    }


def _whole(name: str, stored: Mapping[str, NDArray[Any]]) -> Floats:
    """What ``_thinned`` took apart."""
    whole = _nothing(tuple(stored[f"{name}_shape"]))
    whole.reshape(-1)[stored[f"{name}_at"]] = stored[f"{name}_value"]
    return whole


def _nothing(shape: tuple[int, ...]) -> Floats:
    """All of every distribution on grade 0."""
    nothing = np.zeros(shape)
    nothing[..., 0] = 1.0
    return nothing


def _refused(path: Path, why: str) -> Faulty:
    return Faulty([Fault(str(path), None, "", f"is no compiled model ({why})", "Run: saphena knowledge check")])


def restore(path: Path) -> Model:
    """Read a compiled model."""
    return _restore(path)[0]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which looks through a hundred thousand new objects many times and finds nothing:
    half of the time that reading takes."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _restore(path: Path) -> tuple[Model, str]:
    try:
        with _uncollected(), path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            head = json.loads(stored["head"].tobytes())
            if head["format"] != FORMAT:
                raise _refused(path, f"format {head['format']}, this version reads {FORMAT}")
            knowledge = Knowledge.model_validate_json(stored["knowledge"].tobytes(), context=STORED)
            arrays: dict[str, Any] = {
                f.name: _whole(f.name, stored) if f.name in SPARSE else stored[f.name]
                for f in fields(Network)
                if f.name not in ("nodes", "states")
            }
    except FileNotFoundError:
        raise Faulty(
            [Fault(str(path), None, "", "there is no compiled model", "Run: saphena knowledge check")]
        ) from None
    except Faulty:
        raise
    except (OSError, EOFError, ValueError, TypeError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise Faulty(
            [Fault(str(path), None, "", f"is no compiled model ({error})", "Run: saphena knowledge check")]
        ) from None
    network = Network(nodes=tuple(head["nodes"]), states=tuple(head["states"]), **arrays)
    return Model(knowledge, network, head["version"], tuple(head["notices"]), head["care_version"]), head["fingerprint"]
