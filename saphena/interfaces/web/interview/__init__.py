"""The patient's interview: one thing per page, from consent to what to do."""

from saphena.interfaces.web.interview.handover import router as handover_router
from saphena.interfaces.web.interview.routes import router, unreadable
from saphena.interfaces.web.interview.sheets import Unreadable

router.include_router(handover_router)

__all__ = ["Unreadable", "router", "unreadable"]
