-- The worked examples of the literature and of the tools of the field in one place, to the digits in which they are printed.
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
\set summary `cat "$CLV_REFERENCE_DIR/cdnow_summary.csv" 2>/dev/null`

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

-- Does a number round to what is printed?
CREATE FUNCTION pg_temp.printed(value float8, expected numeric, what text) RETURNS text LANGUAGE sql AS
$$ SELECT is(round(value::numeric, scale(expected)), expected, what) $$;
CREATE TEMPORARY TABLE published (name text, m clv.model);
INSERT INTO published VALUES ('bg', 'bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)'), ('mbg', 'mbg/nbd(r=0.525, alpha=6.183, a=0.891, b=1.614)'),
	('pareto', 'pareto/nbd(r=0.553, alpha=10.578, s=0.606, beta=11.669)'), ('spend', 'gamma-gamma(p=6.25, q=3.74, gamma=15.44)'), ('sbg', 'sbg(alpha=0.668, beta=3.806)');

-- Fader, Hardie and Lee 2005; Fader and Hardie 2005: a customer of the CDNOW sample with 2 repeat purchases, the last in week 30.43, observed for 38.86 weeks
SELECT pg_temp.printed(clv.expected_orders(m, 2, 30.43, 38.86, 39), 1.226, 'BG/NBD: purchases of one customer in the next 39 weeks') FROM published WHERE name = 'bg';
SELECT pg_temp.printed(clv.order_probability(m, 2, 10) * 1e7, 1.07869, 'BG/NBD: ten purchases in two weeks') FROM published WHERE name = 'bg';
SELECT pg_temp.printed(clv.order_probability(m, 39, 0), 0.573786, 'BG/NBD: none in 39 weeks') FROM published WHERE name = 'bg';
SELECT pg_temp.printed(clv.expected_orders(m, 26, 30.86, 31, 52), 25.46, 'Pareto/NBD: purchases of a heavy buyer in a year') FROM published WHERE name = 'pareto';
SELECT pg_temp.printed(clv.dert(m, 2, 30.43, 38.86, ln(1.15) / 52), d, 'discounted residual transactions at 15 % a year, ' || name) FROM published JOIN (VALUES ('pareto', 6.50173), ('bg', 5.16955)) v (n, d) ON n = name;
SELECT pg_temp.printed(clv.p_alive(m, 0, 0, 38.86), p, 'one order 38.86 weeks ago, ' || name) FROM published JOIN (VALUES ('bg', 1.000), ('mbg', 0.390), ('pareto', 0.295)) v (n, p) ON n = name;
SELECT pg_temp.printed(clv.expected_orders('bg/nbd(r=0.3, alpha=5, a=0.3, b=0.4)', 0, 0, 52, 52), 0.22716, 'BG/NBD with a + b below 1: finite, and right');
SELECT pg_temp.printed(clv.expected_spend(m, 2, 22.35), 24.66, 'gamma-gamma: two purchases of 22.35 on average') FROM published WHERE name = 'spend';
SELECT pg_temp.printed(clv.expected_spend_new(m), 35.22, 'gamma-gamma: a new customer') FROM published WHERE name = 'spend';

