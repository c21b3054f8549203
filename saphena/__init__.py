"""Saphena: open clinical decision support for legs that are heavy, painful, swollen or weak."""

from saphena.assessment import Assessment, assess
from saphena.case import Case
from saphena.faults import Fault, Faulty
from saphena.interfaces import instruments
from saphena.model.network import Model
from saphena.model.store import load_model

__all__ = ["Assessment", "Case", "Fault", "Faulty", "Model", "assess", "instruments", "load_model"]
