-- Sums of doubles: the true sum, whatever the order, the plan and the number of workers.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT plan(7);

-- Integers of up to 53 bits times powers of two that cover 110 bits: numeric knows them all exactly.
CREATE TABLE summand AS
SELECT n, n % 40 AS part, sign * digits * 2::float8 ^ place AS value, sign * digits::numeric * 2::numeric ^ place AS exact
FROM (SELECT n, (n::bigint * 7919 % 2 * 2 - 1)::int AS sign, (n::bigint * 2654435761 % 4503599627370449)::float8 + n AS digits, n * 31 % 57 AS place FROM generate_series(1, 4000) n) v;
SELECT ok(clv.exact_sum(value)::text::numeric = sum(exact)::float8::text::numeric AND clv.exact_sum(value) = sum(exact)::float8, 'the sum is that of numeric, rounded once') FROM summand;
SELECT ok(count(DISTINCT s) = 1 AND min(s) = (SELECT clv.exact_sum(value) FROM summand), 'in every order')
FROM generate_series(1, 10) seed, LATERAL (SELECT clv.exact_sum(value ORDER BY n::bigint * seed * 7919 % 4001) AS s FROM summand) o;
SELECT ok(count(DISTINCT s) > 1, 'for which sum is not enough')
FROM generate_series(1, 10) seed, LATERAL (SELECT sum(value ORDER BY n::bigint * seed * 7919 % 4001) AS s FROM summand) o;
SELECT is(clv.exact_sum(v), 1::float8, 'what cancels leaves nothing behind') FROM unnest('{1e300,1,-1e300,1e-300}'::float8[]) v;

CREATE TABLE by_part AS SELECT part, clv.exact_sum(value) AS s FROM summand GROUP BY part;
SET LOCAL enable_hashagg = off;
SELECT results_eq('SELECT part, clv.exact_sum(value) FROM summand GROUP BY part ORDER BY part', 'SELECT part, s FROM by_part ORDER BY part', 'of groups by sorting and by hashing');

SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 3;
ALTER TABLE summand SET (parallel_workers = 3);
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	lines text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		lines := lines || line || E'\n';
	END LOOP;
	RETURN lines;
END $$;
SELECT matches(pg_temp.plan_of('SELECT clv.exact_sum(value) FROM summand'), 'Partial Aggregate', 'workers sum parts');
SELECT is((SELECT array_agg(s) FROM (SELECT clv.exact_sum(value) AS s FROM summand) p), (SELECT array_agg(s) FROM (SELECT clv.exact_sum(value ORDER BY n) AS s FROM summand) p), 'to the same sum');

SELECT * FROM finish();
ROLLBACK;
