-- What the catalog offers is what the pages describe: functions, types, views, settings, and what a portfolio consists of.
-- Reads the pages from the directory in which the tests run, that of the project.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
LOAD 'clv';

SELECT plan(9);

\set pages `cat README.md docs/*.md`
\set portfolio_page `cat docs/portfolio.md`

-- Names in code: clv.name, `name, name(
CREATE TEMPORARY TABLE written AS
SELECT DISTINCT m[1] AS name, p.qualified
FROM (VALUES ('\mclv\.([a-z_][a-z_0-9]*)', true), ('`([a-z_][a-z_0-9]*)', false), ('\m([a-z_][a-z_0-9]*)\(', false)) p (pattern, qualified),
	regexp_matches(:'pages', p.pattern, 'g') m;

SELECT ok((SELECT count(*) > 100 FROM written WHERE qualified), 'the pages are here');

-- Parts of public objects, and what only other functions of the extension call.
CREATE FUNCTION pg_temp.inner_part(name name) RETURNS boolean LANGUAGE sql RETURN
	name ~ '(_trans|_combine|_final|_inverse|_in|_out|_recv|_send|_eq|_ne|_hash|_serialize|_deserialize|_support)$' OR name ~ '^(portfolio_|view_|measure_|what_if_)'
	OR name IN ('check_value', 'is_expression', 'report_date', 'sees_every_row', 'segment_rules_of', 'setting', 'to_jsonb');

SELECT is_empty($$ SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'clv'::regnamespace AND NOT pg_temp.inner_part(proname)
	EXCEPT SELECT name FROM written $$, 'every function and aggregate stands on a page');

SELECT is_empty($$ SELECT DISTINCT proname FROM pg_proc p WHERE pronamespace = 'clv'::regnamespace AND pg_temp.inner_part(proname)
	AND prokind = 'a' $$, 'no aggregate is an inner part');

SELECT is_empty($$ SELECT typname FROM pg_type WHERE typnamespace = 'clv'::regnamespace AND (typtype IN ('b', 'e', 'd') AND typcategory <> 'A')
	EXCEPT SELECT name FROM written WHERE qualified $$, 'so does every type of values');

SELECT is_empty($$ SELECT relname FROM pg_class WHERE relnamespace = 'clv'::regnamespace AND relkind IN ('v', 'r', 'm')
	EXCEPT SELECT name FROM written WHERE qualified $$, 'and every view');

SELECT is_empty($$ SELECT substr(name, 5) FROM pg_settings WHERE name LIKE 'clv.%'
	EXCEPT SELECT name FROM written WHERE qualified $$, 'and every setting');

SELECT is_empty($$ SELECT name FROM written WHERE qualified EXCEPT (
	SELECT proname FROM pg_proc WHERE pronamespace = 'clv'::regnamespace
	UNION SELECT typname FROM pg_type WHERE typnamespace = 'clv'::regnamespace
	UNION SELECT substr(name, 5) FROM pg_settings WHERE name LIKE 'clv.%') $$, 'what the pages name with its schema is there');

CREATE TEMPORARY TABLE on_portfolios AS SELECT DISTINCT m[1] AS name FROM regexp_matches(:'portfolio_page', '`([a-z_][a-z_0-9]*)', 'g') m;

CREATE TABLE documented_order (customer int, ordered_on date, amount numeric);
SELECT clv.create_portfolio('documented', 'documented_order', 'customer', 'ordered_on', 'amount') \gset

SELECT is_empty($$ SELECT relname FROM pg_class WHERE relnamespace = 'documented'::regnamespace AND relkind = 'v'
	EXCEPT SELECT name FROM on_portfolios $$, 'the page on portfolios names every view of a portfolio');

SELECT is_empty($$ SELECT attname::text FROM pg_attribute WHERE attrelid = 'clv.portfolio_setting'::regclass AND attnum > 4 AND NOT attisdropped AND attname <> 'version'
	EXCEPT SELECT name FROM on_portfolios $$, 'and every option');

SELECT * FROM finish();
ROLLBACK;
