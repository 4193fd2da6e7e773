-- clv.simulate: customers drawn from a model
SET search_path = public, clv;
SET datestyle = 'ISO';

\set orders '''bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426); unit=7 days''::clv.model'
\set spend '''gamma-gamma(p=6.25, q=3.74, v=15.44)''::clv.model'

-- The same on every machine
SELECT * FROM clv.simulate(:orders, :spend, 6, '2024-01-01', '2024-12-31', 1);
SELECT * FROM clv.simulate(:orders, NULL, 4, '2024-01-01', '2024-12-31', 1, '2024-01-31');

-- Customers do not depend on how many there are, nor on the end
SELECT count(*) FROM (SELECT * FROM clv.simulate(:orders, :spend, 50, '2024-01-01', '2024-06-30', 1, '2024-03-31')
	EXCEPT ALL SELECT * FROM clv.simulate(:orders, :spend, 100, '2024-01-01', '2024-12-31', 1, '2024-03-31')) e;
-- Another seed gives others
SELECT count(*) > 0 FROM (SELECT * FROM clv.simulate(:orders, :spend, 50, '2024-01-01', '2024-06-30', 1) EXCEPT ALL SELECT * FROM clv.simulate(:orders, :spend, 50, '2024-01-01', '2024-06-30', 2)) e;

-- Every customer orders, within the dates, in order, in cents
SELECT count(DISTINCT customer), min(customer), max(customer), min(ordered_on) >= '2022-01-01', max(ordered_on) <= '2024-12-31', bool_and(scale(amount) = 2), bool_and(amount >= 0)
FROM clv.simulate(:orders, :spend, 1000, '2022-01-01', '2024-12-31', 42);
SELECT bool_and(ordered_on >= previous) FROM (SELECT ordered_on, lag(ordered_on) OVER (PARTITION BY customer) AS previous FROM clv.simulate(:orders, :spend, 1000, '2022-01-01', '2024-12-31', 42)) s;
SELECT min(first), max(first) FROM (SELECT min(ordered_on) AS first FROM clv.simulate(:orders, NULL, 1000, '2022-01-01', '2024-12-31', 42, '2022-01-02') GROUP BY customer) s;

-- The extremes
SELECT count(*) FROM clv.simulate(:orders, :spend, 0, '2024-01-01', '2024-12-31', 1);
SELECT count(*) FROM clv.simulate(:orders, :spend, NULL, '2024-01-01', '2024-12-31', 1);
SELECT count(*) >= 10, min(ordered_on), max(ordered_on) FROM clv.simulate(:orders, :spend, 10, '2024-01-01', '2024-01-01', -1);
SELECT count(*) >= 10 FROM clv.simulate('bg/bb(alpha=1.2, beta=0.75, gamma=0.66, delta=2.8); unit=365 days', NULL, 10, '2000-01-01', '2010-01-01', 9223372036854775807);

-- Errors
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.error_of(statement text) RETURNS TABLE (sqlstate_ text, message text, detail text, hint text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	message := 'no error';
	RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS sqlstate_ = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN NEXT;
END $$;
SELECT call, e.* FROM unnest(ARRAY[
	'm, s, -1, ''2024-01-01'', ''2024-12-31'', 1',
	'm, s, 1, ''2024-12-31'', ''2024-01-01'', 1',
	'm, s, 1, ''2024-01-01'', ''2024-12-31'', 1, ''2025-01-01''',
	'm, s, 1, ''-infinity'', ''2024-12-31'', 1',
	's, s, 1, ''2024-01-01'', ''2024-12-31'', 1',
	'm, m, 1, ''2024-01-01'', ''2024-12-31'', 1',
	'''sbg(alpha=1, beta=1)'', s, 1, ''2024-01-01'', ''2024-12-31'', 1',
	'm, ''gamma-gamma(p=1, q=2, v=1e50)'', 1, ''2024-01-01'', ''2024-12-31'', 1']) call,
	pg_temp.error_of(format('SELECT count(*) FROM (SELECT %L::clv.model AS m, %L::clv.model AS s) v, clv.simulate(%s)', :orders::text, :spend::text, call)) e;

-- A cohort of subscribers, as clv.fit_renewals reads it; the same seed is the same cohort, and its curve is that of the model
SELECT * FROM clv.simulate_renewals('sbg(alpha=0.7, beta=1.2)', 1000, 5, 42);
SELECT (SELECT array_agg(s ORDER BY period) FROM clv.simulate_renewals('bdw(alpha=0.7, beta=1.2, c=1.3)', 1000, 5, 7) s) = (SELECT array_agg(s ORDER BY period) FROM clv.simulate_renewals('bdw(alpha=0.7, beta=1.2, c=1.3)', 1000, 5, 7) s) AS same;
-- four standard errors of a share of 20,000 subscribers
SELECT max(abs(survivors / 20000.0 - clv.survival(m, period))) < 4 * sqrt(0.25 / 20000) AS near
FROM (VALUES ('sbg(alpha=0.7, beta=1.2)'::clv.model), ('bdw(alpha=0.7, beta=1.2, c=1.3)')) v (m), clv.simulate_renewals(m, 20000, 12, 1);
SELECT clv.family(clv.fit_renewals('sbg', period, survivors)) FROM clv.simulate_renewals('sbg(alpha=0.7, beta=1.2)', 1000, 8, 3);
SELECT * FROM clv.simulate_renewals('sbg(alpha=0.7, beta=1.2)', 0, 1, 1);
SELECT clv.simulate_renewals('nbd(r=1, alpha=1)', 10, 5, 1);
SELECT clv.simulate_renewals('sbg(alpha=0.7, beta=1.2)', -1, 5, 1);
SELECT clv.simulate_renewals('sbg(alpha=0.7, beta=1.2)', 1, 10001, 1);
