"""Build hook: compiles the knowledge, so that the wheel ships the model ready to load."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileKnowledge(BuildHookInterface):  # type: ignore[type-arg,misc,unused-ignore]
    """Runs before a wheel (or an editable installation) is made; a fault in the knowledge stops it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Check and compile ``saphena/knowledge`` into ``compiled.npz``."""
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from saphena.model.store import build

        build(root / "saphena" / "knowledge", root / "saphena" / "knowledge" / "compiled.npz")
