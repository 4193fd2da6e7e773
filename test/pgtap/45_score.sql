-- Scores against the reference and against their definition in plain SQL.
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
\set scores `cat "$CLV_REFERENCE_DIR/cdnow_rfm.csv" 2>/dev/null`

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

-- Columns: customer_id, first_date, last_date, rows, purchase_days, monetary, ..., r_ntile, r_ties, f_ntile, f_ties, m_ntile, m_ties.
CREATE TEMPORARY TABLE reference AS
SELECT f[1]::int AS customer, f[3]::date AS last_date, f[5]::int AS purchase_days, f[6]::numeric AS monetary,
       f[11]::int AS r, f[13]::int AS f, f[15]::int AS m
FROM string_to_table(:'scores', E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f
WHERE line ~ '^[0-9]';
SELECT count(*) > 0 AS have_reference FROM reference
\gset
\if :have_reference
SELECT is(count(*), 2357::bigint, 'customers of CDNOW') FROM reference;
SELECT is_empty($$ SELECT * FROM (SELECT customer, r, f, m, clv.score(last_date, 5) OVER () AS got_r, clv.score(purchase_days, 5) OVER () AS got_f,
                                         clv.score(monetary, 5) OVER () AS got_m, clv.score(monetary::float8, 5) OVER () AS got_m8 FROM reference) AS s
                   WHERE (got_r, got_f, got_m, got_m8) IS DISTINCT FROM (r, f, m, m) $$, 'recency, frequency and monetary scores of CDNOW');
\else
SELECT skip('CLV_REFERENCE_DIR has no cdnow_rfm.csv', 2);
\endif

CREATE TEMPORARY TABLE customer AS
SELECT c AS customer, c % 3 AS store, CASE WHEN c % 50 <> 0 THEN ((c * 7919) % 211) / 10.0 - 5 END AS value FROM generate_series(1, 3000) AS c;
SELECT set_eq(
    format($$ SELECT customer, clv.score(value, %1$s) OVER (PARTITION BY store) AS a, clv.score(value::float8, %1$s) OVER (PARTITION BY store) AS b FROM customer $$, bins),
    format($$ SELECT customer, score AS a, score AS b FROM (
                SELECT customer, CASE WHEN value IS NOT NULL THEN
                  1 + floor(%1$s * ((rank() OVER (PARTITION BY store ORDER BY value NULLS LAST)) - 1) / (count(value) OVER (PARTITION BY store))::numeric) END::int AS score
                FROM customer) AS s $$, bins),
    bins || ' bins, as rank() gives them')
FROM unnest(ARRAY[1, 2, 3, 5, 10, 100, 9999]) AS bins;

-- The three of a history, in few and in many rows, with equal values on every axis.
CREATE TEMPORARY TABLE buyer AS
SELECT c AS customer, c % 3 AS store, CASE c % 97 WHEN 0 THEN NULL WHEN 1 THEN '{}'::clv.history ELSE
    (SELECT clv.order_history(date '2024-01-01' + (c * n * 31) % 90, (((c * 7919 + n) % 211) / CASE c % 5 WHEN 0 THEN 1000.0 ELSE 10.0 END)::numeric) FROM generate_series(1, 1 + c % 7) AS n) END AS history
FROM generate_series(1, 9000) AS c;
SELECT is_empty(
    format($$ SELECT * FROM (
        SELECT clv.rfm_score(history, %1$s) OVER w AS got, clv.score(clv.last_order(history), %1$s) OVER w AS r, clv.score(CASE WHEN clv.last_order(history) IS NOT NULL THEN clv.purchase_days(history) END, %1$s) OVER w AS f,
               clv.score(CASE WHEN clv.last_order(history) IS NOT NULL THEN clv.revenue(history) END, %1$s) OVER w AS m
        FROM buyer WINDOW w AS (PARTITION BY %2$s)) AS s
        WHERE (got).r IS DISTINCT FROM r OR (got).f IS DISTINCT FROM f OR (got).m IS DISTINCT FROM m $$, bins, partition),
    format('%s bins, by %s: recency, frequency and monetary value as clv.score gives them', bins, partition))
FROM unnest(ARRAY[1, 5, 10, 11, 1000]) AS bins, unnest(ARRAY['1', 'store', 'customer % 3000']) AS partition;

-- Cutoffs divide as the window functions do, in few and in many rows, whatever the order, and by parallel workers.
SELECT is_empty(
    format($$ SELECT * FROM (
        SELECT clv.rfm_score(history) OVER (PARTITION BY %1$s) AS got, clv.rfm_score_by(history, cutoffs) AS by,
               clv.abc(CASE WHEN clv.last_order(history) IS NOT NULL THEN clv.revenue(history) END) OVER (PARTITION BY %1$s) AS class,
               CASE WHEN clv.last_order(history) IS NULL THEN NULL WHEN clv.revenue(history) >= (cutoffs).a_revenue THEN 'A'
                    WHEN clv.revenue(history) >= (cutoffs).b_revenue THEN 'B' ELSE 'C' END::clv.abc_class AS class_by
        FROM buyer JOIN (SELECT %1$s AS part, clv.cutoffs(clv.rfm_state(history)) AS cutoffs FROM buyer GROUP BY 1) c ON part = %1$s) AS s
        WHERE got IS DISTINCT FROM by OR class IS DISTINCT FROM class_by $$, partition),
    format('by %s: scores and classes by cutoffs are those among all', partition))
FROM unnest(ARRAY['1 + 0', 'store', 'customer % 3000']) AS partition;
SELECT is(clv.rfm_state(history ORDER BY customer DESC)::text, clv.rfm_state(history ORDER BY customer)::text, 'the same distribution in any order') FROM buyer;
CREATE TEMPORARY TABLE alone AS SELECT clv.rfm_state(history)::text, clv.cutoffs(clv.rfm_state(history)) FROM buyer;
CREATE TABLE shared_buyer AS SELECT history FROM buyer;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SELECT results_eq('SELECT clv.rfm_state(history)::text, clv.cutoffs(clv.rfm_state(history)) FROM shared_buyer', 'SELECT * FROM alone', 'distribution and cutoffs with parallel workers');
SELECT is(clv.cutoffs(clv.rfm_state(history)), NULL, 'no cutoffs without a purchase') FROM (VALUES (NULL::clv.history), ('{}'), ('{2024-01-05*0 -3}')) AS v (history);
SELECT is(clv.rfm_score_by(history, cutoffs), ROW(5, 1, 5)::clv.rfm_scores, 'a revenue of more decimals than the limits have')
FROM (VALUES ('{2024-01-09 3.001}'::clv.history, ROW(1, 1, '{2024-01-01,2024-01-02,2024-01-03,2024-01-04}', '{1,2,3,4}', '{1,2,2.5,3}')::clv.cutoff_values)) AS v (history, cutoffs);
SELECT is(clv.rfm_score_by('{}', cutoffs), NULL, 'no scores without a purchase') FROM alone;
-- Each part is a distribution of its own.
SELECT is(clv.rfm_state(history)::text, ROW(clv.concentration((clv.last_order(history) - date '2000-01-01')::numeric), clv.concentration(clv.purchase_days(history)::numeric),
    clv.concentration(clv.revenue(history)))::text, 'last orders in days, purchase days, revenues') FROM buyer WHERE clv.last_order(history) IS NOT NULL;
SELECT throws_ok(format('SELECT clv.cutoffs(%L::clv.rfm_distribution)', broken), '22023', 'distribution of last orders, purchase days and revenues is not consistent', broken)
FROM unnest(ARRAY['("numeric scale 0 {1}","numeric scale 0 {1}",float8 {1})', '("numeric scale 0 {1}","numeric scale 0 {1*2}","numeric scale 0 {1}")',
    '("numeric scale 0 {2147483647}","numeric scale 0 {1}","numeric scale 0 {1}")', '("numeric scale 1 {1.0}","numeric scale 0 {1}","numeric scale 0 {1}")', '("numeric scale 0 {1}","numeric scale 0 {0}","numeric scale 0 {1}")']) AS broken;
SELECT is(clv.cutoffs('("numeric scale 0 {1}","numeric scale 0 {1}",)'), NULL, 'no cutoffs without revenues');
SELECT is(clv.cutoffs('("numeric scale 0 {-1}","numeric scale 0 {1}","numeric scale 2 {1.00}")'), ROW(1, 1, array_fill(date '1999-12-31', '{4}'), array_fill(1::bigint, '{4}'), array_fill(1.00, '{4}'))::clv.cutoff_values, 'cutoffs of one customer');

SELECT throws_ok(format('SELECT clv.rfm_score_by(''{2024-01-05 10}'', %L::clv.cutoff_values)', broken), '22023', 'cutoffs are not complete', broken)
FROM unnest(ARRAY['(1,1,,,)', '(1,1,{2024-01-01},{1},{1})', '(1,1,"{2024-01-01,2024-01-02,2024-01-03,NULL}","{1,2,3,4}","{1,2,3,4}")']) AS broken;
SELECT throws_ok($$ SELECT clv.rfm_score_by('{2024-01-05 10}', ROW(1, 1, '{2024-01-01,2024-01-02,2024-01-03,2024-01-04}', '{1,2,3,4}', '{1,2,NaN,3}')::clv.cutoff_values) $$, '22023', 'amount must be finite');

SELECT throws_ok($$ SELECT clv.score(value, 0) OVER () FROM customer $$, '22023', 'number of bins out of range');
SELECT throws_ok($$ SELECT clv.score('NaN'::float8, 5) OVER () FROM customer $$, '22023', 'value must be finite');

SELECT * FROM finish();
ROLLBACK;
