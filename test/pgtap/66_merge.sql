-- Every state that can be merged: however the customers are divided, in whatever order the parts come, in one step or in several,
-- serial or parallel, the bytes are those of all customers counted at once.
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

-- Amounts of different scales, refunds (also before the first purchase), customers with nothing else, NULL.
CREATE TABLE public.clv_merge_customer AS
SELECT c AS customer, clv.order_history(date '2020-12-20' + ((c * 7919) % 700 + CASE WHEN n = 0 THEN 0 ELSE (c * n * 104729 + n * n * 31) % 500 END)::int,
           round(((c * 31 + n * 17) % 100000) / 997.0, c % 4) * CASE WHEN (c + n) % 19 = 0 THEN -1 ELSE 1 END, CASE WHEN (c + n) % 19 = 0 THEN 0 ELSE 1 END) AS h,
       ((c * 104729) % 1000) / 7.0::float8 * CASE WHEN c % 13 = 0 THEN -1 ELSE 1 END AS value
FROM generate_series(1, 700) AS c CROSS JOIN LATERAL generate_series(0, c % 7) AS n GROUP BY c;
INSERT INTO public.clv_merge_customer VALUES (701, '{2021-05-05*0 -7.125}', NULL), (702, NULL, 1e-300), (703, '{2021-05-05 0}', -1e300), (704, '{2024-05-05 1}', 1e300);
ANALYZE public.clv_merge_customer;

CREATE TEMPORARY TABLE state (name text, type text, expression text);
INSERT INTO state
SELECT 'cohorts by ' || unit, 'cohort_table', format($$clv.cohort_state(h, %L, '2022-11-13')$$, unit) FROM unnest('{day,week,month,quarter,year}'::text[]) AS unit
UNION ALL SELECT 'cohorts by week from ' || day, 'cohort_table', format($$clv.cohort_state(h, 'week', '2022-11-13', %L)$$, day) FROM unnest('{sunday,saturday}'::text[]) AS day
UNION ALL SELECT 'rolling cohorts by ' || unit, 'cohort_table', format($$clv.cohort_state_rolling(h, %L, '2022-11-13')$$, unit) FROM unnest('{week,month}'::text[]) AS unit
UNION ALL SELECT 'brackets', 'cohort_table', $$clv.cohort_state_brackets(h, 'month', '2022-11-13', '{0,1,8,31,181}')$$
UNION ALL SELECT 'recurring cohorts', 'cohort_table', $$clv.cohort_state_recurring(h, 'month', '2022-11-13')$$
UNION ALL SELECT format('movements by %s with a gap of %s', unit, gap), 'movement_table', format($$clv.movement_state(h, %L, '2022-11-13', %s)$$, unit, gap) FROM unnest('{day,week,month,year}'::text[]) AS unit, unnest('{1,3}'::int[]) AS gap
UNION ALL SELECT 'gaps', 'survival_table', $$clv.gap_state(h, '2022-11-13')$$
UNION ALL SELECT 'durations', 'survival_table', $$clv.survival_state(date '2022-11-13' - clv.first_order(h) + 900, customer % 3 = 0)$$
UNION ALL SELECT 'durations with weights and late entry', 'survival_table', $$clv.survival_state((200 + abs(value)::numeric % 100)::float8, customer % 3 = 0, (customer % 7) / 10.0, customer % 150)$$
UNION ALL SELECT 'concentration of numeric', 'lorenz', 'clv.concentration(clv.revenue(h))'
UNION ALL SELECT 'concentration of float8', 'lorenz', 'clv.concentration(value)'
UNION ALL SELECT 'one history of all', 'history', 'clv.merge(h)';

CREATE FUNCTION pg_temp.bytes(type text, query text) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    answer bytea;
BEGIN
    EXECUTE format('SELECT clv.%I((%s))', type || '_send', query) INTO STRICT answer;
    RETURN answer;
END $$;
SET LOCAL max_parallel_workers_per_gather = 0;
CREATE TEMPORARY TABLE whole AS SELECT *, pg_temp.bytes(type, format('SELECT %s FROM public.clv_merge_customer', expression)) AS bytes FROM state;
SELECT ok(bool_and(octet_length(bytes) > 40), 'there is something to compare') FROM whole;

-- Parts of all sizes, empty ones among them, in an order that has nothing to do with that of the customers.
SELECT is_empty(format($$ SELECT seed, parts FROM (VALUES (1, 1), (2, 2), (3, 3), (4, 20), (5, 300), (6, 704)) AS v (seed, parts)
    WHERE (SELECT bytes FROM whole WHERE name = %1$L) <> pg_temp.bytes(%2$L, format($q$
        SELECT clv.merge(s ORDER BY md5(part::text)) FROM (SELECT hashint8(customer * 1000003 + %%s) %%%% %%s AS part, %3$s AS s FROM public.clv_merge_customer GROUP BY part) AS p $q$, seed, parts)) $$, name, type, replace(expression, '%', '%%')),
    name || ': in any number of parts') FROM state;
-- Parts of parts: shards merged into regions, regions into the whole.
SELECT is(pg_temp.bytes(type, format($$ SELECT clv.merge(r ORDER BY region DESC) FROM (SELECT part %% 5 AS region, clv.merge(s ORDER BY md5(part::text)) AS r
        FROM (SELECT abs(hashint8(customer + 77)) %% 40 AS part, %s AS s FROM public.clv_merge_customer GROUP BY part) AS p GROUP BY region) AS q $$, expression)), bytes, name || ': in several steps') FROM whole;
SELECT is(pg_temp.bytes(type, format('SELECT %s FROM (SELECT * FROM public.clv_merge_customer ORDER BY hashint8(customer * 31)) AS s', expression)), bytes, name || ': in any order') FROM whole;
-- Through text on the way.
SELECT is(pg_temp.bytes(type, format('SELECT clv.merge(s::text::clv.%I) FROM (SELECT customer %% 3 AS part, %s AS s FROM public.clv_merge_customer GROUP BY part) AS p', type, expression)), bytes, name || ': parts stored as text') FROM whole;

SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 3;
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT ok((SELECT bool_or(line ~ 'Partial Aggregate') FROM pg_temp.plan(format('SELECT %s FROM public.clv_merge_customer', expression)) AS line)
      AND pg_temp.bytes(type, format('SELECT %s FROM public.clv_merge_customer', expression)) = bytes, name || ': in parallel') FROM whole;

SELECT * FROM finish();
ROLLBACK;
