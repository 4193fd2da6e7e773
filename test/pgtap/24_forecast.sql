-- Bounds of what a single customer will do: they follow from probabilities that are asked one by one, and simulated
-- customers keep within them as often as they say.
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

CREATE TEMPORARY TABLE question AS
SELECT m::clv.model AS m, x, t_x, 40 AS age, horizon, level
FROM unnest(ARRAY['bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 'bg/nbd(r=60, alpha=1, a=0, b=2.4)', 'mbg/nbd(r=0.525, alpha=6.183, a=0.891, b=1.614)',
	'pareto/nbd(r=0.553, alpha=10.578, s=0.606, beta=11.669)', 'pareto/nbd(r=60, alpha=1, s=6, beta=11)', 'pareto/nbd(r=0.5, alpha=5, s=0, beta=11)',
	'nbd(r=0.4, alpha=12)', 'bg/cnbd-k(k=3, r=0.5, alpha=3, a=0.8, b=1.6)', 'bg/bb(alpha=1.2, beta=0.75, gamma=0.66, delta=2.78)']) m,
	(VALUES (0, 0), (3, 30), (20, 39)) v (x, t_x), unnest('{0,3,52}'::float8[]) horizon, unnest('{0.5,0.95,0.9999}'::float8[]) level;
CREATE TEMPORARY TABLE answer AS
SELECT q.*, i.*,
	coalesce((SELECT sum(clv.order_probability(m, x, t_x, age, horizon, n)) FROM generate_series(0, i.lower - 1) n), 0) AS below,
	(SELECT sum(clv.order_probability(m, x, t_x, age, horizon, n)) FROM generate_series(i.lower, i.upper) n) AS inside,
	clv.order_probability(m, x, t_x, age, horizon, i.lower) AS at_lower, clv.order_probability(m, x, t_x, age, horizon, i.upper) AS at_upper
FROM question q CROSS JOIN LATERAL clv.order_interval(m, x, t_x, age, horizon, level) i;
-- Many counts at once are right to 1e-8: nodes are shared.
SELECT is_empty($$ SELECT * FROM answer WHERE abs(inside - probability) > 1e-8 $$, 'the probability told is that of the interval');
SELECT is_empty($$ SELECT * FROM answer WHERE inside < level - 1e-8 OR below > (1 - level) / 2 + 1e-8 OR 1 - below - inside > (1 - level) / 2 + 1e-8 $$,
	'both tails have at most half of the rest');
SELECT is_empty($$ SELECT * FROM answer WHERE below + at_lower < (1 - level) / 2 - 1e-8 OR below + inside - at_upper > (1 + level) / 2 + 1e-8 $$,
	'and no bound could be closer');
SELECT ok(count(*) > 200 AND max(upper) > 100 AND max(lower) > 5, 'of all sizes') FROM answer;
SELECT is((clv.order_interval('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 3, 30, 40, 0)).upper, 0, 'nobody orders in no time');
SELECT ok((clv.order_interval('nbd(r=1, alpha=1)', 1, 1, 1, 1e9)).upper IS NULL, 'more than can be counted is NULL');

-- Customers drawn from a model, judged by it: of those who may order at all, 2.5 % bring more than the upper bound.
CREATE TEMPORARY TABLE family (m clv.model, spend clv.model);
INSERT INTO family
SELECT m::clv.model, 'gamma-gamma(p=6.25, q=3.74, gamma=15.44)' FROM unnest('{"mbg/nbd(r=2, alpha=60, a=0.4, b=4)","pareto/nbd(r=0.6, alpha=20, s=0.6, beta=80)"}'::text[]) m;
CREATE TEMPORARY TABLE judged AS
SELECT clv.family(f.m) AS family, v.*, o.lower AS orders_lower, o.upper AS orders_upper, o.probability, a.amount, a.orders
FROM family f
CROSS JOIN LATERAL (
	SELECT clv.order_history(s.ordered_on, s.amount) AS h
	FROM clv.simulate(f.m, f.spend, 6000, '2023-01-01', '2025-12-31', 5, '2024-12-31') s GROUP BY s.customer) c
CROSS JOIN LATERAL clv.value_interval(f.m, f.spend, h, '2024-12-31', '1 year') v
CROSS JOIN LATERAL clv.order_interval(f.m, h, '2024-12-31', '1 year') o
CROSS JOIN LATERAL (SELECT clv.revenue(s) AS amount, clv.purchase_days(s) AS orders FROM clv.slice(h, '2025-01-01', '2026-01-01') s) a;
-- Bounds are four standard deviations of a share among so many. Orders of one day count as one: too few to matter.
SELECT ok(abs(avg((amount > upper)::int) - 0.025) < 4 * sqrt(0.025 * 0.975 / count(*)), family || ': so many are above')
	FROM judged WHERE upper > 0 GROUP BY family;
SELECT ok(avg((amount < lower)::int) < 0.025 + 4 * sqrt(0.025 * 0.975 / count(*)) AND count(*) > 10, family || ': few are below')
	FROM judged WHERE lower > 0 GROUP BY family;
SELECT ok(abs(avg((orders BETWEEN orders_lower AND orders_upper)::int) - avg(probability)) < 4 * sqrt(0.02 / count(*)), family || ': so many are between')
	FROM judged GROUP BY family;

CREATE TEMPORARY TABLE one AS SELECT m, spend, clv.history '{2024-01-05 30, 2024-02-05 40, 2024-04-01 29.5}' AS h FROM family LIMIT 1;
SELECT ok(lower < clv.expected_orders(m, h, '2024-05-01', '1 year') * clv.expected_spend(spend, h, '2024-05-01')
	AND upper > clv.expected_orders(m, h, '2024-05-01', '1 year') * clv.expected_spend(spend, h, '2024-05-01'), 'the expectation lies between')
	FROM one, clv.value_interval(m, spend, h, '2024-05-01', '1 year');
SELECT is((SELECT upper * 0.25 FROM clv.value_interval(m, spend, h, '2024-05-01', '1 year')),
	(SELECT upper FROM clv.value_interval(m, spend, h, '2024-05-01', '1 year', 0.25)), 'a quarter of the revenue') FROM one;
SELECT ok((clv.value_interval(m, spend, h, '2024-05-01', '1 year', 1, 0.5)).upper < (clv.value_interval(m, spend, h, '2024-05-01', '1 year')).upper, 'a lower level, a closer bound') FROM one;
SELECT ok(clv.order_interval(m, h, '2023-12-31', '1 year') IS NULL AND clv.value_interval(m, spend, h, '2023-12-31', '1 year') IS NULL, 'no customer yet') FROM one;
SELECT throws_ok($$ SELECT clv.order_interval(m, h, '2024-05-01', '1 year', 0.99999) FROM one $$, '22023', 'level out of range');
SELECT throws_ok($$ SELECT clv.order_interval(m, h, '2024-05-01', '1 year', 'NaN') FROM one $$, '22023', 'level out of range');
SELECT throws_ok($$ SELECT clv.order_interval(spend, h, '2024-05-01', '1 year') FROM one $$, '22023');
SELECT throws_ok($$ SELECT clv.value_interval(m, m, h, '2024-05-01', '1 year') FROM one $$, '22023');

SELECT * FROM finish();
ROLLBACK;
