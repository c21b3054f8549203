"""Coded published cases against their diagnoses: every figure with its interval, and every miss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from saphena.evaluation import baselines
from saphena.evaluation.agreement import TwoCodings, compare
from saphena.evaluation.baselines import Baseline, ScoreResult
from saphena.evaluation.cases import CASES, CaseSet, CodedCase, Gold, Shape, read_cases, read_codings
from saphena.evaluation.dangers import Danger, dangers
from saphena.evaluation.interviews import InterviewResult, simulate_interview
from saphena.evaluation.levels import LEVELS, NAMES
from saphena.evaluation.metrics import (
    Calibration,
    Estimate,
    Figure,
    bootstrap,
    calibration,
    discounted_gain,
    paired,
    reciprocal_rank,
    top,
    wilson,
)
from saphena.evaluation.record import Run, code_hash, now
from saphena.evaluation.results import CaseResult, run
from saphena.evaluation.robustness import Robustness
from saphena.evaluation.urgency import TriageFigures, triage_figures
from saphena.model.network import Model

TIER = "T1"
TIER_MEANS = "T1: published cases, not written by us; chosen and written to be solvable, no population"
CAUTION = (
    "Published teaching cases, chosen and written to be solvable; they are no population, and these figures are no "
    "promise for practice. They were coded from their texts alone, and the knowledge was first written without them; "
    "since its misses are known, they are cases for development from now on."
)
OWN_CASES = "These figures hold for these cases only; a few dozen chosen cases say little about practice."
SURE = 0.8
"""Probability of the leading condition from which an answer sounds sure."""
CHAPTERS = {
    "A": "infection",
    "B": "infection",
    "C": "neoplasm",
    "D": "blood, immunity",
    "E": "endocrine, metabolic",
    "F": "mind",
    "G": "nervous system",
    "I": "circulation",
    "L": "skin",
    "M": "joints, muscles, spine",
    "N": "kidneys, urinary tract",
    "R": "symptoms",
    "S": "injury",
    "T": "injury",
}
"""Chapters of ICD-10 by letter: the groups in which conditions are reported."""


class Group(Shape):
    """Top 1, 3 and 5 of some of the cases."""

    name: str
    figures: tuple[Figure, ...]


class Joint(Shape):
    """Cases in which two conditions are published."""

    both: Figure
    """Both among the first five."""
    exact: Figure
    """The most probable set is exactly these."""


class Abstention(Shape):
    """Does it say when it does not know?"""

    coverage: Figure
    """Cases in scope that got a differential."""
    false_alarms: Figure
    """Cases in scope of which it says that nothing in the model explains them well."""
    caught: Figure
    """The same of cases outside the model."""
    hinted: Figure
    """Cases outside the model of which it says that some findings, or the whole, are not explained."""
    unwarned: Figure
    """Cases outside the model in which a condition leads with ``SURE`` or more and nothing of the kind is said."""


class Interviews(Shape):
    """Simulated interviews, against the same cases with all of history and examination given."""

    cases: tuple[InterviewResult, ...]
    questions: Estimate
    """Median of single questions to the end."""
    until_leader: Estimate
    """Median of single questions until the leader was that of the full case, of those that reached it."""
    same_leader: Figure
    triage_reached: Figure
    top: tuple[Figure, ...]
    full_top: tuple[Figure, ...]


class Evaluation(Shape):
    """Everything that is said about some cases."""

    tier: str
    model: str
    code: str
    case_set: str
    """Hash of cases, gold and triage."""
    sealed: bool
    when: str
    in_scope: int
    out_of_scope: int
    figures: tuple[Figure, ...]
    reciprocal_rank: Estimate
    discounted_gain: Estimate
    groups: tuple[Group, ...]
    levels: tuple[Group, ...]
    relations: tuple[Group, ...]
    must_not_miss: tuple[Danger, ...]
    triage: TriageFigures | None
    joint: Joint | None
    abstention: Abstention
    calibration: tuple[Calibration, ...]
    """On published cases, not a population."""
    baselines: tuple[Baseline, ...]
    scores: tuple[ScoreResult, ...]
    interviews: Interviews | None
    second: TwoCodings | None
    robustness: tuple[Robustness, ...] = ()
    cases: tuple[CaseResult, ...]
    caution: str


def evaluate_cases(
    model: Model,
    place: Path = CASES,
    *,
    second: Path | None = None,
    interview: bool = False,
    workers: int = 1,
    done: Callable[[], object] = lambda: None,
) -> Evaluation:
    """Assess every case of a folder; raises ``Faulty`` if a file of it cannot be read.

    ``done`` is called after each case; ``workers`` above 1 shares the cases among processes.
    """
    cases = read_cases(model, place)
    found = list(_each(model, cases, interview, workers, done))
    results = tuple(result for result, _ in found)
    interviews = [i for _, i in found if i is not None]
    scope = [r for r in results if r.gold is not None]
    return Evaluation(
        tier=TIER,
        model=model.version,
        code=code_hash(),
        case_set=cases.hash,
        sealed=cases.sealed,
        when=now(),
        in_scope=len(scope),
        out_of_scope=len(results) - len(scope),
        figures=top([r.rank for r in scope]),
        reciprocal_rank=_over(scope, "MRR", lambda some: reciprocal_rank([r.rank for r in some])),
        discounted_gain=_gain(scope),
        groups=_groups(model, scope),
        levels=tuple(Group(name=NAMES[level], figures=top([r.levels[level] for r in scope])) for level in LEVELS),
        relations=_by(scope, lambda r: cases.gold[r.id].relation),
        must_not_miss=dangers(model, results, cases.gold),
        triage=triage_figures(results, cases.readings),
        joint=_joint([r for r in scope if cases.gold[r.id].also], cases.gold),
        abstention=_abstention(results),
        calibration=_calibration(results),
        baselines=_baselines(scope),
        scores=tuple(_scores(model, cases, {r.id: r for r in results})),
        interviews=_interviews(interviews) if interviews else None,
        second=compare(model, cases, read_codings(second)) if second else None,
        cases=results,
        caution=CAUTION if cases.own else OWN_CASES,
    )


def run_of(evaluation: Evaluation) -> Run:
    """What is recorded of a run; of every figure more is better."""
    figures = {f.name: f.share for f in evaluation.figures}
    figures |= {
        e.name: e.value for e in (evaluation.reciprocal_rank, evaluation.discounted_gain) if e.value is not None
    }
    figures |= {f"top 1, {group.name}": group.figures[0].share for group in evaluation.levels}
    figures |= {
        f"found: {danger.condition}": danger.sensitivity.share
        for danger in evaluation.must_not_miss
        if danger.sensitivity.of
    }
    if evaluation.triage is not None:
        figures |= {f.name: f.share for f in (evaluation.triage.exact, evaluation.triage.safe)}
    rounded = {name: round(value, 6) for name, value in figures.items()}
    return Run(
        when=evaluation.when,
        model=evaluation.model,
        code=evaluation.code,
        cases=evaluation.case_set,
        figures=rounded,
    )


# --- running ---------------------------------------------------------------------------------

INTERVIEWED = 12
"""Cases that are interviewed, evenly spread over those in scope; each takes some seconds."""
_MODEL: list[Model] = []
"""The model of a worker process."""
Outcome = tuple[CaseResult, InterviewResult | None]


def _each(model: Model, cases: CaseSet, interview: bool, workers: int, done: Callable[[], object]) -> Iterator[Outcome]:
    """Results in the order of the cases."""
    _prepare()
    in_scope = [coded.id for coded in cases.in_scope]
    talked_to = set(in_scope[:: max(1, -(-len(in_scope) // INTERVIEWED))]) if interview else set()
    jobs = [(coded, cases.gold[coded.id], coded.id in talked_to) for coded in cases.coded]
    if workers <= 1 or len(jobs) < workers:
        for job in jobs:
            yield _one(model, *job)
            done()
        return
    # Started afresh: compiled kernels run threads, and a process with threads must not be copied.
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (model,)) as pool:
        futures = [pool.submit(_of_worker, *job) for job in jobs]
        for _ in as_completed(futures):
            done()
        yield from (future.result() for future in futures)


def _prepare() -> None:
    """Compiled passes pay off over so many problems, however small each is."""
    import saphena.inference.kernels  # noqa: F401


def _start(model: Model) -> None:
    _prepare()
    _MODEL[:] = [model]


def _of_worker(coded: CodedCase, gold: Gold, interview: bool) -> Outcome:
    return _one(_MODEL[0], coded, gold, interview)


def _one(model: Model, coded: CodedCase, gold: Gold, interview: bool) -> Outcome:
    return run(model, coded, gold), simulate_interview(model, coded, gold) if interview else None


# --- figures ---------------------------------------------------------------------------------


def _over(results: Sequence[CaseResult], name: str, figure: Callable[[list[CaseResult]], float]) -> Estimate:
    return bootstrap(name, len(results), lambda rows: figure([results[i] for i in rows]))


def _gain(results: Sequence[CaseResult]) -> Estimate:
    """Worked out once a case: it is a mean."""
    gains = np.array([discounted_gain([r.right_ranks]) for r in results])
    return bootstrap("NDCG at 5", len(results), lambda rows: float(gains[rows].mean()))


def _by(results: Iterable[CaseResult], name: Callable[[CaseResult], str]) -> tuple[Group, ...]:
    groups: dict[str, list[int | None]] = {}
    for result in results:
        groups.setdefault(name(result), []).append(result.rank)
    return tuple(Group(name=name_, figures=top(ranks)) for name_, ranks in sorted(groups.items()))


def _groups(model: Model, scope: Sequence[CaseResult]) -> tuple[Group, ...]:
    """By chapter of ICD-10, and those that must not be missed."""

    def chapter(result: CaseResult) -> str:
        codes = model.knowledge.conditions[result.gold or ""].codes.get("icd10", ())
        return CHAPTERS.get(codes[0][0], "other") if codes else "other"

    dangerous = [r for r in scope if model.knowledge.conditions[r.gold or ""].must_not_miss is not None]
    return (*_by(scope, chapter), *_by(dangerous, lambda _: "must not be missed"))


def _joint(results: Sequence[CaseResult], gold: dict[str, Gold]) -> Joint | None:
    if not results:
        return None
    both = [r for r in results if len([n for n in r.right_ranks if n <= 5]) >= len(gold[r.id].present)]
    return Joint(
        both=wilson("both among the first five", len(both), len(results)),
        exact=wilson("exactly this set", sum(1 for r in results if r.exact_set), len(results)),
    )


def _abstention(results: Sequence[CaseResult]) -> Abstention:
    inside = [r for r in results if r.gold is not None]
    outside = [r for r in results if r.gold is None]

    def share(name: str, of: list[CaseResult], fits: tuple[str, ...]) -> Figure:
        return wilson(name, sum(1 for r in of if r.fit in fits), len(of))

    return Abstention(
        coverage=wilson("assessed", sum(1 for r in inside if r.leader != "-"), len(inside)),
        false_alarms=share("says poor fit, in scope", inside, ("poor",)),
        caught=share("says poor fit, out of scope", outside, ("poor",)),
        hinted=share("says poor or partial fit, out of scope", outside, ("poor", "partly")),
        unwarned=wilson(
            f"sure (from {SURE:g}) without such a word, out of scope",
            sum(1 for r in outside if r.leader_probability >= SURE and r.fit not in ("poor", "partly")),
            len(outside),
        ),
    )


def _calibration(results: Sequence[CaseResult]) -> tuple[Calibration, ...]:
    every = [(i, r) for i, r in enumerate(results) if r.leader != "-"]
    led = [(i, r) for i, r in every if r.gold is not None]
    pairs = [(i, p, true) for i, r in led for _, p, true in r.pairs]
    found = []
    if led:
        said, true = [r.leader_probability for _, r in led], [r.leader_right for _, r in led]
        found.append(calibration("the leading condition", said, true, [i for i, _ in led]))
    if pairs:
        found.append(
            calibration(
                "all conditions above 5 %", [p for _, p, _ in pairs], [t for *_, t in pairs], [i for i, *_ in pairs]
            )
        )
    if len(every) > len(led):
        said, true = [r.leader_probability for _, r in every], [r.leader_right for _, r in every]
        found.append(calibration("the leading condition, all cases", said, true, [i for i, _ in every]))
    return tuple(found)


def _baselines(scope: Sequence[CaseResult]) -> tuple[Baseline, ...]:
    """What is shown, and every other order, on the cases that have all of them."""
    some = [r for r in scope if r.baselines]
    if not some:
        return ()
    shown = [r.rank for r in some]
    columns = {baselines.SHOWN: shown} | {name: [r.baselines[name] for r in some] for name in baselines.NAMES}
    return tuple(
        Baseline(
            id=name,
            name=baselines.NAMES.get(name, name),
            figures=top(ranks),
            reciprocal_rank=reciprocal_rank(ranks),
            first_place=paired([r == 1 for r in shown], [r == 1 for r in ranks]),
        )
        for name, ranks in columns.items()
    )


def _scores(model: Model, cases: CaseSet, results: dict[str, CaseResult]) -> Iterator[ScoreResult]:
    """Published scores where they apply; positive from the highest of their bands."""
    for score in model.knowledge.instruments.values():
        if score.kind != "score" or score.about is None:
            continue
        found = [
            (coded.id, points)
            for coded in cases.coded
            if results[coded.id].fault is None and (points := baselines.points(model, coded.case, score)) is not None
        ]
        bounds = [band.at_least for band in score.bands if band.at_least is not None]
        if found and bounds and score.about is not None:
            positive, about = max(bounds), score.about
            yield baselines.score_result(
                score,
                [points >= positive for _, points in found],
                [_suspected(model, results[id_], about) for id_, _ in found],
                [about in cases.gold[id_].present for id_, _ in found],
            )


def _suspected(model: Model, result: CaseResult, condition: str) -> bool:
    rule = model.knowledge.conditions[condition].must_not_miss
    if rule is not None and not rule.states:
        return condition in result.must_not_miss
    return any(id_ == condition and probability >= baselines.LIKELY for id_, probability, _ in result.pairs)


def _interviews(found: list[InterviewResult]) -> Interviews:
    questions = np.array([i.questions for i in found], dtype=float)
    reached = np.array([i.until_leader for i in found if i.until_leader is not None], dtype=float)
    return Interviews(
        cases=tuple(found),
        questions=bootstrap("questions", len(found), lambda rows: float(np.median(questions[rows]))),
        until_leader=bootstrap("questions to the leader", len(reached), lambda rows: float(np.median(reached[rows]))),
        same_leader=wilson("same leader", len(reached), len(found)),
        triage_reached=wilson(
            "triage at least as urgent", sum(1 for i in found if i.until_triage is not None), len(found)
        ),
        top=top([i.end.rank for i in found]),
        full_top=top([i.full.rank for i in found]),
    )
