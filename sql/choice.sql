-- Which family foretells best: clv.choose
SET search_path = public, clv;
SET client_min_messages = warning;

CREATE TABLE choice_test AS
SELECT customer, clv.order_history(ordered_on, amount) AS h
FROM clv.simulate('pareto/nbd(r=0.8, alpha=30, s=0.8, beta=80); unit=1 day', 'gamma-gamma(p=6, q=4, v=15)', 3000, '2023-01-01', '2024-12-31', 11, '2023-12-31')
GROUP BY customer;
SELECT family, chosen, clv.family(model) = family AS own_model, clv.unit(model), customers, actual, predicted > 0 AS predicts, abs(bias - (predicted / actual - 1)) < 1e-12 AS bias,
	error > 0 AND error < rmse AS error, mae > 0 AND mae < rmse AS errors
FROM (SELECT clv.choose(h, '2024-12-31', '6 months') AS c FROM choice_test) s, unnest(c) ORDER BY family COLLATE "C";
-- one is chosen, the first, with the smallest error
SELECT count(*) FILTER (WHERE chosen), bool_and(chosen = (n = 1)), bool_and(error >= first_error)
FROM (SELECT n, chosen, error, min(error) OVER () AS first_error FROM (SELECT clv.choose(h, '2024-12-31', '6 months') AS c FROM choice_test) s, unnest(c) WITH ORDINALITY u (family, chosen, model, customers, log_likelihood, actual, predicted, bias, error, mae, rmse, n)) q;
-- the models are those of a fit at the beginning of the horizon
SELECT family, model = (SELECT clv.fit(family, h, '2024-06-30') FROM choice_test) AS same FROM (SELECT clv.choose(h, '2024-12-31', '6 months') AS c FROM choice_test) s, unnest(c) ORDER BY family COLLATE "C";
-- the orders to come are counted by hand as well
SELECT actual = (SELECT sum(clv.purchase_days(clv.slice(h, '2024-07-01', '2025-01-01'))) FROM choice_test WHERE clv.first_order(h) <= '2024-06-30') AS same
FROM (SELECT clv.choose(h, '2024-12-31', '6 months') AS c FROM choice_test) s, unnest(c) LIMIT 1;
-- shuffled and merged
SELECT (SELECT clv.choose(h, '2024-12-31', '6 months')::text FROM choice_test) = (SELECT clv.choose(h, '2024-12-31', '6 months' ORDER BY md5(customer::text))::text FROM choice_test) AS same;

-- Nothing to choose from
SELECT clv.choose(h, '2024-12-31', '6 months') IS NULL FROM choice_test WHERE false;
SELECT clv.choose(h, '2023-01-01', '6 months') IS NULL FROM choice_test;
SELECT family, chosen, customers, actual, bias FROM unnest((SELECT clv.choose('{2024-01-01 1}', '2024-12-31', '6 months'))) ORDER BY family COLLATE "C";

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
	$$h, '2024-12-31', '0 days'$$,
	$$h, '2024-12-31', '-1 month'$$,
	$$h, 'infinity', '1 month'$$,
	$$h, '2024-12-31', '8000 years'$$,
	$$h, '2024-12-31'::date - customer::int % 2, '1 month'$$,
	$$h, '2024-12-31', make_interval(days => 30 + customer::int % 2)$$]) call,
	pg_temp.error_of(format('SELECT clv.choose(%s) FROM choice_test', call)) e;
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('holdout(days=30) as of 2024-06-30 {1 2 3 extra=0.5 weight=3}'::clv.observation_table)$$);
SELECT input, e.sqlstate_, e.message, e.detail FROM unnest(ARRAY[
	'holdout(days=30) as of 2024-06-30 {1 2 3 weight=1.5}', 'holdout(days=-1) as of 2024-06-30 {1 2 3}', 'holdout(days=030) as of 2024-06-30 {1 2 3}', 'holdout(days=30) {1 2 3}']) input,
	pg_temp.error_of(format('SELECT %L::clv.observation_table', input)) e;
SELECT 'holdout(days=30) as of 2024-06-30 {1 2 3 weight=2}'::clv.observation_table;
DROP TABLE choice_test;
