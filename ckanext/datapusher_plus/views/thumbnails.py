"""Pictures of resources: an address that makes a picture when it is missing, and leads to it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from ckan import model, types
from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _
from flask import Blueprint

from .. import settings
from ..portal.private_storage import NoStorage
from ..thumbnails import generate, listing, storage
from ..thumbnails.draw import CannotDrawNow, NothingToDraw
from ..thumbnails.generate import Busy
from ..thumbnails.store import NotPublic

__all__ = ["thumbnails"]

log = logging.getLogger(__name__)

thumbnails = Blueprint(listing.ROUTE, __name__, url_prefix="/thumbnail")

#: Seconds for which a browser keeps the address of a picture, and a neutral picture.
_KEPT, _NEUTRAL_KEPT = 300, 5
#: Shown while a picture cannot be made, and where there is none.
NEUTRAL = "/datapusher_plus/thumbnail.svg"
_FILE = Path(__file__).parents[1] / "public" / NEUTRAL.lstrip("/")
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def index() -> types.Response:
    """Refuse to list pictures."""
    answer = _sentence(405, _("There is no list of pictures. Ask for /thumbnail/<resource id>."))
    answer.headers["Allow"] = "OPTIONS"
    return answer


def show(resource_id: str) -> types.Response:
    """Lead to a picture of a resource, and make it first if it is missing or out of date."""
    labels = [spec.label for spec in settings.current().thumbnail_sizes]
    if not labels:
        return _none("No thumbnail sizes are configured (ckanext.datapusher_plus.thumbnail_sizes).")
    label = tk.request.args.get("label", labels[0])
    if label not in labels:
        asked = _("There is no size with this label. The labels are: {labels}").format(labels=", ".join(labels))
        return _sentence(400, asked)
    try:
        resource = tk.get_action("resource_show")({}, {"id": resource_id})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return _none(_("Resource not found"))
    # returns the connection: making a picture takes seconds, and many pages may ask at once
    model.Session.remove()
    return _picture(resource, label)


def _picture(resource: dict[str, Any], label: str) -> types.Response:
    try:
        row = generate.make(resource)[label]
    except NotPublic:
        return _none(_("Only resources that everybody may read have pictures."))
    except NothingToDraw as error:
        return _none(str(error))
    except (Busy, CannotDrawNow):
        return _redirect(tk.h.url_for_static(NEUTRAL), _NEUTRAL_KEPT)
    except NoStorage as error:
        log.error("%s", error)  # noqa: TRY400 (the sentence says everything)
        return _none(_("The storage of pictures is not configured."))
    if address := storage.address(row.path):
        return _redirect(address, _KEPT)
    sent = storage.response(row.path)
    return _kept(sent, _KEPT) if sent else _none(_("The storage has lost this picture."))


def _redirect(address: str, seconds: int) -> types.Response:
    answer = types.Response(status=302)
    answer.headers["Location"] = address
    return _kept(answer, seconds)


def _kept(answer: types.Response, seconds: int) -> types.Response:
    # otherwise CKAN replaces the headers by its own
    tk.request.environ["__no_cache__"] = True
    answer.cache_control.private = True
    answer.cache_control.max_age = seconds
    return answer


def _none(why: str) -> types.Response:
    """Answer with 404; a browser that fills an image on a page gets a neutral picture instead of the sentence."""
    if tk.request.accept_mimetypes.best_match(["text/plain", "image/svg+xml"]) != "image/svg+xml":
        return _sentence(404, why)
    return _kept(types.Response(_FILE.read_bytes(), status=404, mimetype="image/svg+xml"), _NEUTRAL_KEPT)


def _sentence(status: int, text: str) -> types.Response:
    return _kept(types.Response(text, status=status, content_type="text/plain; charset=utf-8"), _NEUTRAL_KEPT)


thumbnails.add_url_rule("/", "index", index, methods=_METHODS)
thumbnails.add_url_rule("/<resource_id>", "show", show, methods=["GET"])
