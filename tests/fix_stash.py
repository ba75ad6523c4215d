"""Hypothesis strategies for Data Dictionaries."""

from __future__ import annotations

import json

from hypothesis import settings as examples
from hypothesis import strategies as st

from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary, Trigger

# without a deadline: a machine that is busy with servers must not make a test fail
examples.register_profile("patient", deadline=None)
examples.load_profile("patient")

#: Texts of all characters of Python, also lone surrogates, and examples that break files.
texts = st.text(st.characters(), max_size=20) | st.sampled_from(["", " ", "\x00", "\ud800", "\\u0000", "\u2028", "🜁"])

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
#: Comments that CKAN, its plugins and administrators write for a column.
infos = st.fixed_dictionaries({}, optional={"label": texts, "notes": texts, "type_override": texts, "other": values})
written = st.fixed_dictionaries({}, optional={"_info": infos, "plugin": values}).map(lambda w: " " + json.dumps(w))
comments = st.none() | texts | written | infos.map(json.dumps)

names = st.sampled_from(["a", "b", "Straße", "_", "\ud800"]) | texts
columns = st.builds(Column, name=names, type=texts, comment=comments)
triggers = st.builds(Trigger, name=texts, definition=texts, enabled=st.sampled_from("ODRA"))


def distinct(most: int) -> st.SearchStrategy[tuple[Column, ...]]:
    """Return a strategy for at most ``most`` columns with different names."""
    return st.lists(columns, max_size=most, unique_by=lambda column: column.name).map(tuple)


dictionaries = st.builds(
    Dictionary,
    columns=distinct(4),
    aliases=st.lists(texts, max_size=3).map(tuple),
    unique_keys=st.lists(st.lists(texts, max_size=3).map(tuple), max_size=3).map(tuple),
    triggers=st.lists(triggers, max_size=3).map(tuple),
    removed=distinct(3),
)
