-- The names that others build on: every function about models, with its arguments and result.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

CREATE TEMPORARY TABLE promised (name text, arguments text, result text, kind text);
INSERT INTO promised VALUES
	('fit', 'text, clv.history, date', 'clv.model', 'a'),
	('fit', 'text, double precision, double precision, double precision', 'clv.model', 'a'),
	('fit', 'text, double precision, double precision, double precision, double precision', 'clv.model', 'a'),
	('fit_spend', 'clv.history, date', 'clv.model', 'a'),
	('fit_spend', 'double precision, double precision', 'clv.model', 'a'),
	('fit_renewals', 'text, integer, double precision', 'clv.model', 'a'),
	('family', 'clv.model', 'text', 'f'),
	('parameter', 'clv.model, text', 'double precision', 'f'),
	('log_likelihood', 'clv.model', 'double precision', 'f'),
	('aic', 'clv.model', 'double precision', 'f'),
	('bic', 'clv.model', 'double precision', 'f'),
	('observations', 'clv.model', 'bigint', 'f'),
	('converged', 'clv.model', 'boolean', 'f'),
	('status', 'clv.model', 'text', 'f'),
	('log_likelihood', 'clv.model, double precision, double precision, double precision', 'double precision', 'f'),
	('p_alive', 'clv.model, double precision, double precision, double precision', 'double precision', 'f'),
	('expected_orders', 'clv.model, double precision, double precision, double precision, double precision', 'double precision', 'f'),
	('expected_orders_new', 'clv.model, double precision', 'double precision', 'f'),
	('order_probability', 'clv.model, double precision, integer', 'double precision', 'f'),
	('order_probability', 'clv.model, double precision, double precision, double precision, double precision, integer', 'double precision', 'f'),
	('dert', 'clv.model, double precision, double precision, double precision, double precision', 'double precision', 'f'),
	('expected_spend', 'clv.model, double precision, double precision', 'double precision', 'f'),
	('p_alive', 'clv.model, clv.history, date', 'double precision', 'f'),
	('expected_orders', 'clv.model, clv.history, date, interval', 'double precision', 'f'),
	('expected_spend', 'clv.model, clv.history, date', 'double precision', 'f'),
	('residual_value', 'clv.model, clv.model, clv.history, date, double precision, double precision, interval', 'double precision', 'f'),
	('survival', 'clv.model, double precision', 'double precision', 'f'),
	('retention_rate', 'clv.model, double precision', 'double precision', 'f');
CREATE TEMPORARY VIEW offered AS
SELECT p.proname::text AS name, (SELECT coalesce(string_agg(format_type(t, NULL), ', ' ORDER BY n), '') FROM unnest(p.proargtypes) WITH ORDINALITY u (t, n)) AS arguments,
	format_type(p.prorettype, NULL) AS result, p.prokind::text AS kind, p.*
FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'clv'::regnamespace;
SELECT is((SELECT count(*) FROM offered o WHERE (o.name, o.arguments, o.result, o.kind) = (p.name, p.arguments, p.result, p.kind)), 1::bigint,
	format('clv.%s(%s) → %s', name, arguments, result)) FROM promised p;
SELECT is(pg_get_function_result('clv.parameters(clv.model, double precision)'::regprocedure),
	'SETOF record', 'clv.parameters gives rows');
SELECT is((SELECT proargnames FROM offered WHERE name = 'parameters'), ARRAY['m', 'level', 'name', 'estimate', 'std_error', 'lower', 'upper', 'meaning'], 'their columns');
SELECT is((SELECT array_agg(format_type(t, NULL)) FROM offered, unnest(proallargtypes[array_length(proallargtypes, 1) - 2:]) t WHERE name = 'simulate'),
	ARRAY['bigint', 'date', 'numeric'], 'clv.simulate gives customer, ordered_on and amount');

