"""Plain words for patients: complete in English and Russian, the same in both, and easy to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import mean
from string import Formatter

import pytest

from saphena import Model
from saphena.model.schema import Words

LANGUAGES = ("en", "ru")
ABBREVIATIONS = {
    "B1", "B12", "B6", "C", "C1", "CYP3A4", "D", "FABER", "FADIR", "HLA-B27", "III", "IX", "IgA", "MuSK", "NT-proBNP", "P", "QT", "VIII", "cam", "pincer",
}  # fmt: skip
"""What may stand in Latin letters in a Russian name."""
HARD, MEAN_HARD = 11.0, 7.0
"""School grades: no sentence for patients above the first, and their mean at most the second."""
SOON = {
    "en": {
        "emergency": r"\bnow\b|\bat once\b",
        "same_day": r"\btoday\b",
        "urgent": r"\bwithin (two weeks|days|the next days)\b",
    },
    "ru": {
        "emergency": r"\bсейчас\b|\bсразу\b",
        "same_day": r"\bсегодня\b",
        "urgent": r"\bближайшие (две недели|дни)\b",
    },
}
"""What the sentence of a red flag says of time, by its level."""


def syllables(word: str) -> int:
    """Groups of vowels, without most silent endings."""
    word = re.sub(r"'s$|[^a-zé]", "", word.lower())
    count = len(re.findall(r"[aeiouyé]+", word))
    silent = re.search(r"[^aeiouyl]e$|[aeiouy]les?$|[^aeioutdy]ed$|[^aeiouysxzcghl]es$", word)
    return max(1, count - bool(silent))


def grade(text: str) -> float:
    """The Flesch-Kincaid grade: years of school that a text asks for."""
    sentences = [part for part in re.split(r"[.!?]+(?:\s|$)", text) if part.strip()]
    words = re.findall(r"[A-Za-zé][A-Za-zé'-]*", text)
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def told(model: Model, language: str, group: str) -> dict[str, Words]:
    return model.knowledge.patient_words[language][group]


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def russian_names(model: Model) -> Iterator[tuple[str, str]]:
    for id_, words in model.knowledge.words["ru"].items():
        yield id_, words.name
    for group in ("conditions", "red_flags"):
        for id_, words in told(model, "ru", group).items():
            yield id_, words.name


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("leg", 1),
        ("swollen", 2),
        ("muscle", 2),
        ("muscles", 2),
        ("bone", 1),
        ("whole", 1),
        ("eyelids", 2),
        ("inflamed", 2),
        ("started", 2),
        ("artery", 3),
    ],
)
def test_syllables_are_counted(word: str, count: int) -> None:
    assert syllables(word) == count


def test_a_long_sentence_of_long_words_is_hard_and_a_short_one_easy() -> None:
    assert grade("Inflammatory demyelinating polyneuropathy deteriorates progressively without immunotherapy.") > 15
    assert grade("The leg is cold. It hurts.") < 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_condition_and_red_flag_has_plain_words(model: Model, language: str) -> None:
    k = model.knowledge
    groups = (("conditions", set(k.conditions)), ("red_flags", {flag.id for flag in k.red_flags}))
    for group, known in groups:
        words = told(model, language, group)
        assert set(words) == known
        assert not [id_ for id_, one in words.items() if not one.name.strip() or not (one.patient or "").strip()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_conditions_or_two_flags_never_have_one_name(model: Model, language: str) -> None:
    for group in ("conditions", "red_flags"):
        names = [one.name for one in told(model, language, group).values()]
        assert len(set(names)) == len(names)


def test_risk_factors_measurements_and_facts_have_russian_words(model: Model) -> None:
    k = model.knowledge
    words = k.words["ru"]
    asked = [*k.risk_factors, *k.care.facts]
    assert not [id_ for id_ in (*asked, *k.measurements) if id_ not in words]
    assert not [id_ for id_ in asked if not (words[id_].question or "").endswith("?")]


def test_the_russian_text_has_the_keys_and_placeholders_of_the_english(model: Model) -> None:
    english, russian = (model.knowledge.texts[language] for language in LANGUAGES)
    assert list(russian.sentences) == list(english.sentences)
    assert {key: placeholders(s) for key, s in russian.sentences.items()} == {
        key: placeholders(s) for key, s in english.sentences.items()
    }
    assert list(russian.triage) == list(english.triage)
    assert [word.at_least for word in russian.words] == [word.at_least for word in english.words]


def test_no_russian_sentence_is_left_in_english(model: Model) -> None:
    text = model.knowledge.texts["ru"]
    said = {"intended_use": text.intended_use, **text.sentences}
    said |= {f"{level} {part}": s for level, one in text.triage.items() for part, s in one.model_dump().items()}
    said |= {f"{word.at_least}": word.word for word in text.words}
    latin = re.compile(r"[A-Za-z]")
    assert not [key for key, s in said.items() if latin.search(re.sub(r"\{\w+\}", "", s))]


def test_russian_names_have_no_latin_letters_but_abbreviations(model: Model) -> None:
    latin = {id_: re.findall(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*", name) for id_, name in russian_names(model)}
    assert not {id_: found for id_, found in latin.items() if set(found) - ABBREVIATIONS}


def test_no_word_mixes_latin_and_cyrillic_letters(model: Model) -> None:
    said = [one.patient or "" for group in ("conditions", "red_flags") for one in told(model, "ru", group).values()]
    said += [one.question or "" for one in model.knowledge.words["ru"].values()]
    said += [name for _, name in russian_names(model)]
    assert not [s for s in said if re.search(r"[A-Za-z][а-яё]|[а-яё][A-Za-z]", s, re.IGNORECASE)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_red_flag_tells_is_one_sentence_that_says_how_soon(model: Model, language: str) -> None:
    for flag in model.knowledge.red_flags:
        words = told(model, language, "red_flags")[flag.id]
        said = words.patient or ""
        assert re.search(r"^[^.!?]+\.$", said), said
        assert not words.name.endswith("."), words.name
        if flag.triage in SOON[language]:
            assert re.search(SOON[language][flag.triage], said, re.IGNORECASE), f"{flag.id}, {flag.triage}: {said}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_condition_is_told_in_one_or_two_sentences_without_a_dose(model: Model, language: str) -> None:
    for id_, words in told(model, language, "conditions").items():
        said = words.patient or ""
        assert said.endswith("."), id_
        assert 1 <= len(re.findall(r"[.!?](?:\s|$)", said)) <= 2, id_
        assert not re.search(r"\d\s*(mg|ml|g|мг|мл|г)\b", said), id_


def test_english_for_patients_is_easy_to_read(model: Model) -> None:
    conditions = {id_: grade(one.patient or "") for id_, one in told(model, "en", "conditions").items()}
    flags = {id_: grade(one.patient or "") for id_, one in told(model, "en", "red_flags").items()}
    assert mean(conditions.values()) <= MEAN_HARD
    assert mean(flags.values()) <= MEAN_HARD
    assert not {id_: round(g, 1) for id_, g in (conditions | flags).items() if g > HARD}
