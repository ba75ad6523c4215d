"""DuckDB and qsv tell the same of every file that others published, so its table is the same. Exists where qsv does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.load_plan import plan_load
from ckanext.datapusher_plus.core.values import ColumnProfile
from ckanext.datapusher_plus.engines.shorten import KEPT
from ckanext.datapusher_plus.steps import analyse, convert, validate
from ckanext.datapusher_plus.steps.plan import rules
from tests.corpus.files import FILES
from tests.corpus.published import Published, located
from tests.fix_file import Publish, Said
from tests.qsv import here

QSV = here()

if QSV:

    @pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
    def test_both_engines_plan_the_same_table(file: Published, publish: Publish, said: Said) -> None:
        content = located(file.package, file.path).read_bytes()
        ticket, source = publish(content, name=file.path.rsplit("/", 1)[1], format="", options=file.options)
        csv = validate.validate(convert.convert(ticket, source, said), said)
        first, second = (analyse.analyse(csv, said, file.options) for _ in using("duckdb", "qsv"))
        assert [known(column) for column in second.columns] == [known(column) for column in first.columns]
        assert all(map(agree, first.columns, second.columns))
        assert (second.rows, second.sums) == (first.rows, first.sums)
        plans = (
            plan_load(ticket, each, kept=None, live=False, file_hash="", rules=rules()) for each in (first, second)
        )
        assert next(plans).columns == next(plans).columns

    def using(*engines: str) -> Iterator[None]:
        """Set the site's engine to one after another."""
        before = settings.current()
        try:
            for engine in engines:
                settings.use(replace(before, analysis_engine=engine, qsv_bin=QSV.path if QSV else ""))
                yield
        finally:
            settings.use(before)

    def known(column: ColumnProfile) -> ColumnProfile:
        """Return a profile without what engines may tell differently: samples, and the length of very long values.

        Samples decide which forms are counted: only forms that take all of them.
        """
        return replace(column, samples=(), counted={}, max_length=min(column.max_length, KEPT))

    def agree(one: ColumnProfile, other: ColumnProfile) -> bool:
        """Return whether both engines counted the same of the forms that both were asked about."""
        return all(one.counted[name] == other.counted[name] for name in one.counted.keys() & other.counted.keys())
