"""The command line as somebody types it: every command, every bad input, pipes and read-only places."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from saphena import Model
from saphena.evaluation.cases import CASES
from saphena.faults import Faulty
from saphena.model.store import checked
from tests.functional.program import REFUSED, Done, in_one_line, refused, run
from tests.tiny import BASE

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
EVENING = ROOT / "examples" / "evening_heaviness.yaml"
HEAD = "age: 54\nsex: female\nsetting: primary_care\n"
QUICK = ("--draws", "0", "--next", "0")


@cache
def evening() -> Done:
    return run("assess", EVENING, own_process=True)


@cache
def quick() -> Done:
    """The same without intervals and next findings, which take the longest."""
    return run("assess", EVENING, *QUICK, own_process=True)


@cache
def printed_schema(name: str) -> dict[str, Any]:
    return dict(json.loads(run("schema", name).stdout))


# --- commands --------------------------------------------------------------------------------

COMMANDS = [
    (),
    ("assess",),
    ("influence",),
    ("interview",),
    ("findings",),
    ("conditions",),
    ("schema",),
    ("deal",),
    ("knowledge",),
    ("knowledge", "check"),
    ("knowledge", "implied"),
    ("knowledge", "rules"),
    ("knowledge", "translations"),
    ("score",),
    ("knowledge", "pages"),
    ("knowledge", "show"),
    ("knowledge", "schema"),
    ("evaluate",),
    ("simulate",),
    ("compile",),
    ("serve",),
    ("account",),
    ("account", "create"),
    ("account", "reset"),
    ("account", "list"),
    ("audit",),
    ("audit", "verify"),
    ("record",),
    ("record", "backup"),
    ("record", "restore"),
    ("record", "export"),
    ("record", "import"),
    ("record", "delete"),
    ("record", "retention"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_within_80_columns(command: tuple[str, ...]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_no_command_is_missing_here() -> None:
    def listed(*words: str) -> list[str]:
        return re.findall(r"^  ([a-z]+)  ", run(*words, "--help").stdout.partition("Commands:")[2], re.MULTILINE)

    groups = ("account", "audit", "knowledge", "record")
    inner = {(group, command) for group in groups for command in listed(group)}
    assert {c for c in COMMANDS if c} == {(c,) for c in listed()} | inner


def test_without_a_command_it_says_what_to_type() -> None:
    done = run()
    assert done.returncode == 0
    assert "saphena assess CASE.yaml" in done.stdout


def test_versions_of_software_and_model(model: Model) -> None:
    assert re.fullmatch(rf"saphena \d+\.\d+\.\d+\S*, model {model.version}\n", run("--version").stdout)


@pytest.mark.parametrize(
    "words", [("frobnicate",), ("assess",), ("assess", "x", "--top", "0"), ("assess", "x", "--nope")]
)
def test_a_wrong_command_is_explained(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == REFUSED
    assert "Usage:" in done.stderr
    assert "Error:" in done.stderr


def test_assess_shows_triage_differential_evidence_fit_and_caution() -> None:
    shown = evening().stdout
    assert evening().returncode == 0
    assert evening().stderr == ""
    for part in (
        "54-year-old woman, primary care",
        "ROUTINE",
        "Explains this complaint",
        "dB",
        "Not certified as a medical",
    ):
        assert part in in_one_line(shown)


def test_findings_finds_findings_of_the_calf_by_common_words() -> None:
    found = run("findings", "swollen", "calf", "--limit", "25")
    assert found.returncode == 0
    assert {"calf_pain", "calf_circumference", "leg_swelling"} <= set(found.stdout.split())


def test_findings_without_words_lists_all(model: Model) -> None:
    listed = {line.split()[0] for line in run("findings").stdout.splitlines() if line and not line.startswith(" ")}
    assert listed >= {*model.knowledge.findings, *model.knowledge.measurements, *model.knowledge.risk_factors}


def test_findings_says_so_where_there_is_nothing() -> None:
    assert "Nothing is called 'qqqq'" in run("findings", "qqqq").stdout


def test_findings_stops_at_its_limit() -> None:
    shown = run("findings", "pain", "--limit", "2").stdout
    assert len([line for line in shown.splitlines() if not line.startswith(" ")]) == 3
    assert "more; --limit" in shown


def test_conditions_lists_all(model: Model) -> None:
    shown = run("conditions").stdout
    assert set(model.conditions) <= set(shown.split())
    assert f"{len(model.conditions)} conditions" in shown


def test_knowledge_check_passes_and_counts(model: Model) -> None:
    done = run("knowledge", "check")
    assert done.returncode == 0
    assert "The knowledge passes." in done.stdout
    assert model.version in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_knowledge_check_of_a_folder_names_file_and_line(tmp_path: Path) -> None:
    assert run("knowledge", "check", BASE).returncode == 0
    (tmp_path / "settings.yaml").write_text("settings: []\nkappa: 3\n")
    said = refused("knowledge", "check", tmp_path)
    assert "settings.yaml:2: kappa: unknown key" in said
    with pytest.raises(Faulty) as error:
        checked(tmp_path)
    assert said.startswith(f"{len(error.value.faults)} faults")


@pytest.mark.parametrize("id_", ["gout", "calf_pain", "diabetes", "ankle_brachial_index", "wells_dvt", "dvt_likely"])
def test_knowledge_show(id_: str) -> None:
    done = run("knowledge", "show", id_)
    assert done.returncode == 0
    assert len(done.stdout) > 80


def test_knowledge_show_of_nothing_suggests() -> None:
    assert "nothing is called gouty. Did you mean gout" in refused("knowledge", "show", "gouty")


def test_knowledge_schema_of_all_kinds(tmp_path: Path) -> None:
    run("knowledge", "schema", "--write", tmp_path / "schemas")
    schemas = {p.name.partition(".")[0]: json.loads(p.read_text()) for p in (tmp_path / "schemas").iterdir()}
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load((BASE / "conditions" / "blue_sickness.yaml").read_text()), schemas["condition"])


def test_knowledge_schema_of_an_unknown_kind() -> None:
    assert "there is no schema 'disease'. Known: condition, findings" in refused("knowledge", "schema", "disease")


def test_schema_of_an_unknown_shape() -> None:
    assert "there is no schema 'patient'. Known: case, assessment" in refused("schema", "patient")


def test_a_folder_that_cannot_be_made() -> None:
    assert "cannot be used" in refused("knowledge", "schema", "--write", EVENING / "inside_a_file")


def test_evaluate_gives_figures_with_intervals() -> None:
    done = run("evaluate", "--no-interviews", "--cases", str(CASES / "mmlu_line861.yaml"))
    assert done.returncode == 0
    assert re.search(r"top 1 +\d+ of \d+ += \d\.\d\d  \(95 % 0\.\d\d to \d\.\d\d\)", done.stdout)
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_evaluate_of_a_missing_folder() -> None:
    assert "is not a folder" in refused("evaluate", "--cases", "nowhere")


def test_evaluate_writes_a_page_that_needs_no_other_file(tmp_path: Path) -> None:
    swollen = {
        "age": 60,
        "sex": "female",
        "setting": "primary_care",
        "findings": {"onset": "days", "leg_swelling": {"right": "present"}, "calf_pain": {"right": "present"}},
    }
    gold = {"found": "deep_vein_thrombosis", "missed": "gout"}
    for id_ in gold:
        (tmp_path / f"{id_}.yaml").write_text(json.dumps({"id": id_, "source": "nowhere", "case": swollen}))
    entries = {id_: {"published": "x", "conditions": [condition]} for id_, condition in gold.items()}
    (tmp_path / "gold.yaml").write_text(json.dumps({"gold": entries}))
    page = tmp_path / "report.html"
    done = run("evaluate", "--no-interviews", "--json", "--html", str(page), "--cases", str(tmp_path))
    found = json.loads(done.stdout)
    assert [c["id"] for c in found["cases"]] == ["found", "missed"]
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 4
    assert not re.search(r"https?://(?!www.w3.org|purl.org|creativecommons.org|matplotlib.org)", text)
    assert "missed: gout" in text
    assert "decibans" in text.lower()
    assert "prior, gout in primary care" in text


def test_the_reference_page_describes_all_our_cases_only() -> None:
    assert "describes all cases that ship" in refused("evaluate", "--write-docs", "--no-interviews")
    assert "describes all cases that ship" in refused("evaluate", "--check-docs", "--cases", "somewhere")


# --- options of assess -----------------------------------------------------------------------


def test_a_case_from_standard_input() -> None:
    assert run("assess", "-", *QUICK, given=EVENING.read_bytes()).stdout == quick().stdout


def test_a_case_in_json() -> None:
    as_json = json.dumps(yaml.safe_load(EVENING.read_text()))
    assert run("assess", "-", *QUICK, given=as_json).stdout == quick().stdout


def test_a_setting_replaces_that_of_the_case() -> None:
    shown = run("assess", EVENING, "--setting", "vascular_clinic", *QUICK).stdout
    assert "54-year-old woman, vascular or phlebology clinic" in shown


def test_a_setting_that_does_not_exist() -> None:
    assert "setting: 'ward' is not allowed here" in refused("assess", EVENING, "--setting", "ward")


def test_explain_shows_the_whole_ledger() -> None:
    done = run("assess", EVENING, "--explain", "chronic_venous_disease")
    assert done.returncode == 0
    assert "shared between findings, or explained away" in in_one_line(done.stdout)
    assert "Would alone account for 5 of 5 findings: Leg heaviness" in in_one_line(done.stdout)


def test_explain_of_an_unknown_condition() -> None:
    assert "there is no condition gouty. Did you mean gout" in refused("assess", EVENING, "--explain", "gouty")


@pytest.mark.one_in(2)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_fits_its_schema_and_its_assessment_fits_another(example: Path) -> None:
    jsonschema.validate(yaml.safe_load(example.read_text()), printed_schema("case"))
    done = run("assess", example, "--json", *(() if example == EVENING else QUICK))
    assert done.returncode == 0
    jsonschema.validate(json.loads(done.stdout), printed_schema("assessment"))


@pytest.mark.parametrize("name", ["case", "assessment"])
def test_a_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(printed_schema(name))


@pytest.mark.parametrize("line", ["weight: 70", "age: old", "sex: woman", "findings: {calf_pain: [present]}"])
def test_the_schema_of_a_case_refuses_what_the_program_refuses(line: str) -> None:
    key = line.partition(":")[0]
    case = yaml.safe_load(HEAD) | {key: yaml.safe_load(line)[key]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(case, printed_schema("case"))


# --- little input ----------------------------------------------------------------------------


def test_an_empty_case_returns_priors_and_red_flag_questions() -> None:
    answer = json.loads(run("assess", "-", "--json", *QUICK, given=HEAD).stdout)
    assert (answer["triage"]["level"], answer["triage"]["reason"]) == ("routine", "nothing_known")
    assert answer["triage"]["unanswered"]
    assert all(flag["questions"] for flag in answer["triage"]["unanswered"])
    assert all(c["probability"] == pytest.approx(c["prior"]) for c in answer["differential"])
    shown = run("assess", "-", *QUICK, given=HEAD).stdout
    assert "Not enough is known" in in_one_line(shown)
    assert "Not answered yet, and would raise the urgency" in shown


def test_what_is_left_out_is_said_even_where_nothing_else_is_known() -> None:
    shown = in_one_line(run("assess", "-", given=HEAD + "findings: {pitting_oedema: absent}\n").stdout)
    assert "says nothing yet" in shown


def test_a_child_gets_red_flags_and_the_priors_of_children() -> None:
    child = (
        "age: 6\nsex: male\nsetting: primary_care\nfindings: {fever: present, cannot_bear_weight: {right: present}}\n"
    )
    answer = json.loads(run("assess", "-", "--json", *QUICK, given=child).stdout)
    assert answer["triage"]["level"] == "emergency"
    assert "septic_arthritis" in {c["id"] for c in answer["differential"]}
    assert "This is a child" in in_one_line(run("assess", "-", *QUICK, given=child).stdout)


def test_an_infant_gets_red_flags_and_no_differential() -> None:
    infant = "age: 0.5\nsex: male\nsetting: primary_care\nfindings: {leg_pain: present}\n"
    answer = json.loads(run("assess", "-", "--json", *QUICK, given=infant).stdout)
    assert answer["differential"] == []
    assert answer["fit"]["level"] == "outside"
    assert answer["triage"]["unanswered"]
    assert "nobody below one year of age" in in_one_line(run("assess", "-", *QUICK, given=infant).stdout)


def test_absences_alone_are_nothing_found() -> None:
    healthy = "age: 40\nsex: female\nsetting: primary_care\nfindings: {fever: absent, leg_pain: absent, leg_swelling: absent}\n"
    assert "Nothing was found in what was asked" in in_one_line(run("assess", "-", *QUICK, given=healthy).stdout)


def test_a_complaint_of_no_leg_is_outside() -> None:
    breathless = "age: 60\nsex: female\nsetting: primary_care\nfindings: {exertional_breathlessness: present}\n"
    assert "of what is present lies in a leg" in in_one_line(run("assess", "-", *QUICK, given=breathless).stdout)


# --- terminals, pipes, places ----------------------------------------------------------------


@pytest.mark.parametrize("environment", [{"TERM": "xterm-256color"}, {"NO_COLOR": "1", "TERM": "xterm-256color"}])
def test_no_escape_codes_where_there_is_no_terminal(environment: dict[str, str]) -> None:
    assert "\x1b" not in run("assess", EVENING, *QUICK, environment=environment).stdout
    assert "\x1b" not in run("assess", "nowhere.yaml", environment=environment).stderr


@pytest.mark.parametrize("words", [
    ("assess", EVENING), ("assess", EVENING, "--explain", "chronic_venous_disease"), ("findings",), ("conditions",),
    ("knowledge", "implied", "--condition", "septic_arthritis"),
    ("knowledge", "pages"), ("knowledge", "show", "chronic_venous_disease"), (),
], ids=lambda words: " ".join(str(getattr(w, "name", w)) for w in words))  # fmt: skip
def test_no_line_is_longer_than_80_columns_in_a_pipe(words: tuple[str | Path, ...]) -> None:
    lines = (evening() if words == ("assess", EVENING) else run(*words)).stdout.splitlines()
    assert [line for line in lines if len(line) > 80] == []


@pytest.mark.one_in(4)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_no_example_needs_more_than_80_columns(example: Path) -> None:
    done = run("assess", example, "--draws", "20", "--next", "1")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []


def test_a_narrow_terminal() -> None:
    assert max(map(len, run("assess", EVENING, *QUICK, environment={"COLUMNS": "50"}).stdout.splitlines())) <= 50


def test_a_reader_that_stops_early_is_no_fault() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "saphena", "findings"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_lacks_a_sign(encoding: str) -> None:
    done = run("assess", EVENING, *QUICK, environment={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0
    assert "Chronic venous disease" in done.stdout


def test_a_read_only_home_and_folder_work_and_nothing_is_left_there(tmp_path: Path) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    for folder in (home, here):
        folder.mkdir()
        folder.chmod(0o555)
    try:
        done = run("assess", EVENING, *QUICK, cwd=here, environment={"HOME": str(home), "XDG_CACHE_HOME": str(home)})
        assert done.returncode == 0
        assert done.stdout == quick().stdout
        assert not list(home.iterdir())
        assert not list(here.iterdir())
    finally:
        for folder in (home, here):
            folder.chmod(0o755)


def test_a_home_that_does_not_exist() -> None:
    assert run("assess", EVENING, *QUICK, environment={"HOME": "/nonexistent/home"}).returncode == 0


def test_the_same_case_prints_the_same_answer() -> None:
    assert run("assess", EVENING).stdout == evening().stdout


def test_the_two_commands_of_the_readme_are_those_of_ci() -> None:
    readme, ci = ROOT / "README.md", ROOT / ".ci" / "run"
    if not readme.exists() or not ci.exists():
        pytest.skip("no README.md or no .ci/run here")
    # Blocks of code in the README that install or test; lines of the script from one line on.
    blocks = re.findall(r"```(?:sh|bash|shell)\n(.*?)```", readme.read_text(), re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines() if "pip install" in line]
    assert len(commands) == 2
    assert [line for line in ci.read_text().splitlines() if "pip install" in line and "&&" in line] == commands


def test_a_case_too_wide_says_that_it_is_estimated(model: Model, tmp_path: Path) -> None:
    binary = [f for f in model.knowledge.findings.values() if f.given is None and f.kind == "binary"][:40]
    case = {"age": 60, "sex": "male", "setting": "primary_care", "index_leg": "left"}
    findings = {f.id: {"left": "present"} if f.sided else "present" for f in binary}
    path = tmp_path / "wide.yaml"
    path.write_text(yaml.safe_dump({**case, "findings": findings}), encoding="utf-8")
    done = run("assess", path, *QUICK)
    assert done.returncode == 0
    assert "estimated from 10,000 independent joint samples" in " ".join(done.stdout.split())
