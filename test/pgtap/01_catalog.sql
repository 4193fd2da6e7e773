-- What the catalog says about every object of the extension: the rules that no single test would keep.
-- A failing test lists the objects that break the rule.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;

SELECT plan(21);

-- Members of the extension, without the types that come along with others (arrays, rows of views).
CREATE TEMPORARY VIEW member AS
SELECT d.classid, d.objid, i.type AS kind, i.schema, i.name, i.identity, pg_catalog.obj_description(d.objid, d.classid::regclass::name) AS comment
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_extension e ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) i
LEFT JOIN pg_catalog.pg_type t ON d.classid = 'pg_catalog.pg_type'::regclass AND t.oid = d.objid
LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
WHERE e.extname = 'clv' AND d.deptype = 'e'
	AND (t.oid IS NULL OR (t.typcategory <> 'A' AND (c.oid IS NULL OR c.relkind = 'c')));

CREATE TEMPORARY VIEW routine AS
SELECT p.*, l.lanname, m.comment, p.oid::regprocedure::text AS signature
FROM member m
JOIN pg_catalog.pg_proc p ON m.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = m.objid
JOIN pg_catalog.pg_language l ON l.oid = p.prolang;

SELECT isnt_empty('SELECT 1 FROM member', 'the extension has members');

SELECT is_empty($$ SELECT kind, identity FROM member WHERE schema IS DISTINCT FROM 'clv' AND kind NOT IN ('schema', 'cast') $$,
	'everything is in schema clv');

SELECT is_empty($$ SELECT kind, identity FROM member WHERE comment IS NULL AND kind <> 'schema' $$,
	'every object has a comment');

SELECT is_empty($$ SELECT kind, identity, comment FROM member WHERE comment ~ '\.$|^\s|\s$|\n' OR length(comment) < 10 $$,
	'comments are one line, as PostgreSQL''s own: no period at the end');

SELECT is_empty($$ SELECT signature FROM routine WHERE prosecdef $$, 'no function runs with the rights of its owner');

SELECT is_empty($$ SELECT c.oid::regclass FROM member m JOIN pg_catalog.pg_class c ON m.classid = 'pg_catalog.pg_class'::regclass AND c.oid = m.objid
	WHERE c.relkind = 'v' AND NOT ('security_invoker=true' = ANY (COALESCE(c.reloptions, '{}'))) $$,
	'every view reads with the rights of the caller');

SELECT is_empty($$ SELECT signature, proparallel FROM routine WHERE prokind <> 'p' AND proparallel <>
		CASE WHEN proname IN ('create_portfolio', 'alter_portfolio', 'drop_portfolio', 'activate')
			OR proname LIKE 'portfolio\_%' AND provolatile = 'v' THEN 'u' WHEN proname IN ('histories', 'rfm', 'rfm_limits', 'segment_migration', 'drivers') THEN 'r' ELSE 's' END $$,
	'functions are parallel safe, but those that write, or run a query of the caller''s');

SELECT is_empty($$ SELECT signature FROM routine WHERE provolatile = 'v' AND prokind <> 'p'
		AND proname NOT IN ('create_portfolio', 'alter_portfolio', 'drop_portfolio', 'activate', 'histories', 'simulate')
		AND proname NOT LIKE 'portfolio\_%' $$,
	'functions are immutable or stable, but those that write or run a query of the caller''s');

SELECT is_empty($$ SELECT signature FROM routine WHERE prokind = 'p' AND provolatile <> 'v' $$,
	'procedures are volatile');

SELECT is_empty($$ SELECT r.signature FROM routine r JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = r.oid
	WHERE a.aggcombinefn = 0 $$,
	'every aggregate can be computed in parallel: it has a combine function');

SELECT is_empty($$ SELECT r.signature FROM routine r JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = r.oid
	WHERE a.aggtranstype IN ('internal'::regtype) AND (a.aggserialfn = 0 OR a.aggdeserialfn = 0) $$,
	'no aggregate keeps a state that cannot travel');

SELECT is_empty($$ SELECT r.signature, a.aggfinalmodify FROM routine r JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = r.oid
	WHERE a.aggfinalmodify <> 'r' OR a.aggmfinalmodify <> 'r' $$,
	'no final function changes the state, so every aggregate is a window function too');

SELECT is_empty($$ SELECT r.signature FROM routine r JOIN pg_catalog.pg_type t ON t.typname = r.proname AND t.typnamespace = r.pronamespace $$,
	'no type has the name of a function');

SELECT is_empty($$ SELECT signature, prosrc FROM routine WHERE lanname = 'c' AND prosrc !~ '^clv_' $$,
	'C functions have names that start with clv_');

SELECT is_empty($$ SELECT signature, lanname FROM routine WHERE lanname NOT IN ('c', 'sql', 'plpgsql') AND prokind IN ('f', 'p') $$,
	'languages are C, sql and plpgsql');

SELECT is_empty($$ SELECT signature, proconfig FROM routine WHERE lanname = 'plpgsql'
		AND NOT (ARRAY['search_path=pg_catalog, pg_temp'] <@ COALESCE(proconfig, '{}')) $$,
	'plpgsql functions search pg_catalog only');

SELECT is_empty($$ SELECT signature FROM routine WHERE lanname = 'sql' AND prosqlbody IS NULL $$,
	'bodies of sql functions were parsed when the extension was made');

SELECT is_empty($$ SELECT m.identity FROM member m JOIN pg_catalog.pg_type t ON m.classid = 'pg_catalog.pg_type'::regclass AND t.oid = m.objid
	WHERE t.typtype = 'b' AND (t.typreceive = 0 OR t.typsend = 0 OR t.typinput = 0 OR t.typoutput = 0) $$,
	'every type reads and writes as text and binary');

SELECT is_empty($$ SELECT signature, acl FROM routine, unnest(proacl) AS acl WHERE acl::text !~ '^=X/' AND acl::text NOT LIKE pg_catalog.pg_get_userbyid(proowner) || '=%' $$,
	'no privileges but the default ones');

SELECT is_empty($$ SELECT signature FROM routine WHERE procost = 1
	AND proname IN ('orders', 'revenue', 'statistics', 'p_alive', 'expected_orders', 'order_probability', 'dert', 'residual_value') $$,
	'the planner knows that reading a history or asking a model costs more than an operator');

-- Trusted: an ordinary owner of a database may install it.
SELECT ok((SELECT bool_and(superuser AND trusted) FROM pg_catalog.pg_available_extension_versions WHERE name = 'clv'), 'the extension is trusted');

SELECT * FROM finish();
ROLLBACK;
