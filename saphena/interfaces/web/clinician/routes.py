"""The addresses of the clinician's workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from markupsafe import Markup
from pydantic import ValidationError

from saphena.assessment import Assessment, assess
from saphena.case import Case
from saphena.faults import Fault, Faulty
from saphena.inference.answers import Answers
from saphena.inference.next_finding import candidates_of
from saphena.inference.observation import Observation
from saphena.inference.subset import TooWide
from saphena.interfaces.web.access import Clinician
from saphena.interfaces.web.charts import Outcome, bar, before_after
from saphena.interfaces.web.clinician.form import UNKNOWN, Fields, Read, case_of_json, fields_of, read, row_of
from saphena.interfaces.web.clinician.live import Live, before_of, look
from saphena.interfaces.web.clinician.notes import Notes
from saphena.interfaces.web.clinician.paper import NoPaper, chart_text, pdf
from saphena.interfaces.web.clinician.view import Earlier, Words, answered, by_status, combinations, compared, ledger
from saphena.interfaces.web.clinician.vocabulary import Names, groups, placed, search
from saphena.interfaces.web.language import language_of
from saphena.interfaces.web.rendering import html, model_of, page
from saphena.interfaces.web.start import setting_names
from saphena.model.network import Model
from saphena.model.sentences import grade_words

router = APIRouter(include_in_schema=False)
DRAWS = 200
"""Enough for whiskers whose ends are steady to a few per cent."""
AHEAD = 6
ASKED = 12
"""Findings shown as worth asking next."""
FIELDS = 20_000
CARRIED = ("patient", "said_by", "earlier", "encounter", "seen", "link", "last")
"""What a page hands on without reading it."""


async def sent(request: Request) -> Fields:
    """The form that was sent; a case that a page carried is spread into it, and fields beside it win."""
    form = await request.form(max_fields=FIELDS, max_files=0)
    held = {key: value for key, value in form.items() if isinstance(value, str)}
    written = held.pop("case", "")
    return {**fields_of(model_of(request), case_of_json(written)), **held} if written else held


Sent = Annotated[Fields, Depends(sent)]


@router.get("/intake")
def blank(request: Request, reader: Clinician, setting: str = "primary_care", open: str = "") -> HTMLResponse:
    """An empty findings page, with the rows of one group where they are asked for."""
    known = setting_names(language_of(request))
    return intake(request, {"setting": setting if setting in known else "primary_care", "open": open})


@router.post("/intake")
def filled(request: Request, reader: Clinician, fields: Sent) -> HTMLResponse:
    """The same with what was entered; ``rest`` marks the unanswered rest of a group as absent."""
    rest = fields.pop("rest", "")
    kept = {row_of(model_of(request), name) for name in fields if name[:2] == "k."}
    for group in groups(model_of(request), language_of(request)):
        if group.id == rest and group.examined:
            for row in group.rows:
                # An answer for both legs, or without a leg, speaks for each of them.
                whole = (row.field, f"{row.field}.both")
                if row.absent and row.field not in kept and all(fields.get(n, "") in UNKNOWN for n in whole):
                    open_ = (name for name, _ in row.fields if fields.get(name, "") in UNKNOWN)
                    fields |= dict.fromkeys(open_, row.absent)
    return intake(request, fields)


@router.get("/findings")
def find(request: Request, reader: Clinician, q: Annotated[str, Query(max_length=100)] = "") -> HTMLResponse:
    """Findings by words, in either language and with slips of the pen."""
    every = placed(model_of(request), language_of(request))
    part = request.headers.get("hx-request") == "true"
    found = [every[row.field] for row in search((row for _, row in every.values()), q)[:ASKED]]
    return page(request, "clinician/found.html" if part else "clinician/find.html", found=found, q=q)


@router.post("/intake/rows")
def rows(request: Request, reader: Clinician, fields: Sent) -> HTMLResponse:
    """The rows of one group that nobody has answered yet, when it is opened."""
    got = read(model_of(request), language_of(request), fields)
    group = next((g for g in groups(model_of(request), language_of(request)) if g.id == fields.get("group")), None)
    if group is None:
        raise HTTPException(404, language_of(request).say("There is no such group of findings."))
    held = _rows(request, fields, got, _beside(request, got), frozenset(r.field for r in group.rows))
    return page(request, "clinician/group.html", group=group, **held)


@router.post("/intake/live")
def live(request: Request, reader: Clinician, fields: Sent) -> HTMLResponse:
    """The differential beside the findings, after each change."""
    got = read(model_of(request), language_of(request), fields)
    return page(request, "clinician/live_part.html", **_beside(request, got), words=_words(request), swapped=True)


@router.post("/assessment")
def assessment(request: Request, reader: Clinician, fields: Sent) -> HTMLResponse:
    """The assessment; the findings page with every error at its field where there is none."""
    got = read(model_of(request), language_of(request), fields)
    if got.case is None:
        return intake(request, fields, got, 422)
    return page(request, "clinician/assessment.html", **shown(request, got.case, fields))


@router.post("/assessment/next")
def next_steps(request: Request, reader: Clinician, fields: Sent) -> HTMLResponse:
    """What to ask or order next, with before and after: takes longer than the rest of the assessment."""
    case = _case(request, fields)
    part = request.headers.get("hx-request") == "true"
    name = "clinician/next.html" if part else "clinician/assessment.html"
    return page(request, name, **shown(request, case, fields, ahead=AHEAD, draws=0 if part else None))


@router.post("/assessment/what-if")
def what_if(request: Request, reader: Clinician, fields: Sent) -> HTMLResponse:
    """One answer changed, before and after beside each other; the case itself stays as it is."""
    model, language = model_of(request), language_of(request)
    changed, answer = fields.pop("changed", ""), fields.pop("answer", "")
    case = _case(request, fields)
    other = _case(request, {**fields, changed: answer})
    before, after = (assess(model, one, language.code) for one in (case, other))
    name = next((n for f, n, _ in answered(other, model, Names(model, language)) if f == changed), changed)
    part = request.headers.get("hx-request") == "true"
    return page(
        request,
        "clinician/compared.html" if part else "clinician/what_if.html",
        change=compared(Earlier.of(before), Earlier.of(after), Names(model, language)),
        changed=name,
        answer=answer,
        case=case.model_dump_json(exclude_defaults=True),
        carried={k: fields[k] for k in CARRIED if fields.get(k)},
        words=_words(request),
    )


@router.post("/assessment.json")
def as_json(request: Request, reader: Clinician, fields: Sent) -> Response:
    """The whole assessment for a program."""
    case = _case(request, fields)
    answer = assess(model_of(request), case, language_of(request).code, draws=DRAWS, ahead=AHEAD)
    return Response(
        answer.model_dump_json(indent=1),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="assessment.json"'},
    )


@router.post("/assessment.txt")
def as_text(request: Request, reader: Clinician, fields: Sent) -> PlainTextResponse:
    """Plain text for the chart."""
    case, language = _case(request, fields), language_of(request)
    answer = assess(model_of(request), case, language.code, draws=DRAWS)
    return PlainTextResponse(chart_text(model_of(request), language, case, answer))


@router.post("/assessment.pdf")
async def as_pdf(request: Request, reader: Clinician, fields: Sent) -> Response:
    """The assessment on paper."""
    try:
        made = await run_in_threadpool(lambda: on_paper(request, _case(request, fields), fields))
    except NoPaper:
        return page(request, "clinician/no_paper.html", 501)
    return Response(
        made, media_type="application/pdf", headers={"Content-Disposition": 'inline; filename="assessment.pdf"'}
    )


def on_paper(request: Request, case: Case, fields: Fields) -> bytes:
    """The whole assessment as PDF, with its sources numbered. Raises ``NoPaper``."""
    held = shown(request, case, fields, ahead=AHEAD)
    return pdf(html(request, "clinician/paper.html", **held, notes=Notes()))


# --- what the pages show -------------------------------------------------------------------


def intake(request: Request, fields: Fields, got: Read | None = None, status: int = 200) -> HTMLResponse:
    """The findings page with these fields; other rooms call it to hand a case over.

    Most groups stay empty for most patients, so a group has its rows only once something in it is answered, looked for
    or asked to be opened: the page is a tenth of what it would be with all of them.
    """
    model, language = model_of(request), language_of(request)
    got = got or read(model, language, fields)
    show, q, opened = fields.get("show", "all"), fields.get("q", "").strip(), fields.get("open", "")
    beside = _beside(request, got)
    every = placed(model, language)
    held = _rows(request, fields, got, beside, frozenset(every))
    narrow = bool(q) or show != "all"
    if q:
        held["visible"] = {row.field for row in search((row for _, row in every.values()), q)}
    elif show == "answered":
        held["visible"] = held["entered"] | {f"f.{id_}" for id_ in held["asked"]}
    elif show == "next":
        held["asked"] = frozenset(_asked(request, got.observation, beside["live"]) if got.observation else ())
        held["visible"] = {f"{p}.{id_}" for id_ in held["asked"] for p in "fc"} & every.keys()
    wanted = held["entered"] | held["errors"].keys() | (held["visible"] if narrow else set())
    all_ = groups(model, language)
    filled = {g.id for g in all_ if opened in (g.id, "every") or any(r.field in wanted for r in g.rows)}
    return page(
        request,
        "clinician/intake.html",
        status,
        **beside,
        **held,
        groups=all_,
        filled=filled if narrow else filled | {all_[0].id},
        opened=opened,
        origins=[(k, v) for k, v in fields.items() if k[:2] == "o."],
        carried={k: fields[k] for k in CARRIED if fields.get(k)},
        narrow=narrow,
        show=show,
        q=q,
        setting_names=setting_names(language),
        words=_words(request),
        swapped=False,
    )


def _rows(
    request: Request, fields: Fields, got: Read, beside: dict[str, Any], visible: frozenset[str]
) -> dict[str, Any]:
    """What rows need besides themselves. A form that has just been opened holds no person, and no mistakes."""
    live: Live | None = beside["live"]
    return {
        "fields": fields,
        "errors": _by_row(model_of(request), got.errors) if "age" in fields else {},
        "visible": visible,
        "entered": _entered(model_of(request), fields) & visible,
        "asked": frozenset((*live.ask, *live.medicines_ask) if live else ()),
        "kept": [(k, v) for k, v in fields.items() if k[:2] == "k."],
        "last": _last(fields.get("last", "")),
    }


def shown(request: Request, case: Case, fields: Fields, ahead: int = 0, draws: int | None = None) -> dict[str, Any]:
    """Everything the assessment page shows."""
    model, language = model_of(request), language_of(request)
    names = Names(model, language)
    answer = assess(model, case, language.code, draws=DRAWS if draws is None else draws, ahead=ahead)
    listed = [c for c in answer.differential if c.group != "other"]
    columns, rows = combinations(answer, names)
    earlier = _earlier(fields.get("earlier", ""))
    known = model.knowledge
    reviewed = {c.id: known.conditions[c.id].reviewed is not None for c in listed}
    limits = {c.id: rule.threshold for c in listed if (rule := known.conditions[c.id].must_not_miss)}
    return {
        "answer": answer,
        "case": case.model_dump_json(exclude_defaults=True),
        "the_case": case,
        "held": fields_of(model, case),
        "carried": {k: fields[k] for k in CARRIED if fields.get(k)},
        "listed": listed,
        "ledgers": {c.id: ledger(c) for c in listed},
        "bars": {
            c.id: bar(
                c.probability,
                c.interval.low if c.interval else None,
                c.interval.high if c.interval else None,
                limit=limits.get(c.id),
            )
            for c in listed
        },
        "columns": columns,
        "combinations": rows,
        "plan": by_status(answer.plan.options),
        "reviewed": reviewed,
        "before_after": _drawn(request, answer),
        "change": compared(earlier, Earlier.of(answer), names) if earlier else None,
        "tries": answered(case, model, names),
        "text": chart_text(model, language, case, answer),
        "setting_names": setting_names(language),
        "words": _words(request),
        "sides": {f.id: f.sided for f in known.findings.values()},
        "contexts": set(known.risk_factors) | set(known.care.facts),
        "ahead": ahead,
    }


def _drawn(request: Request, answer: Assessment) -> dict[str, Markup]:
    """Of each investigation that was followed through: what its results would make of the condition they move most."""
    say, names = language_of(request).say, _words(request)
    ids = {c.name: c.id for c in answer.differential}
    made: dict[str, Markup] = {}
    for one in answer.plan.investigations:
        moves = [m for o in one.outcomes for m in o.moves]
        if not moves:
            continue
        name, before, _ = max(moves, key=lambda m: abs(m[2] - m[1]))
        called = names.names.of(ids.get(name, ""), name)
        results = tuple(
            Outcome(
                {"present": say("present"), "absent": say("absent")}.get(
                    o.value, language_of(request).tell(grade_words(o.value))
                ),
                next((after for n, _, after in o.moves if n == name), before),
            )
            for o in one.outcomes
        )
        now = say("%(name)s now %(p)s") % {"name": called, "p": names.per_cent(before)}
        after = "; ".join(f"{r.name}: {names.per_cent(r.after)}" for r in results)
        made[one.id] = Markup("<p class='small soft'>{}</p>{}").format(
            now, before_after(before, results, f"{now}; {after}")
        )
    return made


def _words(request: Request) -> Words:
    return Words(model_of(request), language_of(request))


def _case(request: Request, fields: Fields) -> Case:
    got = read(model_of(request), language_of(request), fields)
    if got.case is None:
        raise Faulty(
            [
                Fault("case", None, k, v, language_of(request).say("Go back and correct it"))
                for k, v in got.errors.items()
            ]
        )
    return got.case


def _earlier(written: str) -> Earlier | None:
    if not written:
        return None
    try:
        return Earlier.model_validate_json(written)
    except ValidationError:
        raise Faulty(
            [Fault("earlier", None, "", "the earlier assessment cannot be read", "Open it from the record again")]
        ) from None


def _last(written: str) -> dict[str, str]:
    """What was said last time, by id: shown beside the empty field. Without it nothing is lost, so nothing is refused."""
    try:
        held = json.loads(written or "{}")
    except ValueError:
        return {}
    return {str(id_): str(words) for id_, words in held.items()} if isinstance(held, dict) else {}


def _beside(request: Request, got: Read) -> dict[str, Any]:
    """The live differential, or what is still missing for one."""
    model, language = model_of(request), language_of(request)
    answer: Live | None = None
    if got.observation:
        answer = look(model, language, got.observation, before_of(got.fields.get("was", "")))
    bars = {s.id: bar(s.probability, was=s.was if s.moved else None) for s in answer.standings} if answer else {}
    every = placed(model, language)
    ask = [every[f] for i in (answer.ask if answer else ()) for f in (f"f.{i}", f"c.{i}") if f in every]
    because = [every[f"c.{i}"] for i in (answer.medicines_ask if answer else ())]
    return {
        "live": answer,
        "live_errors": _by_row(model, got.errors),
        "live_bars": bars,
        "live_ask": ask,
        "live_because": because,
    }


def _asked(request: Request, observation: Observation, now: Live) -> tuple[str, ...]:
    """Open red flags first, then what is most worth asking, where there are probabilities that it could move."""
    try:
        worth = [] if now.problem else candidates_of(Answers(model_of(request), observation))
    except TooWide:
        worth = []
    return tuple(dict.fromkeys([*now.ask, *now.medicines_ask, *(c.finding for c in worth[:ASKED] if c.utility > 0)]))


def _entered(model: Model, fields: Fields) -> set[str]:
    """Rows with any answer."""
    return {row_of(model, name) for name, value in fields.items() if value not in UNKNOWN}


def _by_row(model: Model, errors: Mapping[str, str]) -> dict[str, str]:
    """Each error at the row of its field: the summary leads there, and the row says it."""
    found: dict[str, str] = {}
    for name, words in errors.items():
        found.setdefault(row_of(model, name), words)
    return found
