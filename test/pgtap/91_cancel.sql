-- statement_timeout = 100 ms ends everything that can take long, soon and cleanly: SQLSTATE 57014, and the session goes on.
--
-- The promise is 100 ms more.  A test runs beside others: processes that wait for a processor see their timeout late, so
-- that here 300 ms more are allowed; whatever lacks a check for interrupts runs for seconds. CLV_TIME_SCALE multiplies them
-- where everything is slower, as under sanitizers.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;

BEGIN;
\set scale 1
\getenv scale CLV_TIME_SCALE
SET LOCAL test.time_scale = :scale;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

-- Enough of everything to be busy for seconds.
CREATE TABLE public.cancel_order AS
SELECT i % 200000 AS customer, date '2020-01-01' + (i::bigint * 7919 % 1500)::int AS ordered_on, (i % 997 + 1)::numeric AS amount FROM generate_series(1, 1000000) i;
CREATE TEMPORARY TABLE base AS SELECT customer, history AS h FROM clv.histories('public.cancel_order', 'customer', 'ordered_on', 'amount', NULL::int);
CREATE TEMPORARY TABLE long AS SELECT clv.order_history(date '1990-01-01' + i, 1.5) AS h FROM generate_series(0, 12000) i;
CREATE TEMPORARY TABLE statistics AS
SELECT x, CASE WHEN x = 0 THEN 0 ELSE age * (0.1 + 0.9 * u) END AS t_x, age, 10 + 50 * u AS spend
FROM (SELECT i % 7 AS x, 100 + i * 0.001 AS age, (i * 0.6180339887498949) % 1 AS u FROM generate_series(1, 300000) i) seed;
CREATE TEMPORARY TABLE observed AS
SELECT family, clv.observe(family, x, t_x, age) AS o FROM statistics, unnest('{bg/nbd,mbg/nbd,pareto/nbd,nbd}'::text[]) family GROUP BY family
UNION ALL SELECT 'bg/bb', clv.observe('bg/bb', x, CASE WHEN x = 0 THEN 0 ELSE x + n % 50 END, 60 + n) FROM generate_series(0, 30) x, generate_series(0, 8000) n
UNION ALL SELECT 'mbg/cnbd-k', clv.observe('mbg/cnbd-k', x, t_x, age, 1, x * ln(t_x / greatest(x, 1) + 1e-9) - x * 0.1) FROM (SELECT * FROM statistics WHERE x > 0 LIMIT 100000) s
UNION ALL SELECT 'gamma-gamma', clv.observe_spend(x, spend) FROM statistics WHERE x > 0;
CREATE TEMPORARY TABLE fitted AS SELECT clv.fit(family, x, t_x, age) AS m FROM (SELECT * FROM statistics LIMIT 1000) s, unnest('{bg/nbd,pareto/nbd}'::text[]) family GROUP BY family;
SELECT clv.create_portfolio('cancel_shop', 'public.cancel_order', 'customer', 'ordered_on', 'amount', as_of => '2024-06-30') IS NULL AS created \gset

CREATE FUNCTION pg_temp.ended(state text, started timestamptz, what text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	took interval := clock_timestamp() - started;
	good boolean := state = '57014' AND took < interval '100 ms' + current_setting('test.time_scale')::int * interval '300 ms';
BEGIN
	RETURN ok(good, 'a timeout ends ' || what) || CASE WHEN good THEN '' ELSE E'\n' || diag(format('SQLSTATE %s after %s', state, took)) END;
END $$;

\set ON_ERROR_STOP off
\set ON_ERROR_ROLLBACK on
\set VERBOSITY sqlstate
SET LOCAL statement_timeout = '100ms';

SELECT clock_timestamp() AS started \gset
SELECT clv.order_history(date '2000-01-01' + i % 3000, i) FROM (SELECT generate_series(1, 10000000) AS i) s;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'order_history of 10^7 orders');

SELECT clock_timestamp() AS started \gset
SELECT clv.order_history(date '2000-01-01' + (i::bigint * 7919 % 1000003)::int) FROM (SELECT generate_series(1, 10000000) AS i) s;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'order_history of one order on each of many days');

SELECT clock_timestamp() AS started \gset
SELECT count(*) FROM clv.histories('SELECT i % 1000000, date ''2020-01-01'' + i % 900, 1.5 FROM (SELECT generate_series(1, 10000000) AS i) s', NULL::int);
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'histories of 10^7 orders');

SET LOCAL parallel_setup_cost = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SELECT clock_timestamp() AS started \gset
SELECT count(*) FROM clv.histories('public.cancel_order', 'customer', 'ordered_on', 'amount', NULL::int);
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'histories of a table that parallel workers read');
SET LOCAL max_parallel_workers_per_gather = 0;

SELECT clock_timestamp() AS started \gset
SELECT count(*) FROM clv.histories('public.cancel_order', 'customer', 'ordered_on', 'amount', NULL::int), clv.histories('public.cancel_order', 'customer', 'ordered_on', 'amount', NULL::int) again;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'histories of a table, with another one behind it');

SELECT clock_timestamp() AS started \gset
SELECT clv.merge(h) FROM long, generate_series(1, 1000000);
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'merge of long histories');

SELECT clock_timestamp() AS started \gset
SELECT clv.merge(h) FROM base, generate_series(1, 100);
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'merge of many histories');

SELECT clock_timestamp() AS started \gset
SELECT count(clv.fit(o)) FROM observed, generate_series(1, 100) WHERE family = 'bg/nbd';
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'a fit of bg/nbd');

SELECT clock_timestamp() AS started \gset
SELECT count(clv.fit(o)) FROM observed, generate_series(1, 100) WHERE family = 'mbg/nbd';
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'a fit of mbg/nbd');

