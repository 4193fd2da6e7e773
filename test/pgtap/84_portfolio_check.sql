-- Backtests and the like on CDNOW, calibrated to 1997-09-30, the 39 weeks after it as the test.
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
\set weeks `cat "$CLV_REFERENCE_DIR/cdnow_tracking.csv" 2>/dev/null`

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

SELECT clv.create_portfolio('cdnow', 'cdnow', 'customer_id', 'date', 'dollars', as_of => '1998-06-30', family => 'bg/nbd', week_start => 'wednesday') AS portfolio
\gset
SET LOCAL clv.as_of = '1997-09-30';
CALL clv.refresh('cdnow');
SET LOCAL clv.as_of = '';

-- Published to four digits.
SELECT results_eq($$ SELECT family, round(bias::numeric, 4), round(mae::numeric, 4), round(rmse::numeric, 4)
	FROM clv.backtest('cdnow', '{bg/nbd,mbg/nbd,pareto/nbd}', '{1997-09-30}', '273 days') WHERE status <> 'baseline' ORDER BY family $$,
	$$ VALUES ('bg/nbd', -0.1215, 0.7855, 1.6080), ('mbg/nbd', -0.1622, 0.7648, 1.6072), ('pareto/nbd', -0.1150, 0.7545, 1.6028) $$, 'errors of three families');
SELECT is((SELECT sum(actual) FROM clv.backtest('cdnow', '{}', '{1997-09-30}', '273 days')), 2 * 1882::float8, 'purchase days of the 39 weeks, for two baselines');
SELECT ok(bool_and(rank_correlation BETWEEN 0.3 AND 0.9 AND decile_lift BETWEEN 2 AND 10), 'order and lift are in range')
	FROM clv.backtest('cdnow', '{bg/nbd}', '{1997-09-30,1997-12-31}', '3 months');
-- Bounds are promised 98.4 % of these customers, whole orders being what they are; 97.5 % kept within them.
SELECT ok(bool_and(expected_coverage BETWEEN 0.95 AND 0.99 AND coverage BETWEEN expected_coverage - 0.015 AND expected_coverage), 'coverage is near what is promised')
	FROM clv.backtest('cdnow', '{bg/nbd,pareto/nbd}', '{1997-09-30}', '273 days') WHERE status <> 'baseline';
SELECT is((SELECT coverage FROM clv.backtest('cdnow', '{bg/nbd}', '{1997-09-30}', '273 days') WHERE status <> 'baseline'),
	(SELECT avg((clv.purchase_days(clv.slice(h.history, '1997-10-01', '1998-07-01')) BETWEEN i.lower AND i.upper)::int)::float8
	FROM cdnow.history h CROSS JOIN (SELECT model FROM cdnow.model WHERE active AND role = 'transactions') m
	CROSS JOIN LATERAL clv.order_interval(m.model, h.history, '1997-09-30', '273 days') i), 'the share within bounds');
SELECT ok(bool_and(coverage IS NULL AND expected_coverage IS NULL AND decile_lift > 1), 'baselines promise nothing')
	FROM clv.backtest('cdnow', '{}', '{1997-09-30}', '273 days');
SELECT is(sum(customers), 2357::numeric, 'calibration has every customer') FROM clv.calibration('cdnow', 'bg/nbd', '1997-09-30', '273 days');
SELECT ok(abs(sum(customers * predicted) / (1882 * (1 - 0.1215)) - 1) < 1e-3 AND sum(customers * actual) = 1882, 'and adds up to the backtest') FROM clv.calibration('cdnow', 'bg/nbd', '1997-09-30', '273 days');