-- What made other tools overflow
SELECT ok(clv.p_alive(m, x, t_x, age) BETWEEN 0 AND 1, format('heavy buyers: %s purchases, %s', x, name))
FROM published, (VALUES (221, 103.42857, 103.57143), (161, 94.71429, 98), (204, 98.57143, 99.42857)) v (x, t_x, age) WHERE name IN ('bg', 'mbg', 'pareto');
SELECT throws_ok($$ SELECT clv.p_alive('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 204, 99.5, 99.42857) $$, '22023', NULL, 'no purchase after the end');
SELECT ok(clv.log_likelihood('pareto/nbd(r=10.465, alpha=0.00799, s=3.0516, beta=2.820)', x, x / 10.0, x / 10.0 + 1) BETWEEN -1e6 AND 1e6
	AND clv.expected_orders('pareto/nbd(r=10.465, alpha=0.00799, s=3.0516, beta=2.820)', x, x / 10.0, x / 10.0 + 1, 52) BETWEEN 0 AND 1e6, x || ' purchases')
FROM generate_series(400, 500, 25) x;

-- Fader and Hardie 2007, 2010: retention that grows with the age of a cohort
SELECT pg_temp.printed(clv.retention_rate(m, 1), 0.851, 'sBG: retention in the first period') FROM published WHERE name = 'sbg';
SELECT pg_temp.printed(clv.survival(m, 7), 0.489, 'sBG: who is left after seven') FROM published WHERE name = 'sbg';
-- The closed forms against the sums that they stand for; 0.9^500 is below 1e-22.
SELECT ok(abs(clv.discounted_lifetime(m, 0.1) - (SELECT sum(clv.survival(m, t) / 1.1 ^ t) FROM generate_series(0, 500) t)) < 1e-10, 'sBG: discounted lifetime') FROM published WHERE name = 'sbg';
SELECT ok(abs(clv.discounted_residual_lifetime(m, 3, 0.1) - (SELECT sum(clv.survival(m, t) / clv.survival(m, 3) / 1.1 ^ (t - 4)) FROM generate_series(4, 504) t)) < 1e-10, 'sBG: discounted residual lifetime before the fourth renewal')
FROM published WHERE name = 'sbg';

-- Customer value by arithmetic
SELECT is(clv.value_per_period(150, 24), 3600::numeric, '150 a sale, 24 sales a year');
SELECT is(clv.simple_value(150, 24, clv.lifetime_from_retention(0.8)), 18000::numeric, 'for the five years in which four of five stay each year');
SELECT is(clv.referral_value(18000, 4, 0.5), 36000::numeric, 'four people told, half of them come');
SELECT is(clv.value_with_referrals(18000, 4, 0.5), 54000::numeric, 'together');
SELECT is(clv.lifetime_from_retention(0.8, false), 4::numeric, 'periods after the first');
SELECT is(round(clv.geometric_value(1, 0.8, 0.1), 3), 2.667, 'margin multiple');
SELECT is(round(clv.measure_ratio(92500, 110000), 4), 0.8409, '92,500 of 110,000');

-- Wilson 1927: an observed 80 %
SELECT is(format('%s %s', round(w.lower::numeric, 3), round(w.upper::numeric, 3)), bounds, format('80 %% of %s', n))
FROM (VALUES (5, '0.376 0.964'), (50, '0.670 0.888'), (500, '0.763 0.833'), (5000, '0.789 0.811')) v (n, bounds), clv.wilson(n * 4 / 5, n) w;

-- Fits of the CDNOW sample, 39 weeks
CREATE TEMPORARY TABLE cdnow AS
SELECT f[3]::float8 AS x, f[6]::float8 AS t_x, f[7]::float8 AS age, f[8]::float8 AS spend
FROM string_to_table(:'summary', E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f WHERE line ~ '^[0-9]';
SELECT count(*) > 0 AS have_reference FROM cdnow
\gset
\if :have_reference
CREATE TEMPORARY TABLE fitted AS SELECT f.name, (SELECT clv.fit(f.name, x, t_x, age) FROM cdnow) AS m FROM unnest('{bg/nbd,mbg/nbd,pareto/nbd}'::text[]) f (name);
INSERT INTO fitted SELECT 'gamma-gamma', clv.fit_spend(x, spend) FROM cdnow WHERE x > 0;
SELECT pg_temp.printed(clv.parameter(m, p), v, format('%s: %s', name, p)) FROM fitted JOIN (VALUES
	('bg/nbd', 'r', 0.243), ('bg/nbd', 'alpha', 4.414), ('bg/nbd', 'a', 0.793), ('bg/nbd', 'b', 2.426),
	('mbg/nbd', 'r', 0.525), ('mbg/nbd', 'alpha', 6.183), ('mbg/nbd', 'a', 0.891), ('mbg/nbd', 'b', 1.614),
	('pareto/nbd', 'r', 0.553), ('pareto/nbd', 'alpha', 10.578), ('pareto/nbd', 's', 0.606), ('pareto/nbd', 'beta', 11.669),
	('gamma-gamma', 'p', 6.25), ('gamma-gamma', 'q', 3.74), ('gamma-gamma', 'gamma', 15.44)) v (n, p, v) ON n = name;
SELECT pg_temp.printed(clv.log_likelihood(m), l, 'log-likelihood of ' || name) FROM fitted JOIN (VALUES ('bg/nbd', -9582.4), ('pareto/nbd', -9595.0)) v (n, l) ON n = name;
SELECT pg_temp.printed(clv.expected_orders_new(m, t), e, format('BG/NBD: purchases of a new customer in %s weeks', t)) FROM fitted,
	-- 1.8576 is printed for the last, from parameters that stop two digits before the maximum.
	(VALUES (0.1429, 0.0078), (1, 0.0532), (3, 0.1506), (31.8571, 1.0405), (32, 1.0437), (78, 1.858)) v (t, e) WHERE name = 'bg/nbd';
\else
SELECT skip('CLV_REFERENCE_DIR holds no cdnow_summary.csv', 1);
\endif
SELECT * FROM finish();
ROLLBACK;
