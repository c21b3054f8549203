"""Makes the README's picture from the real output: ``python docs/images/make.py``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
COLUMNS = 96


def main() -> None:
    """Run the example as a terminal would show it and save it as SVG."""
    command = ["assess", "examples/evening_heaviness.yaml", "--top", "1"]
    shown = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "saphena", *command],
        cwd=HERE.parent.parent,
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(Text.from_ansi(shown))
    console.save_svg(str(HERE / "evening_heaviness.svg"), title=f"saphena {' '.join(command)}")


if __name__ == "__main__":
    main()
