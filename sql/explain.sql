-- Why a customer is worth so much: clv.explain
SET search_path = public, clv;

\set orders '''bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426); unit=7 days''::clv.model'
\set spend '''gamma-gamma(p=6.25, q=3.74, v=15.44)''::clv.model'
\set h '''{1997-01-01 29.33, 1997-01-18 29.73, 1997-08-02 14.96, 1997-12-12 26.48}''::clv.history'

SELECT step, term, round(factor::numeric, 6) AS factor, round(product::numeric, 6) AS product, meaning FROM clv.explain(:orders, :spend, :h, '1997-09-30', 0.15);
SELECT step, term, round(factor::numeric, 6) AS factor, round(product::numeric, 6) AS product, meaning FROM clv.explain(:orders, :spend, :h, '1997-09-30', 0.15, 0.3, '1 year');
-- somebody of whom little is known
SELECT step, term, round(factor::numeric, 6) AS factor, meaning FROM clv.explain(:orders, :spend, '{1997-01-01 6.79}', '1997-09-30', 0.15);

-- The last product is the value, for every family of orders
SELECT f, abs((SELECT product FROM clv.explain(m, :spend, :h, '1997-09-30', 0.15, 0.3) ORDER BY step DESC LIMIT 1) / clv.residual_value(m, :spend, :h, '1997-09-30', 0.15, 0.3) - 1) < 1e-12 AS same,
	abs((SELECT product FROM clv.explain(m, :spend, :h, '1997-09-30', 0.15, 0.3, '6 months') ORDER BY step DESC LIMIT 1) / clv.residual_value(m, :spend, :h, '1997-09-30', 0.15, 0.3, '6 months') - 1) < 1e-12 AS same_of_half_a_year
FROM (SELECT f.family AS f, (f.family || '(' || (SELECT string_agg(p || CASE p WHEN 'k' THEN '=2' WHEN 'alpha' THEN '=30' ELSE '=1.5' END, ', ') FROM unnest(f.parameters) p) || '); unit=1 day')::clv.model AS m
	FROM clv.families() f WHERE f.kind LIKE '%transactions') q;

-- Years of silence: P(alive) vanishes, the factors stay numbers
SELECT count(*), bool_and(factor >= 0 AND factor < 'Infinity') AS finite FROM clv.explain(:orders, :spend,
	(SELECT clv.order_history('1997-01-01'::date + k, 1) FROM generate_series(0, 300) k), '2090-01-01', 0.15);

-- NULL in, nothing out
SELECT count(*) FROM clv.explain(:orders, :spend, NULL, '1997-09-30', 0.15);
SELECT count(*) FROM clv.explain(:orders, :spend, :h, '1996-09-30', 0.15);

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
SELECT call, e.sqlstate_, e.message, e.detail FROM unnest(ARRAY[
	$$s, s, h, '1997-09-30', 0.15$$,
	$$m, m, h, '1997-09-30', 0.15$$,
	$$m, s, h, 'infinity', 0.15$$,
	$$m, s, h, '1997-09-30', -0.15$$,
	$$m, s, h, '1997-09-30', 0$$,
	$$m, s, h, '1997-09-30', 0.15, 'NaN'$$,
	$$m, s, h, '1997-09-30', 0.15, 1, '-1 day'$$]) call,
	pg_temp.error_of(format('SELECT clv.explain(%s) FROM (SELECT %L::clv.model AS m, %L::clv.model AS s, %L::clv.history AS h) v', call, :orders::text, :spend::text, :h::text)) e;
