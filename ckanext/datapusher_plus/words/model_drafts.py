"""Draft labels, descriptions and units with the site's language model, if it has one."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from .. import settings
from ..core.drafts import model_questions
from ..core.drafts.model import Draft, Kind, State, Subject
from ..core.drafts.model_questions import BadAnswer
from ..core.errors import AddressRefused, FileTooLarge, UnpacksTooLarge
from ..core.safe_text import redacted
from ..core.statistics import TableStatistics
from ..fetch.address import Address, Malformed, parse
from ..fetch.body import contents
from ..fetch.connection import Tls
from ..fetch.exchange import Posted, Roads, asked
from ..fetch.guard import Guard
from ..fetch.meter import Exhausted, Meter, Passing, Unusable
from ..model.database import transaction
from ..settings import Settings
from . import annotate, annotations, queue, registry

#: Bytes of an answer; those for the most columns of one question are far fewer.
_MOST_BYTES = 1 << 18
_PIECE = 1 << 14
#: Bytes a second, below which an answer counts as endless.
_LEAST_RATE = 1.0
_OK = 200
#: Environment variable with the key, for sites that keep secrets out of ckan.ini.
KEY = "CKANEXT__DATAPUSHER_PLUS__ANNOTATE_MODEL_KEY"


class NoModel(ValueError):
    """The site has no language model."""


class ModelFailed(Exception):
    """The model gave no usable answer; the text is a sentence without secrets, and without what the model said."""


def draft(
    resource_id: str,
    run_id: str | None,
    creator: str,
    statistics: TableStatistics,
    *,
    columns: Collection[str] | None = None,
    again: bool = True,
) -> int:
    """Draft entries for columns of a table with the model, and return how many drafts are new.

    Each answer is stored before the next question is asked, so a failure costs only what comes after it.

    :param columns: only these columns.
    :param again: also ask about columns for which the model has drafted something before.
    :raises NoModel: when no model is configured.
    :raises ModelFailed: when the model does not give a usable answer in time.
    :raises IngestError: when the datastore cannot be read.
    """
    site = settings.current()
    if not site.annotate_model_url:
        raise NoModel
    besides = _suspects(resource_id) | (frozenset() if again else _known(resource_id))
    subjects = [each for each in annotate.subjects(resource_id, statistics, columns) if each.name not in besides]
    meter = _meter(site)
    new = 0
    for batch in model_questions.batches(subjects, site.annotate_tokens):
        new += _keep(resource_id, run_id, creator, ask(batch, site, meter))
    return new


def _suspects(resource_id: str) -> frozenset[str]:
    """Return the columns that are probably personal data: the mark is proposed, and nobody has rejected that."""
    proposed = annotations.find(resource_id, kind=Kind.PII, state=None)
    return frozenset(each.column for each in proposed if each.state is not State.REJECTED)


def _known(resource_id: str) -> frozenset[str]:
    """Return the columns for which a model has drafted something."""
    drafted = annotations.find(resource_id, state=None)
    return frozenset(each.column for each in drafted if each.evidence.get("rule") == model_questions.RULE)


def _keep(resource_id: str, run_id: str | None, creator: str, found: Sequence[Draft]) -> int:
    ids = {column.name: column.id for column in registry.columns(resource_id)}
    here = [each for each in found if each.column in ids]
    touched = sorted({ids[each.column] for each in here})
    if not touched:
        return 0
    with transaction() as connection:
        annotations.require_read_committed(connection)
        queue.lock(connection, touched)
        made = [
            annotations.get_or_create(
                connection,
                each,
                column_id=ids[each.column],
                resource_id=resource_id,
                creator=creator,
                run_id=run_id,
            )
            for each in here
        ]
        queue.recount(connection, touched)
    return sum(created for _, created in made)


def ask(batch: Sequence[Subject], site: Settings, meter: Meter | None = None) -> tuple[Draft, ...]:
    """Return what the model drafts for columns.

    :param meter: the time and bytes of all questions about a table.
    :raises ModelFailed: when it does not give a usable answer in time.
    """
    try:
        where = parse(site.annotate_model_url)
        reply = _exchanged(where, model_questions.question(site.annotate_model, batch), site, meter or _meter(site))
        return model_questions.drafts(reply, batch, site.annotate_model)
    except Malformed as error:
        raise ModelFailed("annotate_model_url is not an http or https address.") from error
    except FileTooLarge as error:
        raise ModelFailed(f"The language model sent more than {_MOST_BYTES:,} bytes.") from error
    except BadAnswer as error:
        raise ModelFailed(f"The answer of the language model {error}, so nothing of it was used.") from error
    except (Passing, Unusable, Exhausted, UnpacksTooLarge, AddressRefused) as error:
        shown = redacted(site.annotate_model_url)
        raise ModelFailed(f"The language model at {shown} cannot be used: {error}.") from error


def _meter(site: Settings) -> Meter:
    """Return the limits of all questions about a table together."""
    seconds = site.annotate_timeout
    return Meter(connect=seconds, silence=seconds, total=seconds, least_rate=_LEAST_RATE, limit=_MOST_BYTES)


def _exchanged(where: Address, body: bytes, site: Settings, meter: Meter) -> bytes:
    """Send one request and return the body of its response; redirects are not followed, since they would get the key.

    The address is the operator's, so it may be on a private network.
    """
    roads = Roads(Guard(frozenset([where.host, where.bracketed])), Tls(site.ssl_verify, site.ssl_ca_bundle))
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key := _key(site):
        headers["Authorization"] = f"Bearer {key}"
    with asked(where, roads, meter, Posted(body, headers)) as reply:
        if reply.status != _OK:
            raise Unusable(f"it answered {reply.status}")
        meter.receiving()
        got = bytearray()
        for piece in contents(reply, _PIECE):
            got += piece
            if len(got) > _MOST_BYTES:
                raise FileTooLarge(_MOST_BYTES)
        return bytes(got)


def _key(site: Settings) -> str:
    key = os.environ.get(KEY) or site.annotate_model_key
    if not (key.isascii() and key.isprintable()):
        raise Unusable("annotate_model_key has characters that a header cannot have")
    return key
