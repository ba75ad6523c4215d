"""SQL for DuckDB that counts the values of columns and computes figures from the counts."""

from __future__ import annotations

import re

CREATE = "CREATE TEMP TABLE counted (position INTEGER, v VARCHAR, n BIGINT)"
PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
NUMBER = f"'{PLAIN.pattern}'"
TIME = r"'[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(\+00)?)?'"

# an empty value is counted as '', so that the rows of the file can be compared with those that were read
COUNT = "INSERT INTO counted SELECT position, coalesce(v, ''), count(*) FROM ({long}) GROUP BY ALL"
SHAPE = """
SELECT position, coalesce(sum(n) FILTER (v <> ''), 0)::BIGINT, count(*) FILTER (v <> ''),
       min(v) FILTER (v <> ''), max(v) FILTER (v <> ''),
       min(length(v)) FILTER (v <> ''), max(length(v)) FILTER (v <> ''),
       coalesce(bool_and(CASE WHEN v = '' THEN true
                              WHEN position IN ({numbers}) THEN regexp_full_match(v, {number})
                              WHEN position IN ({times}) THEN regexp_full_match(v, {time}) END), false),
       coalesce(max(CASE WHEN position IN ({numbers}) THEN length(split_part(ltrim(v, '-'), '.', 1)) END), 0),
       coalesce(max(CASE WHEN position IN ({numbers}) THEN length(split_part(v, '.', 2)) END), 0)
FROM counted WHERE position IN ({positions}) GROUP BY position
"""
WHOLE = """
SELECT position, v, n, (split_part(v, '.', 1) || rpad(split_part(v, '.', 2), scale, '0'))::HUGEINT AS i
FROM counted JOIN (SELECT unnest([{numbers}]) AS position, unnest([{scales}]) AS scale) USING (position) WHERE v <> ''
UNION ALL
SELECT position, v, n, epoch_us(try_cast(if(v LIKE '%+00', left(v, -3), v) AS TIMESTAMP))::HUGEINT
FROM counted WHERE position IN ({times}) AND v <> ''
"""
MEASURE = "CREATE OR REPLACE TEMP TABLE measured AS SELECT position, i, n FROM ({whole})"
SUMS = """
SELECT position, min(i), max(i), count(i) = count(*), sum(CASE WHEN position IN ({numbers}) THEN i * n END)
FROM measured GROUP BY position
"""
SQUARES = """
SELECT position, sum((i - least) * n), sum((i - least) * (i - least) * n)
FROM measured JOIN (SELECT unnest([{positions}]) AS position, unnest([{least}]::HUGEINT[]) AS least) USING (position)
GROUP BY position
"""
ROUGH = """
SELECT position, sqrt(sum(n * pow(i::DOUBLE - middle, 2)) / (sum(n) - 1))
FROM measured JOIN (SELECT unnest([{positions}]) AS position, unnest([{means}]::DOUBLE[]) AS middle) USING (position)
GROUP BY position
"""
QUARTILES = """
SELECT position, {ranks}
FROM (SELECT position, i, sum(n) OVER (PARTITION BY position ORDER BY i ROWS UNBOUNDED PRECEDING) AS upto,
             sum(n) OVER (PARTITION BY position) - 1 AS last
      FROM measured WHERE position IN ({positions}))
GROUP BY position
"""
BARS = """
SELECT position,
       ((CASE WHEN months THEN 12 * year(moment) + month(moment) - 1 ELSE i END - start) // width)::INTEGER AS bar,
       sum(n)::BIGINT
FROM (SELECT *, CASE WHEN months THEN make_timestamp(i::BIGINT) END AS moment
      FROM measured JOIN (SELECT unnest([{positions}]) AS position, unnest([{starts}]::HUGEINT[]) AS start,
                                 unnest([{widths}]::HUGEINT[]) AS width, unnest([{months}]) AS months) USING (position))
GROUP BY ALL
"""
# each column's smallest count among the most frequent values; a column may have millions of values with that count
LEAST_COUNT = """
SELECT position, list_last(max(n, {most})) FROM counted WHERE v <> '' AND position IN ({positions}) GROUP BY position
"""
TOP = """
WITH asked AS (SELECT position, v, n, fewest FROM counted
               JOIN (SELECT unnest([{positions}]) AS position, unnest([{counts}]) AS fewest) USING (position)
               WHERE v <> '' AND n >= fewest)
SELECT position, v, n FROM asked WHERE n > fewest
UNION ALL
SELECT position, unnest(CASE WHEN position IN ({numbers}) THEN min_by(v, try_cast(v AS DOUBLE), {most})
                             ELSE min(v, {most}) END), fewest
FROM asked WHERE n = fewest GROUP BY position, fewest
"""
