"""The plugin's table of contents."""

from __future__ import annotations

from pathlib import Path

from ckan import model, plugins
from ckan.common import CKANConfig
from ckan.lib.plugins import DefaultTranslation
from ckan.plugins import toolkit as tk

from ckanext import datastore

from . import portal, settings
from .core import coltypes
from .runs import notice


def _before_datastore(folders: list[str]) -> list[str]:
    """Return the template folders with the one that extends the datastore's templates in front of the datastore's.

    CKAN searches the plugins' folders in the order of ``ckan.plugins``, where the datastore usually stands first, and
    its templates extend nothing.
    """
    mine = str(Path(__file__).with_name("templates_before_datastore"))
    others = [folder for folder in folders if folder != mine]
    theirs = Path(datastore.__file__ or "").with_name("templates")
    at = next((place for place, folder in enumerate(others) if Path(folder) == theirs), len(others))
    return [*others[:at], mine, *others[at:]]


@tk.blanket.actions
@tk.blanket.auth_functions
@tk.blanket.helpers
@tk.blanket.blueprints
@tk.blanket.cli
@tk.blanket.config_declarations
class DatapusherPlusPlugin(plugins.SingletonPlugin, DefaultTranslation):
    """Loads resources into the DataStore."""

    plugins.implements(plugins.IConfigurer)
    plugins.implements(plugins.IConfigurable)
    plugins.implements(plugins.IDomainObjectModification)
    plugins.implements(plugins.ITranslation)

    # IConfigurer

    def update_config(self, config_: CKANConfig) -> None:
        """Add templates and assets."""
        tk.add_template_directory(config_, "templates")
        tk.add_resource("assets", "datapusher_plus")

    # IConfigurable

    def configure(self, config_: CKANConfig) -> None:
        """Read the settings, and begin to watch resources."""
        config_["computed_template_paths"] = _before_datastore(config_["computed_template_paths"])
        settings.use(settings.read(config_))
        coltypes.check_mapping(settings.current().type_mapping)
        notice.watch()

    # IDomainObjectModification

    def notify(self, entity: object, operation: str) -> None:
        """Request a load for each resource whose file is new, in the transaction that saves it.

        What a resource that goes has left out of its table goes with it.
        """
        if not isinstance(entity, model.Resource):
            return
        if operation == model.DomainObjectOperation.deleted or entity.state == model.State.DELETED:
            portal.remove_rejected(entity.id)
        if operation != model.DomainObjectOperation.deleted:
            notice.notice(entity, new=operation == model.DomainObjectOperation.new)
