-- Simulated customers are those of the model: fits find its parameters again.
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

CREATE TEMPORARY TABLE truth (family text, m clv.model);
INSERT INTO truth VALUES
	('bg/nbd', 'bg/nbd(r=0.8, alpha=40, a=0.9, b=4); unit=1 day'),
	('mbg/nbd', 'mbg/nbd(r=0.8, alpha=40, a=0.9, b=4); unit=1 day'),
	('pareto/nbd', 'pareto/nbd(r=0.8, alpha=40, s=0.9, beta=150); unit=1 day'),
	('bg/cnbd-k', 'bg/cnbd-k(k=3, r=0.8, alpha=20, a=0.9, b=4); unit=1 day'),
	('nbd', 'nbd(r=0.8, alpha=80); unit=1 day');
CREATE TEMPORARY TABLE shop AS
SELECT family, customer, clv.order_history(ordered_on, amount) AS h
FROM truth, clv.simulate(m, 'gamma-gamma(p=6.25, q=3.74, v=15.44)', 4000, '2022-01-01', '2024-12-31', 20240229, '2023-12-31')
GROUP BY family, customer;
SELECT is((SELECT count(*) FROM shop WHERE family = t.family), 4000::bigint, t.family || ': every customer orders') FROM truth t;
SELECT ok((SELECT bool_and(clv.first_order(h) BETWEEN '2022-01-01' AND '2023-12-31') FROM shop WHERE family = t.family), t.family || ': first orders until acquired_until') FROM truth t;

-- Days are whole and orders of one day are one, which the models do not know: 5 standard errors allow for that,
-- and one seed in a million would fail by chance alone.
CREATE TEMPORARY TABLE found AS
SELECT t.family, t.m AS truth, clv.fit(t.family, h, '2024-12-31') AS m FROM shop JOIN truth t USING (family) GROUP BY 1, 2;
SELECT is(clv.status(m), 'ok', family || ': status') FROM found;
SELECT ok(abs(p.estimate - clv.parameter(truth, p.name)) <= 5 * coalesce(p.std_error, 0), format('%s: %s = %s found as %s', family, p.name, clv.parameter(truth, p.name), round(p.estimate::numeric, 4)))
FROM found, clv.parameters(m) p;
SELECT ok(abs(p.estimate - clv.parameter('gamma-gamma(p=6.25, q=3.74, v=15.44)', p.name)) < 5 * p.std_error, format('spend: %s found as %s', p.name, round(p.estimate::numeric, 4)))
FROM (SELECT clv.fit_spend(h, '2024-12-31') AS m FROM shop WHERE family = 'nbd') f, clv.parameters(m) p;

-- Expectation and simulation agree: repeat purchase days of the first 100 days, within 5 standard errors
SELECT ok(abs(mean - clv.expected_orders_new(m, 100)) < 5 * error + 0.02, format('%s: %s repeat orders in 100 days, %s expected', family, round(mean::numeric, 4), round(clv.expected_orders_new(m, 100)::numeric, 4)))
FROM truth JOIN (SELECT family, avg(n) AS mean, stddev(n) / sqrt(count(*)) AS error FROM (SELECT family, clv.purchase_days(clv.truncate(h, clv.first_order(h) + 100)) - 1 AS n FROM shop) s GROUP BY family) q USING (family);

-- The choice finds the truth where it can be told: nobody leaves
SELECT is(c.family, 'nbd', 'nothing foretells customers who never leave better than nbd, but for a hair')
FROM (SELECT clv.choose(h, '2024-12-31', '6 months') AS choice FROM shop WHERE family = 'nbd') s, unnest(choice) c
WHERE c.error <= (SELECT min(error) FROM unnest(choice)) * 1.05 + 0.002 ORDER BY c.family <> 'nbd' LIMIT 1;

SELECT * FROM finish();
ROLLBACK;
