-- Segments against the reference, against those of a portfolio, and against their own parts.
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
\set orders `cat "$CLV_REFERENCE_DIR/cdnow.csv" 2>/dev/null`

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

CREATE TEMPORARY TABLE reference AS
SELECT f[1]::int AS customer, f[7]::int AS recency_days, f[11]::int AS r, f[13]::int AS f, f[15]::int AS m
FROM string_to_table(:'scores', E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f WHERE line ~ '^[0-9]';
CREATE TEMPORARY TABLE cdnow AS
SELECT f[1]::int AS customer, clv.order_history(f[2]::date, f[4]::numeric) AS h
FROM string_to_table(:'orders', E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f WHERE line ~ '^[0-9]' GROUP BY f[1];
SELECT count(*) > 0 AS have_reference FROM reference
\gset
\if :have_reference
SELECT set_eq($$ SELECT customer, r_score, f_score, m_score, rfm FROM clv.rfm('cdnow', 'customer', 'h', NULL::int, '1998-06-30') $$,
              $$ SELECT customer, r, f, m, concat(r, f, m) FROM reference $$, 'scores of CDNOW');
\else
SELECT skip('CLV_REFERENCE_DIR has no cdnow_rfm.csv', 1);
\endif

CREATE TABLE public.clv_segment_order AS
SELECT c AS customer, date '2020-12-20' + ((c * 7919) % 700 + CASE WHEN n = 0 THEN 0 ELSE (c * n * 104729 + n * n * 31) % 500 END)::int AS day, ((c * 31 + n * 17) % 10000) / 100.0 AS amount
FROM generate_series(1, 900) AS c CROSS JOIN LATERAL generate_series(0, c % 7) AS n;
SELECT clv.create_portfolio('clv_segment_shop', 'public.clv_segment_order', 'customer', 'day', 'amount', as_of => '2022-11-13') \g /dev/null
DO $$ BEGIN CALL clv.refresh('clv_segment_shop'); END $$;
SELECT set_eq($$ SELECT customer, last_order, recency_days, purchase_days::int, revenue, r_score, f_score, m_score, rfm, segment
                 FROM clv.rfm('clv_segment_shop.history', 'customer', 'history', NULL::int, '2022-11-13', rules => 'clv_segment_shop.rfm_rule') $$,
              $$ SELECT customer, last_order, recency_days, purchase_days::int, revenue, r_score, f_score, m_score, rfm, segment FROM clv_segment_shop.rfm_segment $$,
              'segments of a portfolio, by its own rules');
SELECT set_eq($$ SELECT segment, r_from, r_to, f_from, f_to, m_from, m_to, meaning FROM clv_segment_shop.rfm_rule $$,
              $$ SELECT segment, r_from, r_to, f_from, f_to, m_from, m_to, meaning FROM clv.segment_rules() $$, 'a portfolio starts from the usual rules');
-- The migration of a portfolio is that between its reports of two days.
SET clv.as_of = '2022-03-31';
CREATE TEMPORARY TABLE former AS SELECT customer, segment, revenue FROM clv_segment_shop.rfm_segment;
RESET clv.as_of;
SELECT set_eq($$ SELECT from_segment, to_segment, customers, share, revenue
                 FROM clv.segment_migration('clv_segment_shop.history', 'customer', 'history', '2022-03-31', '2022-11-13', rules => 'clv_segment_shop.rfm_rule') $$,
              $$ SELECT a.segment AS origin, b.segment AS target, count(*) AS customers, (count(*) / sum(count(*)) OVER (PARTITION BY a.segment))::float8, sum(b.revenue - coalesce(a.revenue, 0))
                 FROM clv_segment_shop.rfm_segment AS b LEFT JOIN former AS a USING (customer) GROUP BY 1, 2 $$, 'migration between two reports of a portfolio');

-- Limits fixed at a day give the scores of that day, so that from it to itself nobody moves; later they give what those of the day before would.
SELECT is_empty(format($$ SELECT * FROM clv.segment_migration('clv_segment_shop.history', 'customer', 'history', '2022-03-31', '2022-03-31', %s, %L, fixed_limits => true) WHERE from_segment IS DISTINCT FROM to_segment $$, bins, axis),
                format('nobody moves within a day, %s bins and axis %s', bins, axis)) FROM unnest('{1,3,5,10,100}'::int[]) AS bins, unnest('{NULL,tenure,average_order}'::text[]) AS axis WHERE bins = 5 OR axis IS NULL;
SELECT set_eq($$ SELECT to_segment, sum(customers)::bigint FROM clv.segment_migration('clv_segment_shop.history', 'customer', 'history', '2022-03-31', '2022-11-13', fixed_limits => true) GROUP BY 1 $$,
    $$ WITH former AS (SELECT * FROM clv.rfm('clv_segment_shop.history', 'customer', 'history', NULL::int, '2022-03-31')),
       scored AS (SELECT (SELECT coalesce(max(r_score), 1) FROM former f WHERE f.recency_days >= n.recency_days) AS r, (SELECT coalesce(max(f_score), 1) FROM former f WHERE f.purchase_days <= n.purchase_days) AS f
                  FROM clv.rfm('clv_segment_shop.history', 'customer', 'history', NULL::int, '2022-11-13') AS n)
       SELECT segment, count(*) FROM scored JOIN clv.segment_rules() ON r BETWEEN r_from AND r_to AND f BETWEEN f_from AND f_to GROUP BY 1 $$, 'fixed limits are those of the former customers');

-- Every pair of scores has exactly one of the usual segments, whatever the number of bins.
SELECT is_empty($$ SELECT bins, r, f FROM unnest('{1,2,3,4,5,6,7,10,13}'::int[]) AS bins, generate_series(1, bins) AS r, generate_series(1, bins) AS f
                   WHERE (SELECT count(*) FROM clv.segment_rules(bins) WHERE r BETWEEN r_from AND r_to AND f BETWEEN f_from AND f_to) <> 1 $$, 'one segment for every pair of scores');
-- Limits of one's own are those of width_bucket.
SELECT is_empty($$ SELECT v FROM generate_series(-3, 60, 0.5) AS v WHERE clv.score_by(v, '{1,5.5,20,50}') <> 1 + width_bucket(v, '{1,5.5,20,50}'::numeric[])
                   OR clv.score_by(v, '{1,5.5,20,50}', true) <> 1 + width_bucket(-v, '{-50,-20,-5.5,-1}'::numeric[]) $$, 'limits of one''s own');

SELECT * FROM finish();
ROLLBACK;
