"""The knowledge, read only: every condition, finding and measure with every number and where it comes from."""

from saphena.interfaces.web.knowledge.room import router

__all__ = ["router"]
