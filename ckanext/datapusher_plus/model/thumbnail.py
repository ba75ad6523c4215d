"""The table of pictures of resources."""

from __future__ import annotations

import sqlalchemy as sa
from ckan.model.meta import metadata

table = sa.Table(
    "datapusher_plus_thumbnail",
    metadata,
    sa.Column("resource_id", sa.Text, primary_key=True),
    #: of a size in thumbnail_sizes
    sa.Column("label", sa.Text, primary_key=True),
    #: location in the storage; blank if there is no picture
    sa.Column("path", sa.Text, nullable=False, server_default=""),
    #: width of the size that was asked for, not that of the picture
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    #: in bytes
    sa.Column("size", sa.BigInteger),
    #: what drew it, such as "image/1"
    sa.Column("recipe", sa.Text, nullable=False, server_default=""),
    sa.Column("source_hash", sa.Text),
    sa.Column("source_modified", sa.DateTime(timezone=True)),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    #: why this source has no picture
    sa.Column("failed", sa.Text),
    sa.Index("datapusher_plus_thumbnail_path", "path"),
)
