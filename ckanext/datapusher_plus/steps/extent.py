"""Find out where the places of a table are."""

from __future__ import annotations

from dataclasses import replace

from ..core import extent
from ..core.boxes import Box
from ..core.errors import EngineFailed
from ..core.log import warn
from ..core.message import say, say_n
from ..core.values import LoadPlan, Log
from ..engines import Bounds, Can
from ..settings import current
from .analyse import engine_for

#: field of the resource, as in DataPusher+
FIELD = "dpp_spatial_extent"


def find(plan: LoadPlan, log: Log) -> LoadPlan:
    """Return the plan with the bounds of its places as a field of the resource; without any, the field is removed."""
    if not current().auto_csv_spatial_extent:
        return plan
    box = plan.csv.box or _of_columns(plan, log)
    if box and not extent.is_within(box):
        log.info(say("The shapes are beyond ±180 or ±90 degrees, so the resource gets no extent."))
        box = None
    if box and extent.spans_half(box):
        log.info(
            say(
                "The places span more than half of the globe. If they lie on both sides of the 180th meridian, the "
                "extent of the resource is wider than they are."
            )
        )
    return replace(plan, fields={**plan.fields, FIELD: extent.as_field(box) if box else None})


def _of_columns(plan: LoadPlan, log: Log) -> Box | None:
    headings, site = plan.csv.header, current()
    found = extent.pair(plan.columns, headings, site.latitude_fields, site.longitude_fields)
    weak = found is not None and extent.is_weak(headings, *found)
    if found is None or (weak and extent.are_sizes(headings)):
        return None
    try:
        bounds = engine_for(plan.csv.path.parent, Can.BOUNDS).bounds(plan.csv, *found)
    except (EngineFailed, OSError) as error:
        warn(log, say("The extent of the places could not be determined."), error)
        return None
    if weak and (bounds.outside or not bounds.fractions):
        # most probably places in a grid or in another reference system, or sizes
        return None
    first, second = (plan.columns[at].name for at in found)
    names = say("“{first}” and “{second}”", first=first, second=second)
    _log_rows_outside(bounds, names, log)
    return None if bounds.outside else bounds.box


def _log_rows_outside(bounds: Bounds, names: str, log: Log) -> None:
    if bounds.outside:
        log.info(
            say_n(
                "The resource gets no extent: {names} have values beyond ±90 or ±180 degrees in {n} row.",
                "The resource gets no extent: {names} have values beyond ±90 or ±180 degrees in {n} rows.",
                bounds.outside,
                names=names,
            )
        )
    elif bounds.at_zero and bounds.places:
        log.info(
            say_n(
                "The extent leaves out {n} row whose {names} are 0, 0.",
                "The extent leaves out {n} rows whose {names} are 0, 0.",
                bounds.at_zero,
                names=names,
            )
        )
