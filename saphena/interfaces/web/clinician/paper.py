"""The assessment for the chart: as plain text, and on paper as PDF."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from saphena.assessment import Assessment
from saphena.case import Case
from saphena.interfaces.web.clinician.view import Words
from saphena.interfaces.web.language import Language
from saphena.interfaces.web.settings import static_folder
from saphena.model.network import Model

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

MOST = 6


def chart_text(model: Model, language: Language, case: Case, answer: Assessment) -> str:
    """What a clinician pastes into the record."""
    say, words = language.say, Words(model, language)
    lines = [f"Saphena {answer.software}, {say('model')} {answer.model}, {say('care')} {answer.care}", ""]
    lines.append(f"{say('Urgency')}: {answer.triage.name}. {answer.triage.clinician}")
    lines += [
        f"- {words.names.of(f.id, f.name)}: {', '.join(words.called(b) for b in f.because)}"
        for f in answer.triage.red_flags
    ]
    if answer.triage.unanswered:
        lines.append(f"{say('Red flags not answered')}: {len(answer.triage.unanswered)}")
    lines += ["", say("What it may be")]
    for one in [c for c in answer.differential if c.group != "other"][:MOST]:
        between = ""
        if one.interval:
            between = f" ({words.per_cent(one.interval.low)} – {words.per_cent(one.interval.high)})"
        lines.append(f"- {words.names.of(one.id, one.name)}: {words.per_cent(one.probability)}{between}")
    lines += ["", say("Used"), *(f"- {one}" for one in answer.used)]
    said = {
        "offered": say("Offered"),
        "caution": say("With caution"),
        "waiting": say("Waits for an answer"),
        "struck": say("Struck out for this patient"),
    }
    for status, title in said.items():
        options = [o for o in answer.plan.options if o.status == status]
        if options:
            lines += ["", title]
            for o in options:
                leg = f" ({words.leg(o.leg)})" if o.leg else ""
                why = f": {'; '.join(language.tell(r.text) for r in o.reasons)}" if o.reasons else ""
                lines.append(f"- {words.names.of(o.id, o.name)}{leg}{why}")
    for title, rest in (
        (say("Referral"), [words.names.of(r.id, r.to) for r in answer.plan.referrals]),
        (say("Warnings"), answer.warnings),
    ):
        if rest:
            lines += ["", title, *(f"- {one}" for one in rest)]
    lines += ["", answer.intended_use]
    return "\n".join(lines) + "\n"


class NoPaper(Exception):
    """The part that makes PDF files is not installed."""


def pdf(html: str) -> bytes:
    """A page as PDF. Raises ``NoPaper`` without the extra; nothing is fetched from anywhere but the static folder."""
    try:
        from weasyprint import CSS, HTML
    except (ImportError, OSError) as error:
        raise NoPaper(str(error)) from error
    fonts, own = static_folder() / "fonts", _own_files()
    sheet = (static_folder() / "paper.css").read_text(encoding="utf-8").replace("FONTS", fonts.as_uri())
    inks = (static_folder() / "paper_drawing.css").read_text(encoding="utf-8")
    drawn = re.sub(r"(<svg\b[^>]*>)", rf"\1<style>{inks}</style>", html)
    from weasyprint.text.fonts import FontConfiguration

    held = FontConfiguration()
    page = HTML(string=drawn, url_fetcher=own)
    made = page.write_pdf(stylesheets=[CSS(string=sheet, font_config=held, url_fetcher=own)], font_config=held)
    assert made is not None
    return bytes(made)


def _own_files() -> URLFetcher:
    """Fetches what belongs to the application, and nothing else."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class OwnFiles(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types.
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            if Path(url2pathname(urlsplit(url).path)).resolve().parent.parent != static_folder().resolve():
                raise FatalURLFetchingError(f"{url} is not a file of the application")
            return super().fetch(url, headers)

    return OwnFiles(allowed_protocols=("file",))
