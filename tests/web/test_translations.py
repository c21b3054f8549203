"""Every sentence of the pages has its Russian."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from saphena.interfaces import web

FOLDER = Path(web.__file__).parent
WHERE = [
    ("**.py", "python"),
    ("templates/**.html", "jinja2.ext:babel_extract"),
    ("templates/**.svg", "jinja2.ext:babel_extract"),
]
KEYWORDS = {**DEFAULT_KEYWORDS, "say": None}
SAID = {
    message if isinstance(message, str) else message[0]: f"{file}:{line}"
    for file, line, message, _, _ in extract_from_dir(str(FOLDER), method_map=WHERE, keywords=KEYWORDS)
}
FILES = sorted((FOLDER / "locales" / "ru").glob("*.po"))


def messages(path: Path) -> list[Message]:
    with path.open("rb") as file:
        return [message for message in read_po(file, locale="ru") if message.id]


RUSSIAN = {m.id if isinstance(m.id, str) else m.id[0] for path in FILES for m in messages(path)}


def test_sentences_are_found_in_templates_and_in_python() -> None:
    assert any(place.startswith("templates") for place in SAID.values())
    assert any(".py:" in place for place in SAID.values())


def test_none_is_missing_in_russian() -> None:
    missing = [f"{place}: {message}" for message, place in SAID.items() if message not in RUSSIAN]
    assert not missing, "add to locales/ru/<room>.po:\n" + "\n".join(missing)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_translation_is_whole(path: Path) -> None:
    """Not empty, not doubtful, with the same fields to fill in, and with every form of a number."""
    for message in messages(path):
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(forms), message.id
        assert not message.fuzzy, message.id
        assert len(forms) == (1 if isinstance(message.id, str) else 3), message.id
        assert not message.check(), message.id


def test_one_english_sentence_has_one_russian() -> None:
    """All files are read into one: the last would win without a word."""
    said: dict[str, dict[str, str]] = {}
    for path in FILES:
        for message in messages(path):
            english = message.id if isinstance(message.id, str) else message.id[0]
            said.setdefault(english, {})[path.stem] = str(message.string)
    assert {english: forms for english, forms in said.items() if len(set(forms.values())) > 1} == {}
