"""What the documentation site needs beyond the folder: the pages that live in the top folder of the project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
ABOVE = ("GLOSSARY.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
_LINK = re.compile(rf"\]\((?:\.\./)((?:\.\./)*)({'|'.join(map(re.escape, ABOVE))})")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the top folder."""
    for name in ABOVE:
        files.append(File.generated(config, name, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links to them, written for the project as a folder, one level down; theirs into docs/, one level up."""
    if page.file.src_uri in ABOVE:
        return re.sub(r"\]\(docs/", "](", markdown)
    return _LINK.sub(lambda m: f"]({m[1]}{m[2]}", markdown)
