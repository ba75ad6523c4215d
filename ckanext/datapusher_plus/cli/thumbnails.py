"""``thumbnails``: make pictures of resources in advance, and compare them with their files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import click
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context

from .. import settings, waits
from ..core.safe_text import escaped
from ..portal.private_storage import NoStorage
from ..thumbnails import generate
from ..thumbnails.draw import CannotDrawNow, NothingToDraw
from ..thumbnails.generate import Busy
from ..thumbnails.reconcile import reconcile as compare
from ..thumbnails.store import NotPublic

_PAGE = 200


@click.group(short_help="Make pictures of resources, or compare them with their files.")
def thumbnails() -> None:
    """Make pictures of resources in advance, and compare them with their files."""


@thumbnails.command(short_help="Make missing pictures.")
@click.argument("dataset", required=False)
@click.option("--again", is_flag=True, help="Make those that are up to date too.")
def make(dataset: str | None, again: bool) -> None:
    """Make the missing pictures of DATASET (an id or a name), or of all public datasets."""
    if not settings.current().thumbnail_sizes:
        raise click.ClickException(
            "No thumbnail sizes are configured. Set ckanext.datapusher_plus.thumbnail_sizes to small:240 medium:640."
        )
    resource_ids = list(_resources(dataset))
    done: Counter[str] = Counter()
    with click.progressbar(resource_ids, label="Pictures", show_pos=True) as shown:
        for resource_id in shown:
            done[_made(resource_id, again)] += 1
    click.echo(", ".join(f"{count:,} {what}" for what, count in sorted(done.items())) or "There are no resources.")


@thumbnails.command(short_help="Compare pictures with their files.")
@click.option("--dry-run", is_flag=True, help="Only print what would be done.")
def reconcile(dry_run: bool) -> None:
    """Find rows without a file, files without a row, and pictures of hidden or deleted resources; repair them."""
    try:
        sentences = list(compare(dry_run=dry_run))
    except NoStorage as error:
        raise click.ClickException(str(error)) from error
    for sentence in sentences:
        click.echo(escaped(sentence))
    click.echo(f"{len(sentences):,} {'would be' if dry_run else 'were'} repaired." if sentences else "All is in order.")


def _resources(dataset: str | None) -> Iterator[str]:
    """Yield the ids of the active resources of a public dataset, or of all.

    :raises click.ClickException: when there is no such dataset.
    """
    query = model.Session.query(model.Resource.id).join(model.Package)
    query = query.filter(model.Resource.state == model.State.ACTIVE, model.Package.state == model.State.ACTIVE)
    query = query.filter(model.Package.private.is_(False))
    if dataset is not None:
        found = model.Package.get(dataset)
        if found is None:
            raise click.ClickException(f"There is no dataset {dataset!r}.")
        query = query.filter(model.Package.id == found.id)
    for row in query.order_by(model.Package.metadata_modified.desc(), model.Resource.position):
        yield row[0]


def _made(resource_id: str, again: bool) -> str:
    """Make the pictures of one resource, and say in a few words what became of them."""
    try:
        resource: dict[str, Any] = tk.get_action("resource_show")(Context(ignore_auth=True), {"id": resource_id})
        generate.make(resource, again=again, wait=waits.THUMBNAIL_PLACE)
    except NothingToDraw:
        return "without a picture"
    except (NotPublic, tk.ObjectNotFound):
        return "not public"
    except (Busy, CannotDrawNow) as error:
        click.echo(f"\n{resource_id}: {escaped(str(error)) or 'all places are taken'}", err=True)
        return "not now"
    except NoStorage as error:
        raise click.ClickException(str(error)) from error
    finally:
        model.Session.remove()
    return "with pictures"
