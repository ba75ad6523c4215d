"""The plugin class: its CKAN interfaces, each with a call into the module that does the work."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from ckan import model, plugins, types
from ckan.common import CKANConfig
from ckan.exceptions import CkanConfigurationException
from ckan.lib.plugins import DefaultTranslation
from ckan.plugins import toolkit as tk
from flask import Flask

from ckanext import datastore

from . import portal, settings
from .core import alias
from .core.types import column_type
from .health import loaders
from .health.finding import CheckState
from .runs import upload_hook
from .statistics import store
from .thumbnails import changes, listing
from .words import dataset_hook

log = logging.getLogger(__name__)

NO_DATASTORE = (
    "The plugin datapusher_plus needs the plugin datastore. "
    "Add it to this line of ckan.ini: ckan.plugins = … datastore datapusher_plus"
)


def _before_datastore(folders: list[str]) -> list[str]:
    """Return the template folders, with the one that extends the datastore's templates before the datastore's.

    CKAN searches the plugins' folders in the order of ``ckan.plugins``. There the datastore usually comes first, and
    its templates extend no others, so ours would never be used.
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
    """Load resources into the DataStore."""

    plugins.implements(plugins.IConfigurer)
    plugins.implements(plugins.IConfigurable)
    plugins.implements(plugins.IDomainObjectModification)
    plugins.implements(plugins.IMiddleware, inherit=True)
    plugins.implements(plugins.IPackageController, inherit=True)
    plugins.implements(plugins.IResourceView, inherit=True)
    plugins.implements(plugins.ITranslation)

    # IConfigurer

    def update_config(self, config_: CKANConfig) -> None:
        """Add templates and assets.

        :raises CkanConfigurationException: when CKAN's own datapusher is enabled too.
        """
        if plugins.plugin_loaded("datapusher"):
            raise CkanConfigurationException(loaders.DATAPUSHER)
        tk.add_template_directory(config_, "templates")
        tk.add_public_directory(config_, "public")
        tk.add_resource("assets", "datapusher_plus")

    # IConfigurable

    def configure(self, config_: CKANConfig) -> None:
        """Read the settings, and register the listeners for changes of resources.

        :raises CkanConfigurationException: when a setting is wrong or the datastore plugin is missing; CKAN then does
            not start, and shows the message.
        """
        if not plugins.plugin_loaded("datastore"):
            raise CkanConfigurationException(NO_DATASTORE)
        config_["computed_template_paths"] = _before_datastore(config_["computed_template_paths"])
        try:
            settings.use(settings.read(config_))
            column_type.check_mapping(settings.current().type_mapping)
            alias.check_template(settings.current().auto_alias)
        except ValueError as error:
            raise CkanConfigurationException(str(error)) from error
        upload_hook.watch()
        changes.watch()

    # IMiddleware

    def make_middleware(self, app: Any, config: CKANConfig) -> Any:
        """Log a warning if other loaders are enabled; at this point the URLs of all plugins are known."""
        del config
        # if another plugin has wrapped the app, loaders are still found by the names in `ckan.plugins`
        found = loaders.alone(app if isinstance(app, Flask) else None)
        if found.state is not CheckState.OK:
            log.warning("%s %s", found.sentence, found.advice)
        return app

    # IDomainObjectModification

    def notify(self, entity: object, operation: str) -> None:
        """Request a load for each resource whose file is new, in the transaction that saves it.

        When a resource is deleted, its file of rejected rows and its statistics are removed too. Pictures of what is
        no longer public are removed after the commit.
        """
        changes.notice(entity, deleted=operation == model.DomainObjectOperation.deleted)
        if isinstance(entity, model.Package):
            upload_hook.notice_restored(entity)
            dataset_hook.dataset_changed(entity)
        if not isinstance(entity, model.Resource):
            return
        if operation == model.DomainObjectOperation.deleted or entity.state == model.State.DELETED:
            portal.remove_rejected(entity.id)
            store.forget(entity.id)
            dataset_hook.resource_deleted(entity)
        if operation != model.DomainObjectOperation.deleted:
            upload_hook.notice(entity, new=operation == model.DomainObjectOperation.new)

    # IPackageController

    def after_dataset_search(self, search_results: dict[str, Any], search_params: dict[str, Any]) -> dict[str, Any]:
        """Add the addresses of their pictures to the resources of the results."""
        del search_params
        listing.attach(search_results["results"])
        return search_results

    # IResourceView: `table_profile`, also for `ckan.views.default_views`

    def info(self) -> dict[str, Any]:
        """Describe the view that shows a table's profile."""
        return {
            "name": "table_profile",
            "title": tk._("Profile"),
            "default_title": tk._("Profile"),
            "icon": "chart-column",
            "requires_datastore": True,
            "iframed": False,
            # the view has a form of its own, which cannot be within the form that edits the view
            "preview_enabled": False,
        }

    def can_view(self, data_dict: dict[str, Any]) -> bool:
        """Return whether the resource has a table."""
        return bool(data_dict["resource"].get("datastore_active"))

    def setup_template_variables(self, context: types.Context, data_dict: dict[str, Any]) -> dict[str, Any]:
        """Return what the view's template needs."""
        from .views import profile_page

        del context
        return profile_page.of_view(data_dict["package"], data_dict["resource"])

    def view_template(self, context: types.Context, data_dict: dict[str, Any]) -> str:
        """Return the view's template."""
        del context, data_dict
        return "datapusher/table_profile.html"
