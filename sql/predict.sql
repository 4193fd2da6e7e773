-- What models say about customers
SET search_path = public, clv;
SET datestyle = 'ISO';

\set bgnbd '''bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)''::clv.model'
\set spend '''gamma-gamma(p=6.25, q=3.74, v=15.44)''::clv.model'

-- On statistics, in weeks
SELECT round(clv.p_alive(:bgnbd, 2, 30.43, 38.86)::numeric, 9) AS p_alive,
	round(clv.p_alive(:bgnbd, 2, 30.43, 38.86, 52)::numeric, 9) AS p_alive_later,
	round(clv.expected_orders(:bgnbd, 2, 30.43, 38.86, 39)::numeric, 9) AS expected_orders,
	round(clv.expected_orders(:bgnbd, 2, 30.43, 38.86, 39, 52)::numeric, 9) AS between_weeks,
	round(clv.expected_orders_new(:bgnbd, 39)::numeric, 9) AS new,
	round(clv.log_likelihood(:bgnbd, 2, 30.43, 38.86)::numeric, 9) AS log_likelihood;
SELECT round(clv.order_probability(:bgnbd, 39, 0)::numeric, 9) AS new_none, round(clv.order_probability(:bgnbd, 2, 30.43, 38.86, 39, 0)::numeric, 9) AS none,
	round((SELECT sum(n * clv.order_probability(:bgnbd, 2, 30.43, 38.86, 39, n)) FROM generate_series(0, 100) n)::numeric, 6) AS mean;
SELECT round(clv.dert(:bgnbd, 2, 30.43, 38.86, 0.0027)::numeric, 7) AS dert, round(clv.dert(:bgnbd, 2, 30.43, 38.86, 0.0027, 52)::numeric, 7) AS in_a_year,
	round(clv.dert(:bgnbd, 2, 30.43, 38.86, 0, 52)::numeric, 9) = round(clv.expected_orders(:bgnbd, 2, 30.43, 38.86, 52)::numeric, 9) AS undiscounted;
SELECT round(clv.next_order(:bgnbd, 2, 30.43, 38.86)::numeric, 6) AS median, clv.next_order(:bgnbd, 2, 30.43, 38.86, 0.9) AS never,
	round(clv.next_order(:bgnbd, 2, 30.43, 38.86, 0.1)::numeric, 6) AS early;
SELECT round(clv.expected_spend(:spend, 2, 22.35)::numeric, 9) AS known, round(clv.spend_weight(:spend, 2, 22.35)::numeric, 9) AS weight,
	round(clv.expected_spend(:spend, 0, 0)::numeric, 9) AS base, clv.expected_spend(:spend, 0, NULL) = clv.expected_spend_new(:spend) AS same, clv.spend_weight(:spend, 0, NULL) AS none;
SELECT round(clv.log_likelihood(:spend, 2, 22.35)::numeric, 9) AS log_likelihood;

-- Subscriptions
SELECT t, round(clv.survival('sbg(alpha=0.668, beta=3.806)', t)::numeric, 6) AS survival,
	CASE WHEN t > 0 THEN round(clv.retention_rate('sbg(alpha=0.668, beta=3.806)', t)::numeric, 6) END AS retention_rate FROM generate_series(0, 7) t;
SELECT round(clv.discounted_lifetime('sbg(alpha=0.668, beta=3.806)', 0.1)::numeric, 6) AS new,
	round(clv.discounted_residual_lifetime('sbg(alpha=0.668, beta=3.806)', 2, 0.1)::numeric, 6) AS after_two;

-- On histories: days are converted to the unit of the model
CREATE TABLE predict_test (customer int, h clv.history);
INSERT INTO predict_test VALUES
	(1, '{1997-01-01 29.33, 1997-01-18 29.73, 1997-08-02 14.96, 1997-12-12 26.48}'),
	(2, '{1997-01-01 63.34, 1997-01-13 11.77}'),
	(3, '{1997-01-01 6.79}'),
	(4, '{1998-01-01 6.79}'),
	(5, '{1997-01-01 10, 1997-02-01 -20}'),
	(6, NULL);
