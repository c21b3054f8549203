"""What the pages of the interview call things, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from saphena.assessment import people
from saphena.inference.medicines import listed
from saphena.interfaces.web.interview.sheets import ANSWERS, Sent, Several, Sheet
from saphena.interfaces.web.language import Language
from saphena.model.network import Model
from saphena.model.numbers import TriageLevel
from saphena.pathway.interview import Question


@dataclass(frozen=True)
class Wording:
    """Words of the pages and of the knowledge."""

    language: Language
    model: Model

    def question(self, id_: str) -> str:
        """How a patient is asked for a finding or risk factor."""
        known = self.model.knowledge.findings.get(id_) or self.model.knowledge.risk_factors[id_]
        words = self.model.knowledge.words.get(self.language.code, {}).get(id_)
        return (words.question if words is not None else None) or known.question

    def name(self, id_: str) -> str:
        """What a finding or risk factor is called."""
        known = self.model.knowledge.findings.get(id_) or self.model.knowledge.risk_factors[id_]
        words = self.model.knowledge.words.get(self.language.code, {}).get(id_)
        name = words.name if words is not None else known.name
        return name[:1].lower() + name[1:]

    def complaint(self, id_: str) -> str:
        """A chief complaint as a patient chooses it."""
        _ = self.language.say
        return {
            "leg_pain": _("Pain"),
            "leg_heaviness": _("Heavy, tired legs"),
            "leg_swelling": _("Swelling"),
            "leg_cramp_at_night": _("Cramps at night"),
            "leg_weakness": _("Weakness"),
            "foot_numbness_or_tingling": _("Numb or tingling feet"),
            "radiating_leg_pain": _("Pain that runs from the back or buttock into the leg"),
            "exertional_leg_pain": _("Pain when walking"),
            "skin_redness_warmth": _("Red or hot skin"),
            "varicose_veins_visible": _("Bulging, twisted veins"),
            "leg_ulcer": _("An open sore that does not heal"),
            "urge_to_move_legs": _("An urge to move the legs that is hard to resist"),
            "gait_unsteadiness": _("Unsteady walking"),
        }.get(id_) or self.question(id_)

    def condition(self, id_: str) -> str:
        """A condition in plain words."""
        told = self.model.knowledge.patient_words.get(self.language.code, {}).get("conditions", {}).get(id_)
        words = told or self.model.knowledge.words.get(self.language.code, {}).get(id_)
        return words.name if words is not None else self.model.knowledge.conditions[id_].name.lower()

    def condition_told(self, id_: str) -> str:
        """What a patient is told of a condition; nothing where there are no words."""
        told = self.model.knowledge.patient_words.get(self.language.code, {}).get("conditions", {}).get(id_)
        return (told.patient or "") if told is not None else ""

    def flag_told(self, id_: str) -> str:
        """What a patient is told to do for a red flag."""
        told = self.model.knowledge.patient_words.get(self.language.code, {}).get("red_flags", {}).get(id_)
        english = next(flag.tell_patient for flag in self.model.knowledge.red_flags if flag.id == id_)
        return (told.patient if told is not None else None) or english

    def urgency(self, level: TriageLevel) -> tuple[str, str]:
        """How soon, for a heading; and what else is said of it."""
        patient = self.model.knowledge.texts[self.language.code].triage[level].patient
        first, _unused, rest = patient.partition(". ")
        return first.rstrip("."), rest

    def why(self, step: Question) -> tuple[str, ...]:
        """Why a question is asked: what the answer could change, and how things stand without it."""
        _ = self.language.say
        change = step.change
        if change.kind == "red_flag":
            first = _("Your answer could change how soon you should be seen.")
        elif change.kind == "must_not_miss":
            first = _("Your answer could change how soon you should be seen, because of: %(name)s.") % {
                "name": self.condition(change.subject)
            }
        elif len(step.why) > 1:
            first = _("Your answer helps to tell these apart: %(one)s, and %(other)s.") % {
                "one": self.condition(step.why[0].condition),
                "other": self.condition(step.why[1].condition),
            }
        else:
            first = _("Your answer could change what is most likely.")
        if not step.why:
            return (first,)
        subject, before = step.why[0].condition, step.why[0].before
        if change.kind in ("must_not_miss", "leading"):
            subject, before = change.subject, change.before
        of_100 = people(before)
        held = {"name": self.condition(subject), "people": of_100, "others": 100 - of_100}
        if of_100 < 1:
            second = _("With the answers so far, fewer than 1 of 100 people have this: %(name)s.")
        else:
            second = _(
                "With the answers so far, about %(people)s of 100 people have this: %(name)s; %(others)s do not."
            )
        return first, second % held

    def choice(self, one: str) -> str:
        """An answer as it stands on the page."""
        _ = self.language.say
        return {
            "present": _("Yes"),
            "absent": _("No"),
            "unknown": _("I don’t know"),
            "right": _("Yes, the right leg"),
            "left": _("Yes, the left leg"),
            "both": _("Yes, both legs"),
            "chronic": _("Slowly, over months or years"),
            "weeks": _("Over 2 to 12 weeks"),
            "days": _("Over 1 to 14 days"),
            "sudden": _("Suddenly, within a day"),
            "none": _("None"),
            "mild": _("Mild: 1 to 3 of 10"),
            "moderate": _("Moderate: 4 to 6 of 10"),
            "severe": _("Severe: 7 to 10 of 10"),
            "under_30_minutes": _("Yes, for less than 30 minutes"),
            "at_least_30_minutes": _("Yes, for 30 minutes or longer"),
        }.get(one, one.replace("_", " "))

    def who(self, one: str) -> str:
        """Who answers."""
        _ = self.language.say
        return {
            "patient": _("I am the patient"),
            "parent": _("I am the parent of a child"),
            "carer": _("I look after the patient"),
            "interpreter": _("I interpret for the patient"),
        }[one]

    def whose(self, who: str) -> str:
        """Whom the questions mean by "you", where somebody else answers them."""
        _ = self.language.say
        return {
            "parent": _("This is about your child: “you” means your child."),
            "carer": _("This is about the person you look after: “you” means that person."),
            "interpreter": _("This is about the patient you interpret for: “you” means the patient."),
        }.get(who, "")

    def sex(self, one: str) -> str:
        """As recorded."""
        _ = self.language.say
        return {"female": _("Female"), "male": _("Male"), "unknown": _("Another, or I would rather not say")}[one]

    def part(self, place: str) -> str:
        """A part of the leg."""
        _ = self.language.say
        return {
            "hip": _("Hip or groin"),
            "thigh": _("Thigh"),
            "knee": _("Knee"),
            "shin": _("Shin"),
            "calf": _("Calf"),
            "ankle": _("Ankle"),
            "heel": _("Heel"),
            "foot": _("Foot"),
            "toes": _("Toes"),
        }[place]

    def place(self, id_: str) -> str:
        """A place of the body map: its leg and part."""
        _ = self.language.say
        leg, _unused, part = id_.partition("_")
        if not part:
            return _("I cannot say where")
        return f"{self.part(part)}, {_('right') if leg == 'right' else _('left')}"

    def section(self, one: str) -> str:
        """A section of the interview."""
        _ = self.language.say
        return {
            "where": _("Where"),
            "when": _("When"),
            "feels": _("How it feels"),
            "health": _("Your health"),
            "check": _("Check"),
        }[one]

    def fault(self, kind: str) -> str:
        """What is wrong with a field, and what to enter instead."""
        _ = self.language.say
        return {
            "agree": _("Tick that you have read this, or stop here"),
            "age": _("Enter the age in years as a number from 0 to 120"),
            "choose": _("Choose one of the answers"),
            "weeks": _("Enter the weeks of pregnancy as a number from 0 to 45, only with “Yes”"),
            "some": _("Choose at least one; “Something else” is one too"),
            "place": _("Choose at least one place, or only “I cannot say where”"),
            "worst": _("The worst place must be one of those chosen"),
            "rest": _("Say what the others are: no, or you don’t know"),
            "measure": _("Enter a number that is possible in this unit, or leave it empty"),
            "medicines": _("Enter at most 60 medicines, each in a few words"),
            "both": _("Height and weight belong together: enter both, or neither"),
            "contradiction": _(
                "This does not go together with an earlier answer. Change this one, or go back to that one"
            ),
        }[kind]

    def asked(self, one: Sheet) -> str:
        """What a page asked, for the list of answers."""
        _ = self.language.say
        kind, _unused, rest = one.ask.partition(":")
        if kind == "question":
            return self.question(rest)
        return {
            "who": _("Who is answering?"),
            "about": _("Age and sex"),
            "pregnancy": _("Pregnant now?"),
            "complaint": _("What troubles you?"),
            "place": _("Where do you feel it?"),
            "list": _("Is any of these so?"),
            "health": _("Your health"),
            "medicines": _("Your medicines"),
            "measures": _("Measured at home"),
        }[kind]

    def answered(self, one: Sheet, sent: Sent) -> tuple[str, ...]:
        """What was answered there, a line each."""
        _ = self.language.say
        kind = one.ask.partition(":")[0]
        if kind == "who":
            return tuple(self.who(w) for w in sent.get("who", ()))
        if kind == "about":
            return (f"{sent['age'][0]}, {self.sex(sent['sex'][0])}",)
        if kind == "pregnancy":
            weeks = next(iter(sent.get("weeks", ())), "")
            return (self.choice(sent["pregnant"][0]) + (f", {weeks} " + _("weeks pregnant") if weeks else ""),)
        if kind == "complaint":
            return tuple(self.complaint(c) if c != "other" else _("Something else") for c in sent["complaint"])
        if kind == "place":
            return tuple(self.place(p) for p in sent["place"])
        if kind == "medicines":
            return listed(next(iter(sent.get("medicines", ())), "")) or (_("None"),)
        if kind == "measures":
            lines = tuple(
                f"{self.measure(f)[0]}: {sent[f][0]} {self.measure(f)[1]}" for f in one.fields if any(sent.get(f, ()))
            )
            return lines or (_("Nothing"),)
        if kind in ("list", "health"):
            assert isinstance(one, Several)
            held = one.answers(sent)
            names = {a: ", ".join(self.name(id_) for id_, b in held.items() if a == b) for a in ANSWERS}
            return tuple(f"{self.choice(a)}: {named}" for a, named in names.items() if named)
        return tuple(self.choice(v) for v in sent["value"])

    def measure(self, field: str) -> tuple[str, str]:
        """A measurement and its unit."""
        _ = self.language.say
        return {
            "temperature": (_("Body temperature"), "°C"),
            "right_calf": (_("Right calf"), _("cm")),
            "left_calf": (_("Left calf"), _("cm")),
            "pressure": (_("Upper blood pressure"), _("mmHg")),
            "height": (_("Height"), _("cm")),
            "weight": (_("Weight"), _("kg")),
        }[field]
