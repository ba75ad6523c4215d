"""Queries on PostgreSQL's catalog; each result column has the name of the field that it fills."""

from __future__ import annotations

OID = """
SELECT oid::bigint FROM pg_class
WHERE relname = %s AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""

TABLES = """
SELECT relname::text FROM pg_class
WHERE starts_with(relname, %s) AND relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""

#: Tables whose names are resource ids, in order. No other plugin names its own tables like that.
OF_RESOURCES = """
SELECT relname::text FROM pg_class
WHERE relname ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AND relname > %s
  AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname LIMIT %s
"""

COMMENT = """
SELECT obj_description(oid, 'pg_class') FROM pg_class
WHERE relname = %s AND relnamespace = 'public'::regnamespace AND relkind = 'r'
"""

COMMENTS = """
SELECT relname::text, obj_description(oid, 'pg_class') FROM pg_class
WHERE starts_with(relname, %s) AND relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""

TABLE = """
SELECT pg_get_userbyid(c.relowner)::text AS owner, obj_description(c.oid, 'pg_class') AS comment,
       (SELECT conname::text FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p') AS primary_key,
       (SELECT s.relname::text
        FROM pg_depend AS d
        JOIN pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND a.attname = '_id'
        WHERE d.classid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.deptype IN ('a', 'i')) AS sequence
FROM pg_class AS c WHERE c.oid = %(oid)s
"""

COLUMNS = """
SELECT a.attname::text AS name, t.typname::text AS type, format_type(a.atttypid, a.atttypmod) AS full_type,
       col_description(a.attrelid, a.attnum) AS comment
FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""

COLUMNS_OF_RESOURCES = """
SELECT c.relname::text AS table, a.attname::text AS name, t.typname::text AS type,
       col_description(a.attrelid, a.attnum) AS comment
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid JOIN pg_type AS t ON t.oid = a.atttypid
WHERE c.relname ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AND c.relnamespace = 'public'::regnamespace
  AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.oid, a.attnum
"""

# pg_get_indexdef names the index and the table before USING; both names change when the table is renamed
INDEXES = """
SELECT i.relname::text AS name, x.indisunique AS unique, p.plain,
       substr(pg_get_indexdef(i.oid), length(concat(
           'CREATE ', CASE WHEN x.indisunique THEN 'UNIQUE ' END, 'INDEX ', quote_ident(i.relname),
           ' ON public.', quote_ident(c.relname), ' ')) + 1) AS body,
       CASE WHEN p.plain THEN ARRAY(
           SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY AS k(attnum, n)
           JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum ORDER BY k.n)
       ELSE ARRAY(
           SELECT DISTINCT a.attname::text FROM pg_depend AS d
           JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
           WHERE d.classid = 'pg_class'::regclass AND d.objid = i.oid AND d.refobjid = c.oid ORDER BY 1) END AS columns,
       pg_get_constraintdef(o.oid) AS constraint, obj_description(i.oid, 'pg_class') AS comment
FROM pg_index AS x
CROSS JOIN LATERAL (SELECT x.indexprs IS NULL AND x.indpred IS NULL AND x.indnatts = x.indnkeyatts AS plain) AS p
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS c ON c.oid = x.indrelid
LEFT JOIN pg_constraint AS o ON o.conindid = i.oid AND o.conrelid = c.oid AND o.contype IN ('u', 'x')
WHERE x.indrelid = %(oid)s AND NOT x.indisprimary AND x.indisvalid ORDER BY i.relname
"""

CONSTRAINTS = """
SELECT conname::text AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE conrelid = %(oid)s AND contype IN ('c', 'f') ORDER BY conname
"""

# zfulltext is CKAN's own trigger; CKAN creates it on every new table
TRIGGERS = """
SELECT tgname::text AS name, pg_get_triggerdef(oid) AS definition, tgenabled::text AS enabled FROM pg_trigger
WHERE tgrelid = %(oid)s AND NOT tgisinternal AND tgname <> 'zfulltext' ORDER BY tgname
"""

GRANTS = """
SELECT coalesce(r.rolname::text, '') AS grantee, g.privilege_type AS privilege, g.is_grantable AS grantable, g.column
FROM (
    SELECT c.relowner, a.grantee, a.privilege_type, a.is_grantable, NULL::text AS column
    FROM pg_class AS c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a WHERE c.oid = %(oid)s
    UNION ALL
    SELECT c.relowner, a.grantee, a.privilege_type, a.is_grantable, t.attname::text
    FROM pg_class AS c JOIN pg_attribute AS t ON t.attrelid = c.oid, aclexplode(t.attacl) AS a WHERE c.oid = %(oid)s
) AS g
LEFT JOIN pg_roles AS r ON r.oid = g.grantee
WHERE g.grantee <> g.relowner AND (g.grantee = 0 OR r.oid IS NOT NULL)
ORDER BY 1, 2, 4 NULLS FIRST
"""

_DEPENDENT_VIEWS = """
WITH RECURSIVE dependent(oid, depth) AS (
    SELECT %(oid)s::oid, 0
    UNION
    SELECT r.ev_class, v.depth + 1
    FROM dependent AS v
    JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid
        AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite AS r ON r.oid = d.objid AND r.ev_class <> v.oid
)
"""

VIEWS = (
    _DEPENDENT_VIEWS  # noqa: S608 (both are constants)
    + """
SELECT c.oid::bigint, n.nspname::text AS schema, c.relname::text AS name, pg_get_viewdef(c.oid) AS query,
       c.relkind = 'm' AS materialized, pg_get_userbyid(c.relowner)::text AS owner,
       pg_has_role(c.relowner, 'USAGE') AS ours, coalesce(c.reloptions, '{}') AS options,
       obj_description(c.oid, 'pg_class') AS comment,
       ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 ORDER BY attnum) AS names,
       (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0) AS selected,
       ARRAY(SELECT ARRAY[attname::text, col_description(attrelid, attnum)] FROM pg_attribute
             WHERE attrelid = c.oid AND attnum > 0 AND col_description(attrelid, attnum) IS NOT NULL
             ORDER BY attnum) AS column_comments
FROM (SELECT oid, max(depth) AS depth FROM dependent WHERE depth > 0 GROUP BY oid) AS v
JOIN pg_class AS c ON c.oid = v.oid AND c.relkind IN ('v', 'm')
JOIN pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY v.depth, c.relname
"""
)

# objects that make DROP TABLE fail (foreign keys of other tables, functions over the row type, …), or must not be lost
STRANGERS = (
    _DEPENDENT_VIEWS  # noqa: S608 (both are constants)
    + """
SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0) AS what
FROM pg_depend AS d
LEFT JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_trigger AS t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
LEFT JOIN pg_constraint AS o ON d.classid = 'pg_constraint'::regclass AND o.oid = d.objid
WHERE d.deptype = 'n'
  AND (d.refclassid = 'pg_class'::regclass AND d.refobjid IN (SELECT oid FROM dependent)
       OR d.refclassid = 'pg_type'::regclass AND d.refobjid IN (
           SELECT y.oid FROM pg_class AS c JOIN pg_type AS y ON y.oid = c.reltype OR y.typelem = c.reltype
           WHERE c.oid IN (SELECT oid FROM dependent)))
  AND NOT coalesce(r.ev_class, t.tgrelid, o.conrelid, 0) IN (SELECT oid FROM dependent)
UNION ALL
SELECT 'row-level security' FROM pg_class WHERE oid = %(oid)s AND relrowsecurity
ORDER BY 1
"""
)
