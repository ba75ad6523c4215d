"""The plugin's table of contents."""

from __future__ import annotations

from ckan import model, plugins
from ckan.common import CKANConfig
from ckan.lib.plugins import DefaultTranslation
from ckan.plugins import toolkit as tk

from . import portal, settings
from .core import coltypes
from .runs import notice


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
        settings.use(settings.read(config_))
        coltypes.check_mapping(settings.current().type_mapping)
        notice.watch()

    # IDomainObjectModification

    def notify(self, entity: object, operation: str) -> None:
        """Request a load for each resource whose file is new, in the transaction that saves it.

        What a resource that goes has left out of its table goes with it.
        """
        if isinstance(entity, model.Package):
            notice.notice_restored(entity)
        if not isinstance(entity, model.Resource):
            return
        if operation == model.DomainObjectOperation.deleted or entity.state == model.State.DELETED:
            portal.remove_rejected(entity.id)
        if operation != model.DomainObjectOperation.deleted:
            notice.notice(entity, new=operation == model.DomainObjectOperation.new)
