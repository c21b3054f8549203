"""The record over time: patients, visits, measurements, treatments, outcomes; the only database code.

``open_record(url)`` opens it; everything then happens inside ``with record.work(actor) as work:``, one transaction
that is in the audit, through the functions of the modules exported here (``patients.add(work, ...)``).
"""

from saphena.records import (
    accounts,
    api_tokens,
    assessments,
    diary,
    encounters,
    links,
    measurements,
    outcomes,
    patients,
    retention,
    sessions,
    transfer,
    treatments,
    visits,
)
from saphena.records.errors import Busy, Conflict, LockedOut, NewerDatabase, NotFound, RecordFault, Refused, Taken
from saphena.records.record import Record, Settings, Work, open_record, restore
from saphena.records.shapes import SYSTEM, Actor

__all__ = [
    "SYSTEM",
    "Actor",
    "Busy",
    "Conflict",
    "LockedOut",
    "NewerDatabase",
    "NotFound",
    "Record",
    "RecordFault",
    "Refused",
    "Settings",
    "Taken",
    "Work",
    "accounts",
    "api_tokens",
    "assessments",
    "diary",
    "encounters",
    "links",
    "measurements",
    "open_record",
    "outcomes",
    "patients",
    "restore",
    "retention",
    "sessions",
    "transfer",
    "treatments",
    "visits",
]
