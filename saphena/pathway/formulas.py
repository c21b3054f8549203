"""Formulas of instruments: one number out of the items, or None where too many are missing.

Each takes item id -> number (points of a level, or the value itself; None where it is unknown).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from math import pi

Values = Mapping[str, float | None]
Formula = Callable[[Values], float | None]


def _known(values: Values, *names: str) -> list[float]:
    return [v for name in names if (v := values.get(name)) is not None]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def ankle_brachial_index(values: Values) -> float | None:
    """Higher ankle pressure of the leg over the higher arm pressure, to two decimals.

    Pressures in mmHg. The higher of dorsalis pedis and posterior tibial is the standard of the American
    Heart Association (Aboyans 2012, doi:10.1161/CIR.0b013e318276fbcb); an arm not measured is left out.
    An ``index`` that was reported as such counts where the pressures are not there.
    """
    ankle = _known(values, "dorsalis_pedis", "posterior_tibial")
    arm = _known(values, "right_arm", "left_arm")
    return round(max(ankle) / max(arm), 2) if ankle and arm else _rounded(values.get("index"))


def toe_brachial_index(values: Values) -> float | None:
    """Toe pressure over the higher arm pressure, to two decimals; pressures in mmHg.

    An ``index`` that was reported as such counts where the pressures are not there.
    """
    toe, arm = values.get("toe"), _known(values, "right_arm", "left_arm")
    return round(toe / max(arm), 2) if toe is not None and arm else _rounded(values.get("index"))


def leg_volume(values: Values) -> float | None:
    """Volume in ml of truncated cones between circumferences (cm) taken at equal steps (cm) along the leg.

    Items are ``step`` and ``c0`` ... ``c12`` from the ankle upwards; at least two in a row, without a gap.
    """
    step = values.get("step")
    around = [values.get(f"c{i}") for i in range(13)]
    while around and around[-1] is None:
        around.pop()
    known = [c for c in around if c is not None]
    if step is None or len(around) < 2 or len(known) < len(around):
        return None
    cones = (a * a + a * b + b * b for a, b in pairwise(known))
    return round(sum(cones) * step / (12 * pi), 1)


def difference(values: Values) -> float | None:
    """This leg minus the other, in the unit of both; to one decimal."""
    this, other = values.get("this_leg"), values.get("other_leg")
    return None if this is None or other is None else round(this - other, 1)


def percent_more(values: Values) -> float | None:
    """How much more this leg has than the other, in per cent of the other; to one decimal."""
    this, other = values.get("this_leg"), values.get("other_leg")
    return None if this is None or not other else round(100 * (this - other) / other, 1)


WIFI_STAGE = (
    ((1, 1, 2, 3), (1, 2, 3, 4), (2, 2, 3, 4), (2, 3, 3, 4)),
    ((1, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 4), (3, 3, 4, 4)),
    ((2, 2, 3, 4), (3, 3, 4, 4), (3, 4, 4, 4), (4, 4, 4, 4)),
    ((3, 3, 4, 4), (4, 4, 4, 4), (4, 4, 4, 4), (4, 4, 4, 4)),
)
"""[wound][ischaemia][foot infection] -> clinical stage by risk of amputation within a year."""


def wifi_stage(values: Values) -> float | None:
    """Clinical stage 1 to 4 of threat to the limb, from grades 0 to 3 of wound, ischaemia and foot infection.

    Mills 2014, Society for Vascular Surgery (doi:10.1016/j.jvs.2013.08.003), amputation risk at one year.
    """
    wound, ischaemia, infection = (values.get(n) for n in ("wound", "ischaemia", "foot_infection"))
    if wound is None or ischaemia is None or infection is None:
        return None
    return float(WIFI_STAGE[int(wound)][int(ischaemia)][int(infection)])


def rutherford_acute_class(values: Values) -> float | None:
    """Class 1 (I), 2 (IIa), 3 (IIb) or 4 (III) of acute limb ischaemia (Rutherford 1997, J Vasc Surg 26:517-538).

    ``sensory_loss`` is 0 none, 1 toes, 2 beyond, 3 complete; ``weakness`` 0 none, 1 mild or moderate, 2 paralysis; a
    Doppler that is silent is above 0. Class III needs all its signs; a silent vein alone is taken as IIa.
    """
    loss, weak = values.get("sensory_loss"), values.get("weakness")
    artery, vein = values.get("arterial_doppler_silent"), values.get("venous_doppler_silent")
    if loss is None or weak is None or artery is None or vein is None:
        return None
    if loss >= 3 and weak >= 2 and vein > 0:
        return 4.0
    if loss >= 2 or weak >= 1:
        return 3.0
    return 2.0 if loss >= 1 or artery > 0 or vein > 0 else 1.0


KDIGO_RISK = (
    (1, 2, 3),
    (1, 2, 3),
    (2, 3, 4),
    (3, 4, 4),
    (4, 4, 4),
    (4, 4, 4),
)
"""[G1, G2, G3a, G3b, G4, G5][A1, A2, A3] -> risk, from 1 low to 4 very high."""


def kdigo_risk(values: Values) -> float | None:
    """Risk 1 (low), 2 (moderately raised), 3 (high) or 4 (very high) by filtration and albuminuria.

    ``egfr`` is 1 to 6 for G1, G2, G3a, G3b, G4, G5 and ``albumin_creatinine_ratio`` 1 to 3 for A1 to A3: KDIGO 2012
    (doi:10.1038/kisup.2012.64), kept in 2024.
    """
    filtration, albumin = values.get("egfr"), values.get("albumin_creatinine_ratio")
    if filtration is None or albumin is None:
        return None
    return float(KDIGO_RISK[int(filtration) - 1][int(albumin) - 1])


FORMULAS: dict[str, Formula] = {
    f.__name__: f
    for f in (
        ankle_brachial_index,
        toe_brachial_index,
        leg_volume,
        difference,
        percent_more,
        wifi_stage,
        rutherford_acute_class,
        kdigo_risk,
    )
}