-- The published curves count the day of the first order as time at risk; parameters are those they were drawn with.
CREATE TEMPORARY TABLE week AS
SELECT f[1]::int AS week, f[2]::bigint AS actual, f[3]::bigint AS actual_cumulative, c.model, c.expected
FROM string_to_table(:'weeks', E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f
CROSS JOIN LATERAL (VALUES
	('bg/nbd(r=0.24259452243015708, alpha=4.4136020190135038, a=0.79292201722559759, b=2.4259067768263321); unit=7 days'::clv.model, f[4]::float8),
	('mbg/nbd(r=0.52484315910629759, alpha=6.1830852795760050, a=0.89135939073221585, b=1.6140022401703439); unit=7 days', f[5]::float8),
	('pareto/nbd(r=0.55327704685317960, alpha=10.577683463302315, s=0.60623998912782630, beta=11.668735288855011); unit=7 days', f[6]::float8)) c (model, expected)
WHERE line ~ '^[0-9]';
SELECT is((SELECT count(*) FROM week), 3 * 78::bigint, 'weeks of the reference');
CREATE TEMPORARY TABLE tracked (family text, whole_days boolean, period_start date, actual bigint, expected float8, actual_cumulative bigint, expected_cumulative float8, calibration boolean);
DO $$
DECLARE
	reference clv.model;
BEGIN
	FOR reference IN SELECT model FROM week WHERE week = 1 LOOP
		UPDATE cdnow.model_version SET model = reference WHERE role = 'transactions';
		INSERT INTO tracked SELECT clv.family(reference), d, t.* FROM (VALUES (false), (true)) c (d) CROSS JOIN LATERAL clv.tracking('cdnow', whole_days => d) t;
	END LOOP;
END
$$;
SELECT is_empty($$ SELECT w.*, t.* FROM week w
	LEFT JOIN tracked t ON t.family = clv.family(w.model) AND t.whole_days AND t.period_start = date '1997-01-01' + 7 * (w.week - 1)
	WHERE (t.actual, t.actual_cumulative) IS DISTINCT FROM (w.actual, w.actual_cumulative)
	OR abs(t.expected_cumulative / w.expected - 1) > 1e-12 $$, 'tracking by week, as published');
-- A day less for every customer is less, and after three weeks not half of it.
SELECT ok(bool_and(d.expected_cumulative < w.expected_cumulative AND d.expected_cumulative > w.expected_cumulative * 0.5), 'counted as models do, a little less is expected')
	FROM tracked d JOIN tracked w USING (family, period_start) WHERE NOT d.whole_days AND w.whole_days AND period_start > '1997-01-20';
SELECT is(count(*) FILTER (WHERE calibration), 39::bigint, 'weeks of the calibration') FROM clv.tracking('cdnow');
SELECT is(sum(actual), 2357::numeric, 'frequency_fit has every customer') FROM clv.frequency_fit('cdnow');
SELECT is(round(sum(expected)::numeric, 6), 2357.000000, 'and expects them all') FROM clv.frequency_fit('cdnow');
SELECT is((SELECT actual FROM clv.frequency_fit('cdnow') WHERE frequency = 0), 1411::bigint, 'of whom 946 came back');

SELECT is(count(*) FILTER (WHERE purchase), (SELECT purchase_days FROM cdnow.customer_value WHERE customer = 1), 'alive_history shows each purchase day')
	FROM clv.alive_history('cdnow', 1);
SELECT is((SELECT p_alive FROM clv.alive_history('cdnow', 1) ORDER BY day DESC LIMIT 1), (SELECT p_alive FROM cdnow.customer_value WHERE customer = 1), 'and ends today');
SELECT results_eq($$ SELECT * FROM clv.alive_history('cdnow', '1') $$, $$ SELECT * FROM clv.alive_history('cdnow', 1) $$, 'a customer may be a literal');
SELECT throws_ok($$ SELECT * FROM clv.backtest('cdnow', '{bg/nbd}', '{1997-09-30,1997-10-01}', '273 days') $$, '22023', 'orders within the horizon are not all known yet');
SELECT throws_ok($$ SELECT * FROM clv.calibration('cdnow', 'bg/nbd', '1997-09-30', '274 days') $$, '22023', 'orders within the horizon are not all known yet');
SELECT throws_ok($$ SELECT * FROM clv.backtest('cdnow', '{bg/nbd}', '{1997-09-30}', '-1 month') $$, '22023', 'horizon out of range');
SELECT throws_ok($$ SELECT * FROM clv.calibration('cdnow', 'bg/nbd', '1997-09-30', '5 hours') $$, '22023', 'horizon out of range');
SELECT throws_ok($$ SELECT * FROM clv.alive_history('cdnow', 1, 'decade') $$, '22023', 'unknown period');
SELECT throws_ok($$ SELECT * FROM clv.backtest('nowhere', '{bg/nbd}', '{1997-09-30}', '1 year') $$, '42704', 'portfolio nowhere does not exist');

\else
SELECT skip('CLV_REFERENCE_DIR holds no cdnow.csv', 1);
\endif
SELECT * FROM finish();
ROLLBACK;