\set weeks '''bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426); unit=7 days''::clv.model'
SELECT customer, round(clv.p_alive(:weeks, h, '1997-09-30')::numeric, 9) AS p_alive, round(clv.p_alive(:weeks, h, '1997-09-30', '1998-09-30')::numeric, 9) AS in_a_year,
	round(clv.expected_orders(:weeks, h, '1997-09-30', '39 weeks')::numeric, 9) AS expected, round(clv.expected_spend(:spend, h, '1997-09-30')::numeric, 9) AS spend,
	round(clv.spend_weight(:spend, h, '1997-09-30')::numeric, 9) AS weight
FROM predict_test;
SELECT customer, clv.p_alive(:weeks, h, '1997-09-30') = clv.p_alive(:weeks, s.frequency, s.t_x / 7, s.age / 7) AS same
FROM predict_test, clv.statistics(h, '1997-09-30') s WHERE customer <= 3;
SELECT customer, round(clv.residual_value(:weeks, :spend, h, '1997-09-30', 0.15)::numeric, 6) AS value,
	round(clv.residual_value(:weeks, :spend, h, '1997-09-30', 0.15, 0.3)::numeric, 6) AS margin,
	round(clv.residual_value(:weeks, :spend, h, '1997-09-30', 0.15, horizon => '1 year')::numeric, 6) AS of_a_year,
	round((clv.expected_spend(:spend, h, '1997-09-30') * clv.dert(:weeks, h, '1997-09-30', 0.15))::numeric, 6) AS the_same,
	clv.next_order_on(:weeks, h, '1997-09-30') AS median, clv.next_order_on(:weeks, h, '1997-09-30', 0.1) AS early
FROM predict_test;
-- 15 % a year is ln(1.15) / 365.2425 a day
SELECT round((clv.dert(:weeks, h, '1997-09-30', 0.15) / clv.dert(:weeks, 2, 213 / 7.0::float8, 272 / 7.0::float8, ln(1.15::float8) / 365.2425 * 7) - 1)::numeric, 12) AS difference
FROM predict_test WHERE customer = 1;
-- Horizons follow the calendar
SELECT clv.expected_orders(:weeks, h, '1997-09-30', '1 month') = clv.expected_orders(:weeks, h, '1997-09-30', '30 days') AS october_30th,
	clv.expected_orders(:weeks, h, '1996-12-31'::date + 31, '1 month') = clv.expected_orders(:weeks, h, '1997-01-31', '28 days') AS february,
	clv.expected_orders(:weeks, h, '1997-09-30', '0 days') AS nothing,
	abs(clv.expected_orders(:weeks, h, '1997-09-30', '10 days') + clv.expected_orders(:weeks, h, '1997-09-30', '1997-10-10', '1997-10-30')
		- clv.expected_orders(:weeks, h, '1997-09-30', '30 days')) < 1e-12 AS adds_up
FROM predict_test WHERE customer = 1;
-- Periods one after the other: what each is expected to bring when asked for alone, whatever was asked before
SELECT clv.family(m.m) AS family, count(*) AS periods, count(o.orders) AS answers,
	bool_and(abs(o.orders - clv.expected_orders(m.m, t.h, q.as_of, CASE o.i WHEN 1 THEN q.as_of ELSE q.ends[o.i - 1] END, q.ends[o.i])) < 1e-12) AS right_ones
FROM (VALUES ('1997-09-30'::date, '{1997-10-10,1997-10-10,1997-12-31}'::date[]), ('1997-09-30', '{1997-09-30,1998-10-10}'), ('1997-06-30', '{1997-10-10,1997-10-10,1997-12-31}')) q (as_of, ends),
	unnest(ARRAY[:weeks, 'mbg/nbd(r=0.5, alpha=30, a=0.8, b=2.5)', 'pareto/nbd(r=0.5, alpha=30, s=0.6, beta=60)', 'nbd(r=0.5, alpha=30)', 'bg/cnbd-k(r=0.5, alpha=10, a=0.8, b=2.5, k=2)',
		'bg/bb(alpha=1.2, beta=0.75, gamma=0.66, delta=2.8); unit=7 days']::clv.model[]) m,
	predict_test t, unnest(clv.expected_orders_by(m.m, t.h, q.as_of, q.ends)) WITH ORDINALITY o (orders, i)
GROUP BY clv.family(m.m) ORDER BY clv.family(m.m) COLLATE "C";
SELECT clv.expected_orders_by(:weeks, h, '1997-09-30', '{}') AS no_periods, clv.expected_orders_by(:weeks, h, '1970-01-01', '{1997-10-30}') AS too_early FROM predict_test WHERE customer = 1;
-- A model that does not know its unit counts days
SELECT clv.p_alive(:bgnbd, h, '1997-09-30') = clv.p_alive(clv.with_unit(:bgnbd, '1 day'), h, '1997-09-30') AS days FROM predict_test WHERE customer = 1;
SELECT round((clv.p_alive(clv.in_unit(:weeks, '1 day'), h, '1997-09-30') / clv.p_alive(:weeks, h, '1997-09-30') - 1)::numeric, 12) AS difference FROM predict_test WHERE customer = 1;
-- Probability of no order
SELECT customer, round(clv.order_probability(:weeks, h, '1997-09-30', '1 year', 0)::numeric, 9) AS none FROM predict_test;

-- Many models in one query: each row has its own
SELECT f, round(clv.p_alive((f || '(r=0.5, alpha=30, ' || CASE f WHEN 'pareto/nbd' THEN 's=0.6, beta=60)' ELSE 'a=0.8, b=2.5)' END)::clv.model, h, '1997-09-30')::numeric, 6) AS p_alive
FROM predict_test, unnest(ARRAY['bg/nbd', 'mbg/nbd', 'pareto/nbd', 'bg/nbd']) f WHERE customer = 1;

-- Opportunities: a week counts when it has ended, a horizon in whole weeks
\set weekly '''bg/bb(alpha=1.2, beta=0.75, gamma=0.66, delta=2.8); unit=7 days''::clv.model'
SELECT clv.p_alive(:weekly, '{1997-01-01 1, 1997-01-02 1, 1997-01-10 1, 1997-02-01 1}', '1997-02-04') = clv.p_alive(:weekly, 2, 4, 4) AS p_alive,
	clv.expected_orders(:weekly, '{1997-01-01 1, 1997-01-02 1, 1997-01-10 1, 1997-02-01 1}', '1997-02-04', '20 days') = clv.expected_orders(:weekly, 2, 4, 4, 2) AS expected,
	clv.p_alive(:weekly, '{1997-01-01 1}', '1997-01-06') AS too_early;

