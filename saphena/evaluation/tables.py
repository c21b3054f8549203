"""The figures as tables of words: the terminal, the report and the reference page show the same ones."""

from __future__ import annotations

from collections.abc import Sequence

from saphena.assessment import per_cent
from saphena.evaluation.agreement import TwoCodings
from saphena.evaluation.cases import Shape
from saphena.evaluation.evaluate import Evaluation, Group
from saphena.evaluation.interviews import InterviewResult
from saphena.evaluation.metrics import Agreement, Estimate, Figure


class Table(Shape):
    """One table, and what must be known to read it."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def share(figure: Figure) -> str:
    """``27 of 32, 0.84 (0.68 to 0.93)``."""
    if figure.of == 0:
        return "no case"
    return f"{figure.hits} of {figure.of}, {short(figure)}"


def short(figure: Figure) -> str:
    """``0.84 (0.68 to 0.93)``."""
    return "-" if figure.of == 0 else f"{figure.share:.2f} ({figure.low:.2f} to {figure.high:.2f})"


def estimate(value: Estimate) -> str:
    """``0.36 (0.14 to 0.64)``; a dash where there is none."""
    if value.value is None:
        return "-"
    between = f" ({value.low:.2f} to {value.high:.2f})" if value.low is not None and value.high is not None else ""
    return f"{value.value:.2f}{between}"


def tables(result: Evaluation) -> tuple[Table, ...]:
    """Every table that this evaluation has, the first the most important."""
    return tuple(
        table
        for table in (
            _main(result),
            _groups(
                "By what is known", "The same cases with findings withheld by how they are obtained.", result.levels
            ),
            _groups("By group of conditions", "Chapters of ICD-10.", result.groups),
            _groups(
                "By relation of the model's condition to the published label",
                "exact; parent: the model's condition is wider; child: narrower; acceptable: another right answer.",
                result.relations,
            ),
            _baselines(result),
            _dangers(result),
            _triage(result),
            _calibration(result),
            _reliability(result),
            _scores(result),
            _interviews(result),
            _second(result.second),
            _robustness(result),
        )
        if table is not None and table.rows
    )


def misses(result: Evaluation) -> tuple[str, ...]:
    """Every case whose diagnosis does not come first, in a sentence."""
    return tuple(
        f"{c.id}: {c.gold} at {f'place {c.rank}' if c.rank else 'no place'} with {per_cent(c.probability or 0)}; "
        f"first {c.leader} with {per_cent(c.leader_probability)}"
        for c in result.cases
        if c.gold and c.rank != 1
    )


def warnings(result: Evaluation) -> tuple[str, ...]:
    """Misses of what must not be missed, and triage that is less urgent than its readers', by name."""
    found = [
        f"{case}: {danger.condition} below its threshold"
        + (", and nothing else as urgent" * (case in danger.missed_by_all))
        for danger in result.must_not_miss
        for case in danger.missed
    ]
    if result.triage is not None:
        found += [
            f"{miss.id}: triage {miss.said}, readers {miss.consensus}"
            + (" (one of them would let it pass)" if miss.acceptable else "")
            for miss in result.triage.less_urgent
        ]
    return tuple(found)


def _main(result: Evaluation) -> Table:
    a = result.abstention
    rows = [(f.name, share(f)) for f in result.figures]
    rows += [(e.name, estimate(e)) for e in (result.reciprocal_rank, result.discounted_gain)]
    rows += [(f.name, share(f)) for f in (a.coverage, a.false_alarms, a.caught, a.hinted, a.unwarned)]
    if result.joint is not None:
        rows += [(f"two conditions: {f.name}", share(f)) for f in (result.joint.both, result.joint.exact)]
    return Table(
        title="In all",
        note="With 95 % intervals: Wilson for shares, bootstrap over cases for means.",
        columns=("figure", "value"),
        rows=tuple(rows),
    )


def _groups(title: str, note: str, groups: Sequence[Group]) -> Table:
    return Table(
        title=title,
        note=note,
        columns=("group", "cases", "top 1", "top 3", "top 5"),
        rows=tuple((g.name, str(g.figures[0].of), *(short(f) for f in g.figures)) for g in groups),
    )


def _baselines(result: Evaluation) -> Table:
    return Table(
        title="Beside other ways of ordering",
        note="The same conditions, numbers and findings. The last column: cases first as shown only, first so only, "
        "and p of the exact McNemar test.",
        columns=("order", "top 1", "top 3", "top 5", "MRR", "first place, against as shown"),
        rows=tuple(
            (
                b.name,
                *(f"{f.share:.2f}" for f in b.figures),
                f"{b.reciprocal_rank:.2f}",
                f"{b.first_place.only_first} : {b.first_place.only_second}, p = {b.first_place.p:.2g}"
                if b.name != b.id
                else "-",
            )
            for b in result.baselines
        ),
    )


def _dangers(result: Evaluation) -> Table:
    return Table(
        title="Conditions that must not be missed",
        note="Found: the probability passed the condition's own threshold. Thresholds are low, so precision is too.",
        columns=("condition", "found", "precision", "missed"),
        rows=tuple(
            (d.name, share(d.sensitivity), share(d.precision), ", ".join(d.missed) or "-") for d in result.must_not_miss
        ),
    )