SELECT clock_timestamp() AS started \gset
SELECT count(clv.fit(o)) FROM observed, generate_series(1, 100) WHERE family = 'pareto/nbd';
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'a fit of pareto/nbd');

SELECT clock_timestamp() AS started \gset
SELECT count(clv.fit(o)) FROM observed, generate_series(1, 100) WHERE family = 'nbd';
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'a fit of nbd');

SELECT clock_timestamp() AS started \gset
SELECT count(clv.fit(o)) FROM observed, generate_series(1, 100) WHERE family = 'bg/bb';
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'a fit of bg/bb');

SELECT clock_timestamp() AS started \gset
SELECT count(clv.fit(o)) FROM observed, generate_series(1, 100) WHERE family = 'mbg/cnbd-k';
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'a fit of mbg/cnbd-k');

SELECT clock_timestamp() AS started \gset
SELECT count(clv.fit(o)) FROM observed, generate_series(1, 100) WHERE family = 'gamma-gamma';
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'a fit of gamma-gamma');

SELECT clock_timestamp() AS started \gset
SELECT clv.fit('pareto/nbd', x, t_x, age) FROM statistics;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'a fit with its rows');

SELECT clock_timestamp() AS started \gset
SELECT clv.fit('bg/nbd', h, '2024-06-30') FROM base, generate_series(1, 100);
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'a fit of histories');

SELECT clock_timestamp() AS started \gset
SELECT count(*) FROM clv.simulate('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 'gamma-gamma(p=6.25, q=3.74, gamma=15.44)', 100000000, '2020-01-01', '2024-12-31', 1);
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'a simulation of 10^8 customers');

SELECT clock_timestamp() AS started \gset
SELECT * FROM clv.simulate('pareto/nbd(r=0.553, alpha=10.58, s=0.606, beta=11.67)', 'gamma-gamma(p=6.25, q=3.74, gamma=15.44)', 100000000, '2020-01-01', '2020-01-01', 1) ORDER BY amount LIMIT 1;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'a simulation that is not read to its end');

SELECT clock_timestamp() AS started \gset
SELECT clv.choose(h, '2024-06-30', '180 days') FROM base;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'choose');

SELECT clock_timestamp() AS started \gset
SELECT sum(c.upper) FROM fitted, statistics, clv.confidence_interval(m, 'expected_orders', x, t_x, age, 100) c;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'confidence intervals');

SELECT clock_timestamp() AS started \gset
SELECT sum(clv.p_alive('pareto/nbd(r=0.553, alpha=10.58, s=0.606, beta=11.67)', x, t_x, age)) FROM statistics, generate_series(1, 10);
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'P(alive)');

SELECT clock_timestamp() AS started \gset
SELECT sum(clv.expected_orders('pareto/nbd(r=0.553, alpha=10.58, s=0.606, beta=11.67)', x, t_x, age, 100)) FROM statistics;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'expected orders');

SELECT clock_timestamp() AS started \gset
SELECT sum(clv.dert('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', x, t_x, age, 0.001)) FROM statistics;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'discounted transactions');

SELECT clock_timestamp() AS started \gset
SELECT * FROM clv.confidence_interval('bg/cnbd-k(k=100, r=0.0001, alpha=0.001, a=0.05, b=2); status=ok, log_likelihood=-1, customers=10, observations=10, estimated=4, covariance=[0 0 1e-10 0 0 1e-8 0 0 0 1e-5 0 0 0 0 0.01]', 'dert', 0, 0, 1, 1000, rate => 0.0125);
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'the interval of one sum over a hundred phases');

SELECT clock_timestamp() AS started \gset
SELECT sum(clv.residual_value('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 'gamma-gamma(p=6.25, q=3.74, gamma=15.44)', h, '2024-06-30', 0.1)) FROM generate_series(1, 100), base;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'residual values');

SELECT clock_timestamp() AS started \gset
SELECT clv.cohort_state(h, 'day', '2024-06-30') IS NULL FROM base, generate_series(1, 100);
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'cohort_state');

SELECT clock_timestamp() AS started \gset
SELECT clv.cohort_state_recurring(h, 'day', '2024-06-30') IS NULL FROM long;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'recurring cohorts of a long history');

SELECT clock_timestamp() AS started \gset
SELECT clv.movement_state(h, 'day', '2024-06-30') IS NULL FROM base, generate_series(1, 100);
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'movement_state');

SELECT clock_timestamp() AS started \gset
SELECT min(class) FROM (SELECT clv.abc(amount * customer) OVER () AS class FROM public.cancel_order) s;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'classes');

SELECT clock_timestamp() AS started \gset
SELECT min(class) FROM (SELECT clv.abc(i * 0.37) OVER () AS class FROM (SELECT generate_series(1, 5000000)::float8 AS i) g) s;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'classes of float8');

SELECT clock_timestamp() AS started \gset
SELECT sum(score) FROM (SELECT clv.score(amount * customer, 5) OVER () AS score FROM public.cancel_order) s;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'scores');

SELECT clock_timestamp() AS started \gset
SELECT clv.gini(clv.concentration(amount * customer)) FROM public.cancel_order;
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'concentration');

SELECT clock_timestamp() AS started \gset
CALL clv.refresh('cancel_shop');
SELECT pg_temp.ended(:'SQLSTATE', :'started', 'the refresh of a portfolio');

SET LOCAL statement_timeout = 0;
\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
SELECT is(clv.orders(clv.order_history(date '2024-01-01' + i, 1)), 5::bigint, 'the session goes on') FROM generate_series(1, 5) i;
SELECT is((SELECT count(*) FROM cancel_shop.history), 0::bigint, 'a refresh that was ended left nothing');
SELECT * FROM finish();
ROLLBACK;
