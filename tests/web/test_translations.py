"""Every sentence of the pages has its Russian."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from saphena import Model
from saphena.interfaces import web
from saphena.interfaces.web.clinician.view import Words
from saphena.interfaces.web.language import Language
from saphena.model.load import KNOWLEDGE
from saphena.model.sentences import sentences

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


# --- sentences of the knowledge ----------------------------------------------------------------

SENTENCES = sorted((KNOWLEDGE / "text" / "ru").glob("*.po"))


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """English sentence -> Russian, of every file."""
    return {str(m.id): str(m.string) for path in SENTENCES for m in messages(path)}


def test_what_clinicians_read_has_its_russian(model: Model) -> None:
    wanted = {path: set(held) for path, held in sentences(model.knowledge).items()}
    assert {path.stem for path in SENTENCES} == set(wanted)
    for path in SENTENCES:
        held = {str(m.id) for m in messages(path)}
        assert held == wanted[path.stem], "run: saphena knowledge translations --write"
    lacking = [str(m.id) for path in SENTENCES for m in messages(path) if not m.string]
    assert not lacking, f"{len(lacking)} sentences are shown in English: {lacking[:5]}"


def test_a_sentence_has_one_russian(told: dict[str, str]) -> None:
    assert [(path.stem, m.id) for path in SENTENCES for m in messages(path) if told[str(m.id)] != m.string] == []


def test_numbers_stay_in_translation(told: dict[str, str]) -> None:
    """What changes a limit, a dose or an interval is found without knowing the language."""
    numbers = re.compile(r"\d+")
    changed = {e: r for e, r in told.items() if sorted(numbers.findall(e)) != sorted(numbers.findall(r))}
    assert changed == {}


@pytest.mark.parametrize(
    ("value", "russian"),
    [
        ("present", "есть"),
        ("3.5 cm", "3,5 см"),
        ("7.2 mg/L FEU", "7,2 мг/л FEU"),
        ("right present; left absent", "справа есть; слева нет"),
        ("over_3_cm", "более 3 см"),
        ("present, pitting oedema absent", "есть, Отёк, оставляющий ямку: нет"),
    ],
)
def test_what_was_answered_in_words(model: Model, value: str, russian: str) -> None:
    assert Words(model, Language("ru")).value(value) == russian
    assert Words(model, Language("en")).value(value) == value.replace("_", " ")


def test_doubt_in_words(model: Model) -> None:
    assert Words(model, Language("ru")).value("absent, 80 % sure") == "нет, уверенность 80%"
    assert Words(model, Language("en")).value("absent, 80 % sure") == "absent, 80% sure"


def test_a_word_without_russian_is_marked_as_english(model: Model) -> None:
    assert Words(model, Language("ru")).value("no such grade") == '<span lang="en">no such grade</span>'
    assert Words(model, Language("en")).value("<no such grade>") == "&lt;no such grade&gt;"


# --- what can be wrong ---------------------------------------------------------------------------

RAISED = {"RecordFault", "Refused", "LockedOut", "Conflict", "Taken", "NotFound", "Busy"}
"""Place, message, remedy."""
ELSEWHERE = ("backups.py", "connection.py", "transfer.py")
"""Of the command line alone."""


def said_by(file: Path) -> Iterator[str]:
    """What the code may say is wrong, and what to do; what is filled in is ``{}``."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        first = 3 if name == "Fault" else 1 if name in RAISED or name in ("fault", "_fault") else 0
        for argument in node.args[first : first + 2] if first else ():
            for part in (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,):
                if isinstance(part, ast.JoinedStr):
                    pieces = [str(v.value) if isinstance(v, ast.Constant) else "{}" for v in part.values]
                    yield "".join(pieces)
                elif isinstance(part, ast.Constant):
                    yield str(part.value)


def test_what_can_be_wrong_has_its_russian() -> None:
    package = FOLDER.parents[1]
    files = [package / "inference" / "observe.py", package / "pathway" / "scoring.py"]
    files += [one for one in sorted((package / "records").glob("*.py")) if one.name not in ELSEWHERE]
    said = {sentence: file.name for file in files for sentence in said_by(file) if " " in sentence.replace("{}", "")}
    assert len(said) > 100
    lacking = {s: f for s, f in said.items() if Language("ru").fault(s) == s}
    assert not lacking, "add to locales/ru/faults/faults.po"


def test_what_is_filled_in_stays(told: dict[str, str]) -> None:
    for path in sorted((FOLDER / "locales" / "ru" / "faults").glob("*.po")):
        for message in messages(path):
            assert str(message.string).count("{}") == str(message.id).count("{}"), message.id
    assert Language("en").fault("no country XX", "One of: GB") == "no country XX. One of: GB"
    assert "Отёк" in Language("ru").fault("Отёк has no side", "Write it without a leg")