def _agreement(one: Agreement) -> str:
    return f"{share(one.same)}; kappa {estimate(one.kappa)}"


def _triage(result: Evaluation) -> Table | None:
    t = result.triage
    if t is None:
        return None
    return Table(
        title="Triage",
        note="Against the level of most readers of the texts, of the more urgent where they are divided. The readers saw "
        "neither rules nor model; none is known to be a clinician.",
        columns=("figure", "value"),
        rows=(
            *(
                (f.name, share(f))
                for f in (t.exact, t.acceptable, t.safe, t.safe_inside, t.safe_outside, t.over, t.over_calm)
            ),
            *((f"readers {a.name} agree", _agreement(a)) for a in t.agreement),
        ),
    )


def _calibration(result: Evaluation) -> Table:
    return Table(
        title="Calibration, on published cases, not a population",
        note="Of the cases whose diagnosis is in the model, and in the last line of all. Slope 1 is right, below 1 too sure. "
        "Of all pairs, only published conditions count as present: what else a patient had is not told, so these "
        "probabilities look too high.",
        columns=("probabilities of", "number", "said", "true", "slope", "Brier score", "log loss"),
        rows=tuple(
            (
                c.name,
                str(c.pairs),
                f"{c.said:.2f}",
                f"{c.true:.2f}",
                *(estimate(e) for e in (c.slope, c.brier, c.log_loss)),
            )
            for c in result.calibration
        ),
    )


def _reliability(result: Evaluation) -> Table:
    return Table(
        title="Reliability",
        note="Of the probabilities between two limits, their mean and how often they came true.",
        columns=("probabilities of", "between", "said", "true"),
        rows=tuple(
            (c.name, f"{b.above:g} and {b.to:g}", f"{b.said:.2f}", share(b.true))
            for c in result.calibration
            for b in c.bins
        ),
    )


def _scores(result: Evaluation) -> Table:
    return Table(
        title="Published scores, where they apply",
        note="Against the model from its own threshold, or from one half where a condition has none; items that a case does not mention "
        "count nothing.",
        columns=("score", "cases", "sensitivity", "specificity", "model: sensitivity", "model: specificity", "p"),
        rows=tuple(
            (
                s.score,
                str(s.cases),
                short(s.score_sensitivity),
                short(s.score_specificity),
                short(s.model_sensitivity),
                short(s.model_specificity),
                f"{s.correct.p:.2g}",
            )
            for s in result.scores
        ),
    )


def _interviews(result: Evaluation) -> Table | None:
    i = result.interviews
    if i is None:
        return None

    def reasons() -> dict[str, list[InterviewResult]]:
        found: dict[str, list[InterviewResult]] = {}
        for case in i.cases:
            found.setdefault(case.reason, []).append(case)
        return found

    return Table(
        title="Interviews",
        note="A simulated patient answers only what is asked; what the coding lacks counts as asked and unknown. Compared "
        "with the same cases when all of history and examination is given at once.",
        columns=("figure", "value"),
        rows=(
            ("single questions to the end, median", estimate(i.questions)),
            ("single questions to the same leader, median", estimate(i.until_leader)),
            ("same leader in the end", share(i.same_leader)),
            ("triage at least as urgent in the end", share(i.triage_reached)),
            *((f"{f.name} in the end", share(f)) for f in i.top),
            *((f"{f.name} with all given", share(f)) for f in i.full_top),
            *(
                (f"ended: {reason.replace('_', ' ')}", f"{len(of)} of {len(i.cases)}")
                for reason, of in reasons().items()
            ),
        ),
    )


def _second(two: TwoCodings | None) -> Table | None:
    if two is None:
        return None
    moved = [c for c in two.cases if (c.first_rank, c.first_leader) != (c.second_rank, c.second_leader)]
    return Table(
        title=f"Two codings of {len(two.cases)} cases",
        note="By finding and leg, and risk factors: present, absent or unknown.",
        columns=("figure", "value"),
        rows=(
            *((a.name, _agreement(a)) for a in (two.mentioned, two.vocabulary)),
            *((f.name, share(f)) for f in (two.opposite, two.same_grade)),
            *((f.name, share(f)) for f in (two.same_leader, two.same_rank, two.same_triage, *two.top)),
            *(
                (
                    f"moved: {c.id}",
                    f"place {c.first_rank} → {c.second_rank}; first {c.first_leader} → {c.second_leader}",
                )
                for c in moved
            ),
        ),
    )


def _robustness(result: Evaluation) -> Table:
    return Table(
        title="When answers are lost or wrong",
        note="Middle 95 % of the repeats in brackets.",
        columns=("of the findings", "repeats", "top 1", "top 3", "less urgent", "emergencies lost in some repeat"),
        rows=tuple(
            (
                f"{100 * r.share:g} % {r.harm}",
                str(r.repeats),
                f"{r.before[0]:.2f} → {estimate(r.top_1)}",
                f"{r.before[1]:.2f} → {estimate(r.top_3)}",
                estimate(r.less_urgent),
                f"{r.emergencies_lost} of {r.emergencies}",
            )
            for r in result.robustness
        ),
    )
