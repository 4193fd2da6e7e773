-- Classes and distributions against the reference, against plain SQL, and against themselves however the customers are divided.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;
\getenv reference CLV_REFERENCE_DIR
\if :{?reference}
\else
\setenv CLV_REFERENCE_DIR ../shared/reference
\endif
\set classes `cat "$CLV_REFERENCE_DIR/cdnow_abc.csv" 2>/dev/null`

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

-- Columns: customer_id, rank, revenue, cum_share, abc_crossing, abc_inclusive.
CREATE TEMPORARY TABLE reference AS
SELECT f[1]::int AS customer, f[2]::int AS rank, f[3]::numeric AS value, f[4]::float8 AS cumulative_share, f[5] AS class
FROM string_to_table(:'classes', E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f
WHERE line ~ '^[0-9]';
SELECT count(*) > 0 AS have_reference FROM reference
\gset
\if :have_reference
-- The reference breaks ties by customer: equal customers take the class of the first of them.
CREATE TEMPORARY TABLE expected AS SELECT customer, value, min(class) OVER (PARTITION BY value) AS class FROM reference;
SELECT is(count(*), 2357::bigint, 'customers of CDNOW') FROM expected;
SELECT is_empty($$ SELECT * FROM (SELECT *, clv.abc(value) OVER () AS got FROM expected) AS s WHERE got::text IS DISTINCT FROM class $$, 'classes of CDNOW, but for ties');
SELECT is_empty($$ SELECT * FROM (SELECT *, clv.abc(value::float8) OVER () AS got FROM expected) AS s WHERE got::text IS DISTINCT FROM class $$, 'the same of float8');
SELECT is(clv.cutoff(l, 0.8), (SELECT min(value) FROM expected WHERE class = 'A'), 'cutoff of A') FROM (SELECT clv.concentration(value) AS l FROM reference) AS s;
SELECT is(clv.cutoff(l, 0.95), (SELECT min(value) FROM expected WHERE class <> 'C'), 'cutoff of B') FROM (SELECT clv.concentration(value) AS l FROM reference) AS s;
SELECT is(clv.top_customers(l, 0.8), (SELECT min(rank)::bigint FROM reference WHERE cumulative_share >= 0.8), 'customers who make 80 %') FROM (SELECT clv.concentration(value) AS l FROM reference) AS s;
-- the reference shares have 12 decimals
SELECT is_empty($$ SELECT rank FROM reference, (SELECT clv.concentration(value) AS l FROM reference) AS s
                   WHERE NOT abs(clv.top_share(l, rank / 2357.0) - cumulative_share) <= 5.2e-13 AND rank % 10 = 1 $$, 'shares of the best customers');
SELECT is(clv.total(l), 244091.94, 'total') FROM (SELECT clv.concentration(value) AS l FROM reference) AS s;
\else
SELECT skip('CLV_REFERENCE_DIR has no cdnow_abc.csv', 8);
\endif

CREATE TEMPORARY TABLE customer AS
SELECT c AS customer, c % 7 AS store, ((c * 7919::bigint) % 10007) * ((c * 31) % 97) / 100.0 - CASE WHEN c % 11 = 0 THEN 5000 ELSE 0 END AS value
FROM generate_series(1, 5000) AS c;

-- By a running sum over the sorted values, in plain SQL.
CREATE FUNCTION pg_temp.expected(a numeric, b numeric) RETURNS TABLE (customer int, class text) LANGUAGE sql AS $$
    SELECT customer, CASE WHEN value <= 0 THEN 'C' WHEN before < a * total THEN 'A' WHEN before < b * total THEN 'B' ELSE 'C' END
    FROM (SELECT customer, value, sum(greatest(value, 0)) OVER (PARTITION BY store ORDER BY value DESC RANGE UNBOUNDED PRECEDING)
                 - sum(greatest(value, 0)) OVER (PARTITION BY store, value) AS before,
                 sum(greatest(value, 0)) OVER (PARTITION BY store) AS total FROM customer) AS s
$$;
SELECT set_eq(format('SELECT customer, (clv.abc(value, %1$s, %2$s) OVER (PARTITION BY store))::text FROM customer', a, b),
              format('SELECT * FROM pg_temp.expected(%1$s, %2$s)', a, b), format('classes at %s and %s are those of plain SQL', a, b))
FROM (VALUES (0.8, 0.95), (0.5, 0.75), (0, 0.3), (1, 1), (0.123456789012345678, 0.2)) AS v (a, b);
-- The exact values of these doubles differ from the decimals, so only cents are compared.
SELECT set_eq('SELECT customer, (clv.abc(value::float8) OVER (PARTITION BY store))::text FROM customer', 'SELECT * FROM pg_temp.expected(0.8, 0.95)', 'classes of float8');

-- Gini's index by its definition over ranks.
SELECT ok(abs(clv.gini(l) - (SELECT (2 * sum(rank * value) / (count(*) * sum(value)) - (count(*) + 1) / count(*)::numeric)::float8
                             FROM (SELECT greatest(value, 0) AS value, row_number() OVER (ORDER BY value) AS rank FROM customer) AS s)) < 1e-15, 'Gini''s index')
FROM (SELECT clv.concentration(value) AS l FROM customer) AS s;
SELECT ok(abs(clv.gini(l) - clv.gini(f)) < 1e-14 AND abs(clv.top_share(l, 0.2) - clv.top_share(f, 0.2)) < 1e-14, 'float8 and numeric agree')
FROM (SELECT clv.concentration(value) AS l, clv.concentration(value::float8) AS f FROM customer) AS s;
SELECT set_eq('SELECT score, from_value, to_value, customers FROM clv.score_limits((SELECT clv.concentration(value) FROM customer), 10)',
              'SELECT score, min(value), max(value), count(*) FROM (SELECT value, clv.score(value, 10) OVER () AS score FROM customer) AS s GROUP BY score',
              'limits of scores are those of the scores given');

-- Limits from the curve, by trying every customer: the point nearest to (0, 1), customers above the mean, the point nearest to (effort of the later of both, 1).
CREATE FUNCTION pg_temp.limits(OUT a_customers bigint, OUT b_customers bigint) LANGUAGE sql AS $$
    WITH point AS (SELECT value, (count(*) OVER w)::float8 / count(*) OVER () AS effort, (sum(greatest(value, 0)) OVER w / sum(greatest(value, 0)) OVER ())::float8 AS yield,
                          count(*) OVER w AS n, value >= avg(greatest(value, 0)) OVER () AS above
                   FROM customer WINDOW w AS (ORDER BY value DESC RANGE UNBOUNDED PRECEDING)),
    pareto AS (SELECT n, effort FROM point ORDER BY effort ^ 2 + (1 - yield) ^ 2, n LIMIT 1),
    even AS (SELECT n, effort FROM point WHERE above ORDER BY n DESC LIMIT 1)
    SELECT least(p.n, e.n), (SELECT n FROM point ORDER BY (effort - greatest(p.effort, e.effort)) ^ 2 + (1 - yield) ^ 2, n LIMIT 1) FROM pareto AS p, even AS e
$$;
SELECT is((c.a_customers, c.b_customers), (w.a_customers, w.b_customers), 'limits from the curve') FROM clv.abc_limits((SELECT clv.concentration(value) FROM customer)) AS c, pg_temp.limits() AS w;
SELECT results_eq($$ SELECT count(*) FILTER (WHERE class = 'A'), count(*) FILTER (WHERE class < 'C') FROM (
        SELECT clv.abc(value, a_share, b_share) OVER () AS class FROM customer, clv.abc_limits((SELECT clv.concentration(value) FROM customer))) AS s $$,
    $$ SELECT * FROM pg_temp.limits() $$, 'clv.abc takes their shares');
SELECT is(clv.lorenz_send(clv.without_largest(clv.concentration(value), 5)), (SELECT clv.lorenz_send(clv.concentration(value)) FROM (SELECT value FROM customer ORDER BY value DESC OFFSET 5) AS s),
    'without the largest five') FROM customer;

-- However the customers are divided: the same bytes.
SELECT is(clv.lorenz_send(clv.concentration(value ORDER BY md5(customer::text))), clv.lorenz_send(clv.concentration(value)), 'in any order') FROM customer;
SELECT is(clv.lorenz_send(clv.merge(l ORDER BY store DESC)), (SELECT clv.lorenz_send(clv.concentration(value)) FROM customer), 'merged from stores')
FROM (SELECT store, clv.concentration(value) AS l FROM customer GROUP BY store) AS s;
SELECT is(clv.lorenz_send(clv.concentration(value)::text::clv.lorenz), clv.lorenz_send(clv.concentration(value)), 'through text') FROM customer;
SELECT is(clv.lorenz_send(clv.concentration(sqrt(abs(value::float8)))::text::clv.lorenz), clv.lorenz_send(clv.concentration(sqrt(abs(value::float8)))), 'doubles through text') FROM customer;
CREATE TABLE clv_concentration_customer AS SELECT * FROM customer;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 3;
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT matches((SELECT string_agg(line, ' ') FROM pg_temp.plan($$ SELECT clv.concentration(value) FROM clv_concentration_customer $$) AS line),
               'Partial Aggregate', 'the aggregate runs in parallel');
SELECT is((SELECT clv.lorenz_send(clv.concentration(value)) FROM clv_concentration_customer), clv.lorenz_send(clv.concentration(value)), 'in parallel') FROM customer;

SELECT throws_ok($$ SELECT clv.abc(value, 2, 3) OVER () FROM customer $$, '22023', 'share out of range');
SELECT throws_ok($$ SELECT clv.abc('NaN'::float8) OVER () FROM customer $$, '22023', 'value must be finite');
-- Intervals: the jackknife by leaving each customer out, and the delta method by giving each a little more weight
CREATE TEMP TABLE worth AS SELECT n, CASE WHEN n % 7 = 0 THEN 0 WHEN n % 11 = 0 THEN -3 ELSE round((n * n % 97)::numeric ^ 1.7 / 10, 2) END AS value FROM generate_series(1, 150) n;
SELECT ok(abs(i.std_error / j.error - 1) < 1e-10 AND abs(i.gini - clv.gini(l)) < 1e-15 AND abs(i.upper - i.gini - 1.959963984540054 * i.std_error) < 1e-14 AND abs(i.upper + i.lower - 2 * i.gini) < 1e-14, 'the error of the index is that of the jackknife')
FROM (SELECT clv.concentration(value) AS l FROM worth) d CROSS JOIN LATERAL clv.gini_interval(l) i
CROSS JOIN (SELECT sqrt(149 / 150.0 * sum((g - mean) ^ 2)) AS error FROM (SELECT g, avg(g) OVER () AS mean
	FROM (SELECT (SELECT clv.gini(clv.concentration(w.value)) FROM worth w WHERE w.n <> o.n) AS g FROM worth o) k) m) j;
SELECT ok(abs(i.std_error / e.error - 1) < 1e-4 AND i.share = clv.top_share(l, fraction), format('the error of the share of the best %s', fraction))
FROM (SELECT clv.concentration(value) AS l FROM worth) d CROSS JOIN (VALUES (0.21), (0.05), (0.47)) f (fraction) CROSS JOIN LATERAL clv.top_share_interval(l, fraction) i
CROSS JOIN LATERAL (SELECT stddev(moved) / sqrt(150) AS error FROM (
	SELECT 150 * 1e5 * (clv.top_share(clv.merge(format('numeric scale 2 {%s*%s}', to_char(w.value, 'FM9990.00'), 100000 + (w.n = o.n)::int)::clv.lorenz), fraction) - clv.top_share(l, fraction)) AS moved
	FROM worth w CROSS JOIN worth o GROUP BY o.n) k) e;
SELECT ok((SELECT lower = 0 AND upper = 1 AND std_error > 0.2 FROM clv.gini_interval('float8 {1, 2, 100}', 0.9999)), 'intervals stay within 0 and 1');
SELECT results_eq($$ SELECT * FROM clv.gini_interval('float8 {0*4, 7}') $$, $$ VALUES (0.8::float8, NULL::float8, NULL::float8, NULL::float8) $$, 'nothing is left without the only one');
SELECT results_eq($$ SELECT std_error, lower, upper FROM clv.gini_interval('float8 {7*9}') $$, $$ VALUES (0::float8, 0::float8, 0::float8) $$, 'equal customers');
SELECT is((SELECT gini FROM clv.gini_interval('float8 {}')), NULL, 'nobody');
SELECT throws_ok($$ SELECT clv.gini_interval('float8 {1}', 1) $$, '22023', NULL);
SELECT throws_ok($$ SELECT clv.top_share_interval('float8 {1}', 1.5) $$, '22023', NULL);
SELECT throws_ok($$ SELECT clv.gini('') $$, '22P02', 'invalid input syntax for type clv.lorenz');

SELECT results_eq($$ SELECT * FROM clv.lorenz_values('numeric scale 2 {-1.00, 2.50*3}') $$, $$ VALUES (-1.00, 1::bigint), (2.50, 3) $$, 'the values of a distribution');
SELECT results_eq($$ SELECT * FROM clv.lorenz_values('float8 {-1e-300, 0.1*2}') $$, $$ VALUES (-1e-300, 1::bigint), (0.1, 2) $$, 'doubles by their shortest decimals');
SELECT is_empty($$ SELECT * FROM clv.lorenz_values('numeric scale 0 {}') $$, 'no values of nobody');

SELECT * FROM finish();
ROLLBACK;
