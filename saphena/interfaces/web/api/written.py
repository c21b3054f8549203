"""An assessment as people file it: plain text for the chart, and paper."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from saphena.assessment import assess
from saphena.interfaces.web.access import Clinician
from saphena.interfaces.web.api.answers import Lang, problem_of
from saphena.interfaces.web.api.cases import SentCase
from saphena.interfaces.web.clinician.paper import NoPaper, chart_text
from saphena.interfaces.web.clinician.routes import DRAWS, on_paper
from saphena.interfaces.web.language import language_of
from saphena.interfaces.web.problems import problem
from saphena.interfaces.web.rendering import model_of

router = APIRouter(tags=["Assess"])
MADE_BY = "The part that makes PDF files is not installed here"


@router.post("/assess/text", summary="Assess a case, as text for the chart", response_class=PlainTextResponse)
def as_text(request: Request, reader: Clinician, case: SentCase, language: Lang = "en") -> PlainTextResponse:
    """What the page offers to copy: urgency, differential with intervals, what was used, plan, referral."""
    model = model_of(request)
    answer = assess(model, case, language, draws=DRAWS)
    return PlainTextResponse(chart_text(model, language_of(request), case, answer))


@router.post(
    "/assess/paper",
    summary="Assess a case, as PDF",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}, 501: problem_of(MADE_BY)},
)
def as_paper(request: Request, reader: Clinician, case: SentCase, language: Lang = "en") -> Response:
    """The whole assessment, with every source numbered at the end. Needs the extra `pdf`."""
    try:
        return Response(on_paper(request, case, {}), media_type="application/pdf")
    except NoPaper:
        return problem(501, "No paper", f"{MADE_BY}: pip install 'saphena[pdf]'", {})
