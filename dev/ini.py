"""Write CKAN's configuration file for a site: the committed settings, and this stack's addresses."""

from dev.stack import Site, Stack


def write(stack: Stack, site: Site) -> None:
    """Write the site's ini file if its content differs: CKAN is restarted when it changes."""
    lines = ["[app:main]", f"use = config:{site.settings}"]
    lines += [f"{key} = {value}" for key, value in sorted(_addresses(stack, site).items())]
    text = "\n".join(lines) + "\n"
    path = stack.ini(site)
    if not path.exists() or path.read_text() != text:
        path.touch(mode=0o600)
        path.write_text(text)


def _addresses(stack: Stack, site: Site) -> dict[str, str]:
    ours = "ckanext.datapusher_plus"
    return {
        "SECRET_KEY": stack.secret["session"],
        "ckan.site_url": stack.ckan_url,
        "sqlalchemy.url": stack.dsn("ckan", site.ckan_db),
        "ckan.datastore.write_url": stack.dsn("datastore_write", site.datastore_db),
        "ckan.datastore.read_url": stack.dsn("datastore_read", site.datastore_db),
        "ckan.redis.url": stack.redis_url(site),
        "solr_url": stack.solr_url,
        "ckan.files.storage.default.path": str(stack.folder("files", site.name)),
        "ckan.webassets.path": str(stack.folder("webassets", site.name)),
        f"{ours}.prefect_api_url": f"{stack.prefect_url}/api",
        f"{ours}.prefect_ui_base": stack.prefect_url,
        f"{ours}.dictionary_stash_dir": str(stack.folder("dictionary_stash", site.name)),
        # where `make bench` runs a hostile server
        f"{ours}.allowed_internal_hosts": f"127.0.0.1:{stack.port('hostile')}",
        f"{ours}.work_dir": str(stack.folder("work", site.name)),
    }
