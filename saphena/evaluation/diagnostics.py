"""Everything that is checked of the model apart from published cases' answers: ``saphena evaluate --diagnostics``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from saphena.evaluation.case_mix import MixResult, PriorsBack, mix_results, priors_back, read_mixes
from saphena.evaluation.cases import Shape
from saphena.evaluation.coded import answer
from saphena.evaluation.fits import Fits, fits
from saphena.evaluation.folded import OnCases, with_and_without
from saphena.evaluation.monotone import Monotonicity, monotonicity
from saphena.evaluation.narrative import Kappa, fit_kappa
from saphena.evaluation.perturb import DRAWS, Perturbation, perturb
from saphena.evaluation.recording import Answer, mechanism_truth, recordings
from saphena.evaluation.selfcheck import SelfConsistency, self_consistency
from saphena.evaluation.twins import LeaveOut, leave_out
from saphena.model.network import Model

PEOPLE = 10_000
WIDE_SHARE = 10
"""Of so many people one is drawn where much is recorded of each: those cases are wide and slow."""
FIT_SHARE = 50
"""One in so many people is drawn to see what is said of the fit."""

Tell = Callable[[str, float], None]
"""Told the name of a part, and how far all of it is, 0 to 1."""


class Diagnostics(Shape):
    """Self-consistency is tier T0; what rests on coded cases holds for those cases."""

    model: str
    people: int
    self_consistency: SelfConsistency
    recording: tuple[Answer, ...]
    mechanism_truth: tuple[Answer, ...]
    mechanism_cases: tuple[OnCases, ...]
    fits: tuple[Fits, ...]
    coded_cases: int
    leave_out: LeaveOut
    perturbation: Perturbation | None
    monotonicity: Monotonicity
    mixes: tuple[MixResult, ...]
    priors: PriorsBack
    kappa: Kappa | None


def diagnose(model: Model, folder: Path, people: int = PEOPLE, tell: Tell = lambda name, share: None) -> Diagnostics:
    """All of it, the same at every run; raises ``Faulty`` for a faulty folder of cases."""
    tell("coded cases", 0.0)
    cases = answer(model, folder)
    tell("sampled cases", 0.05)
    consistency = self_consistency(model, people)
    tell("mechanisms", 0.25)
    mechanisms = mechanism_truth(model, max(1, people // WIDE_SHARE))
    folded = with_and_without(model, folder, cases)
    tell("fit", 0.4)
    said = fits(model, cases, max(1, people // FIT_SHARE))
    tell("selective recording", 0.45)
    recorded = recordings(model, max(1, people // WIDE_SHARE))
    tell("conditions left out", 0.75)
    left_out = leave_out(model, cases)
    tell("other numbers", 0.8)
    perturbed = perturb(model, cases, DRAWS) if cases else None
    tell("monotonicity", 0.85)
    monotone = monotonicity(model, cases)
    tell("complaints", 0.88)
    mixes = mix_results(model, read_mixes())
    tell("priors", 0.9)
    given_back = priors_back(model, people)
    tell("kappa", 0.97)
    kappa = fit_kappa(model, cases)
    tell("done", 1.0)
    return Diagnostics(
        model=model.version,
        people=people,
        self_consistency=consistency,
        recording=recorded,
        mechanism_truth=mechanisms,
        mechanism_cases=folded,
        fits=said,
        coded_cases=len(cases),
        leave_out=left_out,
        perturbation=perturbed,
        monotonicity=monotone,
        mixes=mixes,
        priors=given_back,
        kappa=kappa,
    )
