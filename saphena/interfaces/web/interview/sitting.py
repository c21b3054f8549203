"""One step of an interview: what was sent, what follows from it, and the page that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from saphena.faults import Faulty
from saphena.interfaces.web.interview import keeping
from saphena.interfaces.web.interview.held import Held, answered, readable, replay, told_by
from saphena.interfaces.web.interview.order import ABOUT, SECTIONS, Next, flags_to_show, next_page, section_of
from saphena.interfaces.web.interview.result import leaflet_of, result_of
from saphena.interfaces.web.interview.sheets import LEGS, PLACES, Sent, Unreadable, sheet
from saphena.interfaces.web.interview.wording import Wording
from saphena.interfaces.web.language import language_of
from saphena.interfaces.web.rendering import model_of, page
from saphena.pathway.given import Given
from saphena.records.shapes import Link

TEMPLATES = {"question": "choice", "list": "several", "health": "several"}
"""Kind of a page -> its template, where it has another name."""


@dataclass(frozen=True)
class Sitting:
    """One person at one interview; kept on the server if it was opened by a link."""

    request: Request
    token: str | None = None
    link: Link | None = None

    @property
    def action(self) -> str:
        """Where its forms are sent."""
        return f"/interview/resume/{self.token}" if self.token else "/interview"

    @property
    def wording(self) -> Wording:
        """Words in the reader's language."""
        return Wording(language_of(self.request), model_of(self.request))

    # --- what was asked for ------------------------------------------------------------------

    def act(self, form: FormData) -> Response:
        """Do what the button of the form says."""
        held = Held.read(_text(form, "held"))
        readable(model_of(self.request), held)
        go, _, what = _text(form, "go").partition(":")
        ask = _text(form, "ask")
        at = _place(_text(form, "at"), held)
        if ask:
            one = sheet(model_of(self.request), ask)
            if one is None:
                raise Unreadable
            sent: Sent = {f: tuple(str(v) for v in form.getlist(f)) for f in one.fields if form.getlist(f)}
            if go in ("", "next"):
                return self.answer(held, ask, sent, at)
            if go == "language":
                return self.show(held.put_aside(ask, sent), Next(ask), at)
            if at is None:
                held = held.put_aside(ask, sent)
            elif not one.faults(held.answer_to(ask)):  # Not changed after all.
                held = held.with_answer(ask, held.answer_to(ask), at)
            if at is not None and go == "back":
                return self.proceed(held)
        return self.turn(held, go, what)

    def turn(self, held: Held, go: str, what: str) -> Response:
        """Everything but an answer."""
        if go == "back" and held.steps:
            return self.show(held.without(len(held.steps) - 1), Next(held.steps[-1].ask))
        place = _place(what, held)
        if go == "change" and place is not None and place < len(held.steps):
            return self.show(held.without(place), Next(held.steps[place].ask), place)
        if go == "on":
            shown = tuple(r.flag.id for r in flags_to_show(model_of(self.request), held, self._given(held)))
            return self.proceed(held.model_copy(update={"shown": (*held.shown, *shown)}))
        if go in ("stop", "result", "leaflet") and "complaint" in held.asked:
            return self.result(held, "leaflet" if go == "leaflet" else "result")
        if go in ("keep", "handover") and held.steps:
            return self.keep(held) if go == "keep" else self.hand_over(held)
        return self.proceed(held)

    def answer(self, held: Held, ask: str, sent: Sent, at: int | None) -> Response:
        """Take an answer, or show what is wrong with it."""
        one = sheet(model_of(self.request), ask)
        assert one is not None
        faults = one.faults(sent)
        if faults:
            return self.show(held.put_aside(ask, sent), Next(ask), at, faults)
        taken = held.with_answer(ask, sent, at)
        try:
            replay(model_of(self.request), taken)
        except Faulty:
            return self.show(held.put_aside(ask, sent), Next(ask), at, {one.fields[0]: "contradiction"})
        if self.link is not None:
            record = keeping.record_of(self.request)
            assert record is not None
            taken = keeping.save(record, self.link, taken)
        elif sent.get("keep"):
            return self.keep(taken)
        return self.proceed(taken)

    # --- pages -------------------------------------------------------------------------------

    def proceed(self, held: Held) -> Response:
        """The page that comes next: a red flag, a question, or the end."""
        given = self._given(held)
        raised = flags_to_show(model_of(self.request), held, given)
        if raised:
            flags = [(r.flag.triage, self.wording.flag_told(r.flag.id)) for r in raised]
            return self._page("stop", held, level=raised[0].flag.triage, flags=flags)
        following = next_page(model_of(self.request), held, given)
        return self.result(held, "result", True) if following is None else self.show(held, following)

    def show(
        self, held: Held, following: Next, at: int | None = None, faults: dict[str, str] | None = None
    ) -> Response:
        """A page that asks."""
        ask = following.ask
        one = sheet(model_of(self.request), ask)
        assert one is not None
        kind = ask.partition(":")[0]
        return self._page(
            TEMPLATES.get(kind, kind),
            held,
            422 if faults else 200,
            ask=ask,
            kind=kind,
            sheet=one,
            at=at,
            sent=held.answer_to(ask),
            faults={field: self.wording.fault(fault) for field, fault in (faults or {}).items()},
            number=len([a for a in held.asked if a != "who"]) + 1,
            about=ABOUT,
            sections=SECTIONS,
            section=section_of(held, ask),
            why=self.wording.why(following.question) if following.question else (),
            places=PLACES,
            legs=LEGS,
        )

    def result(self, held: Held, name: str, finished: bool = False) -> Response:
        """What follows from the answers, as a page or as a leaflet."""
        model = model_of(self.request)
        case = self._given(held).case()
        if name == "leaflet":
            return self._page("leaflet", held, **leaflet_of(model, case, self.wording))
        return self._page(
            "result", held, done=answered(model, held), finished=finished, **result_of(model, case, self.wording)
        )

    def keep(self, held: Held) -> Response:
        """Give the person a link that leads back; asked for by the button that says so."""
        record = keeping.record_of(self.request)
        if record is None:
            return self.proceed(held)
        token, kept = self.token, held
        if token is None:
            kept, token = keeping.begin(self.request, record, held, keeping.KEEP)
        elsewhere = Sitting(self.request, token)
        return elsewhere._page("kept", kept, **elsewhere._way_back(token))

    def hand_over(self, held: Held) -> Response:
        """Give the person a code for the clinician."""
        record = keeping.record_of(self.request)
        if record is None:
            return self.result(held, "result")
        kept, token, link = held, self.token, self.link
        if token is None or link is None:
            kept, token = keeping.begin(self.request, record, held, keeping.HAND_OVER)
            opened = keeping.opened(record, token)
            assert opened is not None
            link = opened[0]
        code = keeping.code_for(record, link, kept)
        return Sitting(self.request, token, link)._page(
            "code", kept, code=code, address=str(self.request.base_url) + "handover"
        )

    def _way_back(self, token: str) -> dict[str, Any]:
        record = keeping.record_of(self.request)
        opened = keeping.opened(record, token) if record is not None else None
        return {
            "address": f"{str(self.request.base_url).rstrip('/')}/interview/resume/{token}",
            "until": opened[0].expires.astimezone() if opened else None,
        }

    def _given(self, held: Held) -> Given:
        return readable(model_of(self.request), held)

    def _page(self, name: str, held: Held, status: int = 200, **more: Any) -> Response:
        return page(
            self.request,
            f"interview/{name}.html",
            status,
            action=self.action,
            held=held,
            w=self.wording,
            told=told_by(held),
            keeps=keeping.record_of(self.request) is not None,
            kept=self.token is not None,
            **more,
        )


def _text(form: FormData, field: str) -> str:
    value = form.get(field)
    return value if isinstance(value, str) else ""


def _place(written: str, held: Held) -> int | None:
    """The place of a step, or that after the last; None for anything else."""
    return next((at for at in range(len(held.steps) + 1) if str(at) == written), None)
