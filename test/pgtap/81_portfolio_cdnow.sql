-- A portfolio of CDNOW against the reference numbers: what an owner reads is what was published.
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
\set orders `cat "$CLV_REFERENCE_DIR/cdnow.csv" 2>/dev/null`
\set summary `cat "$CLV_REFERENCE_DIR/cdnow_summary.csv" 2>/dev/null`
\set abc `cat "$CLV_REFERENCE_DIR/cdnow_abc.csv" 2>/dev/null`
\set rfm `cat "$CLV_REFERENCE_DIR/cdnow_rfm.csv" 2>/dev/null`
\set months `cat "$CLV_REFERENCE_DIR/cdnow_cohort_month.csv" 2>/dev/null`
\set weeks `cat "$CLV_REFERENCE_DIR/cdnow_cohort_week.csv" 2>/dev/null`
\set individual `cat "$CLV_REFERENCE_DIR/cdnow_individual.csv" 2>/dev/null`

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

CREATE TABLE cdnow AS
SELECT f[1]::int AS customer_id, f[2]::date AS date, f[4]::numeric AS dollars
FROM string_to_table(:'orders', E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f
WHERE line ~ '^[0-9]';
SELECT count(*) > 0 AS have_reference FROM cdnow
\gset
\if :have_reference

SELECT clv.create_portfolio('cdnow', 'cdnow', 'customer_id', 'date', 'dollars',
	as_of => '1998-06-30', family => 'bg/nbd', discount_rate => exp(0.0027 * 365.2425 / 7) - 1) AS portfolio
\gset
CALL clv.refresh('cdnow');

SELECT is((SELECT count(*) FROM cdnow.customer_value), 2357::bigint, 'customers');
SELECT is((SELECT sum(revenue) FROM cdnow.customer_value), (SELECT sum(dollars) FROM cdnow), 'revenue');

-- Classes: the reference breaks ties by customer, clv lets them share the better class.
SELECT is_empty($$
	SELECT customer FROM cdnow.abc_segment JOIN (
		SELECT f[1]::int AS customer, max(f[5]) OVER () AS last, min(f[5]::clv.abc_class) OVER (PARTITION BY f[3]::numeric) AS class, f[3]::numeric AS revenue
		FROM string_to_table($$ || quote_literal(:'abc') || $$, E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f
		WHERE line ~ '^[0-9]') r USING (customer)
	WHERE (abc_segment.revenue, abc_segment.class) IS DISTINCT FROM (r.revenue, r.class) $$, 'classes A, B, C');
SELECT results_eq($$ SELECT customers::text || ' ' || round(revenue_share::numeric, 6) FROM cdnow.abc_summary WHERE class = 'A' $$,
	$$ VALUES ('777 0.800119') $$, 'the best third makes 80 %');

-- Scores
SELECT is_empty($$
	SELECT customer, r_score, f_score, m_score, recency_days, purchase_days, revenue FROM cdnow.rfm_segment
	EXCEPT
	SELECT f[1]::int, f[11]::int, f[13]::int, f[15]::int, f[7]::int, f[5]::bigint, f[6]::numeric
	FROM string_to_table($$ || quote_literal(:'rfm') || $$, E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f
	WHERE line ~ '^[0-9]' $$, 'scores of recency, frequency and monetary value');

-- Cohorts
CREATE TEMPORARY TABLE triangle AS
SELECT period, f[1]::date AS cohort, f[2]::int AS period_number, f[3]::bigint AS cohort_size, f[4]::bigint AS active, f[7]::bigint AS orders, f[8]::numeric AS revenue
FROM (VALUES ('month', :'months'), ('week', :'weeks')) AS file (period, content)
CROSS JOIN LATERAL string_to_table(content, E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f
WHERE line ~ '^[0-9]';
SELECT is((SELECT count(*) FROM cdnow.cohort_retention), (SELECT count(*) FROM triangle), 'every cell of the triangles');
SELECT is_empty($$ SELECT period, cohort, period_number, cohort_size, active FROM cdnow.cohort_retention
	EXCEPT SELECT period, cohort, period_number, cohort_size, active FROM triangle $$, 'retention by month and week');
SELECT is_empty($$ SELECT period, cohort, period_number, orders, revenue FROM cdnow.cohort_value
	EXCEPT SELECT period, cohort, period_number, orders, revenue FROM triangle $$, 'orders and revenue by month and week');

-- Calibration to 1997-09-30: the same portfolio as of that day
SET LOCAL clv.as_of = '1997-09-30';
CALL clv.refresh('cdnow');
SELECT is((SELECT max(as_of) FROM cdnow.model WHERE active), '1997-09-30'::date, 'the model is fitted as of the report date');
SELECT is_empty($$
	SELECT customer, frequency, t_x, age FROM cdnow.customer_value
	EXCEPT
	SELECT f[1]::int, f[3]::int, f[4]::float8, f[5]::float8
	FROM string_to_table($$ || quote_literal(:'summary') || $$, E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f
	WHERE line ~ '^[0-9]' $$, 'statistics of all customers');
-- A maximum is flat: parameters that are right to 1e-7 leave values right to about as much.
SELECT is_empty($$
	SELECT customer, p_alive, f[8], expected_spend, f[12], residual_value, f[13]
	FROM string_to_table($$ || quote_literal(:'individual') || $$, E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f
	JOIN cdnow.customer_value ON customer = f[1]::int
	WHERE line ~ '^[0-9]+,bgnbd'
	AND (abs(p_alive / f[8]::float8 - 1) > 1e-6 OR abs(expected_spend / f[12]::float8 - 1) > 1e-6 OR abs(residual_value / f[13]::float8 - 1) > 1e-6) $$,
	'P(alive), spend and discounted value of the customers of the reference');
SELECT ok(abs((SELECT value FROM cdnow.kpi WHERE indicator = 'customers alive') - (SELECT sum(p_alive) FROM cdnow.customer_value)::numeric) < 1e-4, 'indicators are of that day');

\else
SELECT skip('CLV_REFERENCE_DIR holds no cdnow.csv', 1);
\endif
SELECT * FROM finish();
ROLLBACK;
