"""The clinician's workspace: findings on one page, the differential beside them, the assessment, its paper."""

from saphena.interfaces.web.clinician.routes import router

__all__ = ["router"]