-- Named arguments and defaults, as documented
SELECT lives_ok($$ SELECT clv.residual_value(m => 'nbd(r=1, alpha=100)', spend_model => 'gamma-gamma(p=6, q=4, v=15)', h => '{2024-01-01 1}', as_of => '2024-06-30', annual_rate => 0.1) $$, 'margin and horizon may be left out');
SELECT lives_ok($$ SELECT clv.residual_value('nbd(r=1, alpha=100)', 'gamma-gamma(p=6, q=4, v=15)', '{2024-01-01 1}', '2024-06-30', 0.1, horizon => '1 year', margin => 0.3) $$, 'or named');
-- What people will write without a cast: integers, numerics, literals
SELECT lives_ok($$ SELECT clv.p_alive('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 2, 30.43, 38.86), clv.expected_orders('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 2, 30, 38, 39),
	clv.dert('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 2, 30, 38, 0.01), clv.expected_orders_new('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 52),
	clv.order_probability('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 39, 0), clv.p_alive('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', '{2024-01-01 1}', '2024-06-30'),
	clv.expected_orders('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', '{2024-01-01 1}', '2024-06-30', '1 year'),
	clv.expected_spend('gamma-gamma(p=6, q=4, v=15)', 2, 22.35), clv.expected_spend_new('gamma-gamma(p=6, q=4, v=15)') $$, 'literals find their functions');
SELECT lives_ok($$ SELECT clv.fit('bg/nbd', x, t_x, age), clv.fit('bg/nbd', x, t_x, age, n), clv.fit_spend(x, t_x) FROM (VALUES (1::int, 10::numeric, 30::bigint, 1::real)) v (x, t_x, age, n) $$, 'numbers of any type are fitted');

-- All of a model survives a table, text and jsonb
SELECT is((m::jsonb -> 'parameters' ->> 'alpha')::float8, clv.parameter(m, 'alpha'), 'jsonb holds the parameters to the last digit')
FROM (SELECT 'bg/nbd(r=0.24259452243015708, alpha=4.4136020190135038, a=0.79292201722559759, b=2.4259067768263321)'::clv.model AS m) v;
CREATE TEMPORARY TABLE kept (version int, m clv.model, CHECK (clv.family(m) <> 'nbd'));
INSERT INTO kept SELECT k, clv.with_unit('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', make_interval(days => k)) FROM generate_series(1, 100) k;
SELECT is((SELECT count(*) FROM (SELECT m FROM kept UNION SELECT m FROM kept) k), 100::bigint, 'models can be told apart');
-- the decoded model is remembered between rows: it may not be the wrong one
SELECT is_empty($$ SELECT version FROM kept WHERE clv.unit(m) <> make_interval(days => version) $$, 'each row has its own model');
SELECT is_empty($$ SELECT a.version FROM kept a JOIN kept b ON b.version = a.version % 7 + 1, LATERAL (SELECT clv.residual_value(a.m, 'gamma-gamma(p=6, q=4, v=15)', '{2024-01-01 1}', '2024-06-30', 0.1, horizon => make_interval(days => a.version)) AS v) q
	WHERE v <> clv.residual_value((SELECT k.m FROM kept k WHERE k.version = a.version), 'gamma-gamma(p=6, q=4, v=15)', '{2024-01-01 1}', '2024-06-30', 0.1, horizon => make_interval(days => a.version)) $$, 'also with two models in a call');

-- Soft errors, where the server knows them
SELECT current_setting('server_version_num')::int >= 160000 AS is_soft
\gset
\if :is_soft
SELECT ok(pg_input_is_valid('nbd(r=1, alpha=2)', 'clv.model') AND NOT pg_input_is_valid('nbd(r=1)', 'clv.model') AND NOT pg_input_is_valid('nbd(r=-1, alpha=2)', 'clv.model')
	AND NOT pg_input_is_valid('nobody(r=1)', 'clv.model'), 'models are validated without an error');
SELECT ok(pg_input_is_valid('nbd {1 2 3}', 'clv.observation_table') AND NOT pg_input_is_valid('nbd {1 2', 'clv.observation_table') AND NOT pg_input_is_valid('nbd {1 4 3}', 'clv.observation_table')
	AND NOT pg_input_is_valid('nbd as of never {1 2 3}', 'clv.observation_table'), 'and observations');
\endif

SELECT * FROM finish();
ROLLBACK;
