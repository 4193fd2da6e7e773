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
SELECT is(sum(customers), 2357::numeric, 'calibration has every customer') FROM clv.calibration('cdnow', 'bg/nbd', '1997-09-30', '273 days');
SELECT ok(abs(sum(customers * predicted) / (1882 * (1 - 0.1215)) - 1) < 1e-3 AND sum(customers * actual) = 1882, 'and adds up to the backtest') FROM clv.calibration('cdnow', 'bg/nbd', '1997-09-30', '273 days');

-- The reference counts a customer at risk for one day more than the statistics do: 1 % at most after the first quarter.
SELECT is_empty($$
	SELECT t.*, f FROM string_to_table($$ || quote_literal(:'weeks') || $$, E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f
	JOIN clv.tracking('cdnow') t ON t.period_start = date '1997-01-01' + 7 * (f[1]::int - 1)
	WHERE line ~ '^[0-9]' AND f[1]::int < 78 AND (t.actual <> f[2]::int OR t.actual_cumulative <> f[3]::int
		OR f[1]::int > 13 AND abs(t.expected_cumulative / f[4]::float8 - 1) > 0.02) $$, 'tracking by week');
SELECT is(count(*) FILTER (WHERE calibration), 39::bigint, 'weeks of the calibration') FROM clv.tracking('cdnow');
SELECT is(sum(actual), 2357::numeric, 'frequency_fit has every customer') FROM clv.frequency_fit('cdnow');
SELECT is(round(sum(expected)::numeric, 6), 2357.000000, 'and expects them all') FROM clv.frequency_fit('cdnow');
SELECT is((SELECT actual FROM clv.frequency_fit('cdnow') WHERE frequency = 0), 1411::bigint, 'of whom 946 came back');

SELECT is(count(*) FILTER (WHERE purchase), (SELECT purchase_days FROM cdnow.customer_value WHERE customer = 1), 'alive_history shows each purchase day')
	FROM clv.alive_history('cdnow', 1);
SELECT is((SELECT p_alive FROM clv.alive_history('cdnow', 1) ORDER BY day DESC LIMIT 1), (SELECT p_alive FROM cdnow.customer_value WHERE customer = 1), 'and ends today');
SELECT throws_ok($$ SELECT * FROM clv.alive_history('cdnow', 1, 'decade') $$, '22023', 'unknown period');
SELECT throws_ok($$ SELECT * FROM clv.backtest('nowhere', '{bg/nbd}', '{1997-09-30}', '1 year') $$, '42704', 'portfolio nowhere does not exist');

\else
SELECT skip('CLV_REFERENCE_DIR holds no cdnow.csv', 1);
\endif
SELECT * FROM finish();
ROLLBACK;
