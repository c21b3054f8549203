"""The check of plans: that it finds every kind of mistake that is put into a plan, and none in the plans as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from saphena.assessment import assess
from saphena.assessment.plan_shapes import OptionShown, PlanShown, ReasonShown
from saphena.case import Case
from saphena.evaluation.plan_check import KINDS, Answered, Remedies, answered, check, check_plans, read_remedies
from saphena.evaluation.plan_check.run import Planner
from saphena.evaluation.plan_check.truth import Told
from saphena.evaluation.plan_check.wishes import Draft
from saphena.model.network import Model
from saphena.model.store import load_model
