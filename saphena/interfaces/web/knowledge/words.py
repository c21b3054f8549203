"""Fixed words of the knowledge, as its pages say them: lines of treatment, ways of obtaining, kinds of parent."""

from __future__ import annotations

from saphena.interfaces.web.language import Language
from saphena.interfaces.web.start import setting_names


def vocabulary(language: Language) -> dict[str, str]:
    """A value of the knowledge -> how it is called. Numbers of years are called what they are."""
    _ = language.say
    return {
        **setting_names(language),
        "conditions": _("Conditions"), "findings": _("Findings"), "treatments": _("Treatments"),
        "investigations": _("Investigations"), "instruments": _("Scores and stages"), "red_flags": _("Red flags"),
        "risk_factors": _("Risk factors"), "measurements": _("Measurements"), "mechanisms": _("Mechanisms"),
        "referrals": _("Referrals"), "facts": _("Facts of the person"), "follow_up": _("Follow-up"),
        "history": _("History"), "examination": _("Examination"), "bedside": _("Bedside"),
        "laboratory": _("Laboratory"), "imaging": _("Imaging"), "neurophysiology": _("Neurophysiology"),
        "histology": _("Histology"), "course": _("Onset, course and intensity"),
        "seen": _("quoted words read"), "recalled": _("recalled"), "derived": _("derived"),
        "assumption": _("our assumption"),
        "first": _("First line"), "second": _("Second line"), "third": _("Third line"), "adjunct": _("In addition"),
        "not_recommended": _("Not recommended"), "harmful": _("Harmful"),
        "contraindicated": _("contraindicated"), "caution": _("with care"),
        "female": _("women"), "male": _("men"), "0-17": _("0–17 years"),
        "emergency": _("emergency"), "same_day": _("same day"), "urgent": _("urgent"), "routine": _("routine"),
        "self_care": _("self-care"), "exercise": _("exercise"), "compression": _("compression"),
        "device": _("device"), "psychological": _("talking treatment"), "medicine": _("medicine"),
        "injection": _("injection"), "procedure": _("procedure"), "surgery": _("operation"),
        "none": _("none"), "low": _("low"), "moderate": _("moderate"), "high": _("high"), "blood": _("blood sample"),
        "contrast": _("contrast medium"), "needle": _("needle"), "catheter": _("catheter"), "biopsy": _("biopsy"),
        "operation": _("operation"), "minutes": _("minutes"), "hours": _("hours"), "days": _("days"),
        "weeks": _("weeks"), "here": _("on the spot"), "refer": _("ordered elsewhere"),
        "hospital": _("in hospital only"),
        "score": _("score"), "stage": _("stage"), "criteria": _("criteria"), "formula": _("formula"),
        "sensitivity": _("sensitivity"), "specificity": _("specificity"), "lr_positive": _("likelihood ratio, present"),
        "lr_negative": _("likelihood ratio, absent"),
        "numbers": _("Numbers claimed"), "symptoms and signs": _("Symptoms and signs"),
        "risk factors": _("Risk factors"), "studies": _("Studies"), "prevention": _("Prevention"),
        "stages": _("Stages"), "contraindications": _("Contraindications"), "referral": _("Referral"),
        "anatomy": _("Anatomy"),
    }  # fmt: skip
