"""Plans against an independent reading of the knowledge: nothing offered that must not be.

The planner and this package share the YAML files and the shape of a case, and nothing else: the files are read
anew, rules are worked out by other code, and people are made so that every contraindication holds in some.
"""

from saphena.evaluation.plan_check.checks import KINDS, Answered, Checked, Violation, answered, check
from saphena.evaluation.plan_check.people import ENOUGH
from saphena.evaluation.plan_check.remedies import Remedies, read_remedies
from saphena.evaluation.plan_check.run import PlanCheck, Planner, check_plans

__all__ = [
    "ENOUGH",
    "KINDS",
    "Answered",
    "Checked",
    "PlanCheck",
    "Planner",
    "Remedies",
    "Violation",
    "answered",
    "check",
    "check_plans",
    "read_remedies",
]