-- NULL in, NULL out
SELECT clv.p_alive(NULL, 2, 30, 38), clv.p_alive(:bgnbd, NULL, 30, 38), clv.expected_orders(:bgnbd, 2, 30, 38, NULL),
	clv.p_alive(:bgnbd, NULL::clv.history, '1997-09-30'), clv.expected_spend(:spend, 2, NULL), clv.expected_spend(NULL, 0, NULL),
	clv.residual_value(:weeks, :spend, '{1997-01-01 1}', '1997-09-30', NULL), clv.residual_value(:weeks, NULL, '{1997-01-01 1}', '1997-09-30', 0.1), clv.survival(NULL, 1);

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
CREATE TABLE predict_errors (n int GENERATED ALWAYS AS IDENTITY, call text);
INSERT INTO predict_errors (call) VALUES
	('clv.p_alive(m, 2, 40, 38)'), ('clv.p_alive(m, -1, 0, 38)'), ('clv.p_alive(m, 1.5, 3, 38)'), ('clv.p_alive(m, 0, 3, 38)'),
	('clv.p_alive(m, ''NaN'', 3, 38)'), ('clv.p_alive(m, 2, ''NaN'', 38)'), ('clv.p_alive(m, 2, 3, ''NaN'')'), ('clv.p_alive(m, 2, 3, ''Infinity'')'),
	('clv.p_alive(m, 2, 30, 38, -1)'), ('clv.p_alive(m, 2, 30, 38, ''NaN'')'),
	('clv.log_likelihood(m, 2, 40, 38)'), ('clv.log_likelihood(m, 2, 40)'), ('clv.log_likelihood(s, 2, 30, 38)'), ('clv.log_likelihood(s, 2, -1)'),
	('clv.expected_orders(m, 2, 30, 38, -1)'), ('clv.expected_orders(m, 2, 30, 38, ''NaN'')'), ('clv.expected_orders(m, 2, 30, 38, ''Infinity'')'),
	('clv.expected_orders(m, 2, 30, 38, 10, 5)'), ('clv.expected_orders_new(m, -1)'), ('clv.expected_orders_new(m, ''NaN'')'),
	('clv.order_probability(m, 39, -1)'), ('clv.order_probability(m, ''NaN'', 0)'), ('clv.order_probability(m, 2, 30, 38, -1, 0)'),
	('clv.dert(m, 2, 30, 38, 0)'), ('clv.dert(m, 2, 30, 38, -0.1)'), ('clv.dert(m, 2, 30, 38, ''NaN'')'), ('clv.dert(m, 2, 30, 38, 0.1, ''NaN'')'), ('clv.dert(m, 2, 30, 38, 0.1, ''Infinity'')'),
	('clv.next_order(m, 2, 30, 38, 0)'), ('clv.next_order(m, 2, 30, 38, 1)'), ('clv.next_order(m, 2, 30, 38, ''NaN'')'),
	('clv.expected_spend(s, -1, 10)'), ('clv.expected_spend(s, 2, 0)'), ('clv.expected_spend(s, 2, ''NaN'')'), ('clv.expected_spend(s, ''NaN'', 10)'), ('clv.expected_spend(m, 2, 10)'),
	('clv.expected_spend_new(m)'),
	('clv.p_alive(s, 2, 30, 38)'), ('clv.survival(m, 1)'), ('clv.retention_rate(m, 1)'), ('clv.survival(r, -1)'), ('clv.survival(r, ''NaN'')'), ('clv.retention_rate(r, 0)'),
	('clv.discounted_lifetime(r, -1)'), ('clv.discounted_lifetime(r, ''NaN'')'), ('clv.discounted_residual_lifetime(r, -1, 0.1)'), ('clv.p_alive(r, 2, 30, 38)'),
	('clv.expected_orders(''bg/bb(alpha=1.2, beta=0.75, gamma=0.66, delta=2.8)'', 2, 4, 6, 1.5)'), ('clv.p_alive(''bg/bb(alpha=1.2, beta=0.75, gamma=0.66, delta=2.8)'', 2, 4.5, 6)'),
	('clv.p_alive(m, h, ''infinity'')'), ('clv.p_alive(m, h, ''1997-09-30'', ''1997-09-29'')'), ('clv.p_alive(m, h, ''1997-09-30'', ''-infinity'')'),
	('clv.expected_orders(m, h, ''1997-09-30'', ''-1 day'')'), ('clv.expected_orders(m, h, ''1997-09-30'', ''-1 month'')'),
	('clv.expected_orders(m, h, ''1997-09-30'', ''1997-09-01'', ''1997-10-30'')'), ('clv.expected_orders(m, h, ''1997-09-30'', ''1997-11-30'', ''1997-10-30'')'),
	('clv.expected_orders_by(m, h, ''1997-09-30'', ''{1997-09-01}'')'), ('clv.expected_orders_by(m, h, ''1997-09-30'', ''{1997-11-30,1997-10-30}'')'), ('clv.expected_orders_by(m, h, ''1997-09-30'', ''{1997-11-30,NULL}'')'),
	('clv.expected_orders_by(m, h, ''1997-09-30'', ''{1997-11-30,infinity}'')'), ('clv.expected_orders_by(s, h, ''1997-09-30'', ''{1997-11-30}'')'), ('clv.expected_orders_by(r, h, ''1997-09-30'', ''{1997-11-30}'')'),
	('clv.residual_value(m, s, h, ''1997-09-30'', -0.1)'), ('clv.residual_value(m, s, h, ''1997-09-30'', ''NaN'')'), ('clv.residual_value(m, s, h, ''1997-09-30'', 0)'),
	('clv.residual_value(m, s, h, ''1997-09-30'', 0.1, ''NaN'')'), ('clv.residual_value(m, s, h, ''1997-09-30'', 0.1, horizon => ''-1 year'')'),
	('clv.residual_value(s, s, h, ''1997-09-30'', 0.1)'), ('clv.residual_value(m, m, h, ''1997-09-30'', 0.1)'), ('clv.dert(m, h, ''1997-09-30'', ''Infinity'')');
SELECT call, e.sqlstate_, e.message, e.detail FROM predict_errors, pg_temp.error_of(format(
	$$SELECT %s FROM (SELECT %L::clv.model AS m, %L::clv.model AS s, 'sbg(alpha=0.668, beta=3.806)'::clv.model AS r, '{1997-01-01 1, 1997-02-01 2}'::clv.history AS h) v$$, call, :bgnbd::text, :spend::text)) e
ORDER BY n;
SELECT DISTINCT e.message, e.hint FROM predict_errors, pg_temp.error_of(format(
	$$SELECT %s FROM (SELECT %L::clv.model AS m, %L::clv.model AS s, 'sbg(alpha=0.668, beta=3.806)'::clv.model AS r, '{1997-01-01 1, 1997-02-01 2}'::clv.history AS h) v$$, call, :bgnbd::text, :spend::text)) e
ORDER BY 1, 2;
DROP TABLE predict_test, predict_errors;
