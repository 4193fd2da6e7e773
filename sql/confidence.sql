-- How sure a model is: clv.confidence_interval
SET search_path = public, clv;

-- The fit of the CDNOW sample, with its covariance
\set orders '''bg/nbd(r=0.24259452243015708, alpha=4.4136020190135038, a=0.79292201722559759, b=2.4259067768263321); unit=7 days, status=ok, log_likelihood=-9582.4292066739306, customers=2357, observations=1016, estimated=4, covariance=[0.000157687743939 0.00370642006575 0.143053439452 -8.78470278019e-5 -0.00286567893758 0.0344970524015 6.56370377946e-5 0.0105232808684 0.123217766644 0.497609277922]''::clv.model'
\set spend '''gamma-gamma(p=6.2495722713237563, q=3.7442246671320245, gamma=15.443520962589238); status=ok, log_likelihood=-4055.917694801874, customers=946, observations=760, estimated=3, covariance=[1.41623170266 -0.231961888197 0.0841771955666 -4.80294725257 0.991970890175 17.3007976296]''::clv.model'

SELECT what, round(estimate::numeric, 6) AS estimate, round(std_error::numeric, 6) AS std_error, round(lower::numeric, 6) AS lower, round(upper::numeric, 6) AS upper
FROM (VALUES ('p_alive', NULL, NULL), ('p_alive', 52, NULL), ('expected_orders', 39, NULL), ('no_order', 39, NULL), ('dert', NULL, 0.0027), ('dert', 52, 0.0027)) v (what, horizon, rate),
	clv.confidence_interval(:orders, what, 2, 30.43, 38.86, horizon, rate);
SELECT what, round(estimate::numeric, 6) AS estimate, round(std_error::numeric, 6) AS std_error, round(lower::numeric, 6) AS lower, round(upper::numeric, 6) AS upper
FROM (VALUES ('p_alive', NULL, NULL), ('expected_orders', '39 weeks', NULL), ('no_order', '39 weeks', NULL), ('dert', NULL, 0.15)) v (what, horizon, rate),
	clv.confidence_interval(:orders, what, '{1997-01-01 29.33, 1997-01-18 29.73, 1997-08-02 14.96}', '1997-09-30', horizon::interval, rate);
SELECT round(estimate::numeric, 6) AS estimate, round(std_error::numeric, 6) AS std_error, round(lower::numeric, 6) AS lower, round(upper::numeric, 6) AS upper
FROM clv.confidence_interval(:spend, 'expected_spend', '{1997-01-01 29.33, 1997-01-18 29.73, 1997-08-02 14.96}', '1997-09-30');
SELECT what, round(estimate::numeric, 6) AS estimate, round(std_error::numeric, 6) AS std_error, round(lower::numeric, 6) AS lower, round(upper::numeric, 6) AS upper
FROM (SELECT 'expected_orders_new' AS what, i.* FROM clv.confidence_interval(:orders, 'expected_orders_new', 52) i
	UNION ALL SELECT 'expected_spend_new', i.* FROM clv.confidence_interval(:spend, 'expected_spend_new') i) s;

-- A wider level is a wider interval around the same estimate; the estimate is the prediction
SELECT a.estimate = b.estimate AND a.estimate = clv.expected_orders(:orders, 2, 30.43, 38.86, 39) AS same, a.lower < b.lower AND a.upper > b.upper AS wider
FROM clv.confidence_interval(:orders, 'expected_orders', 2, 30.43, 38.86, 39, level => 0.99) a, clv.confidence_interval(:orders, 'expected_orders', 2, 30.43, 38.86, 39, level => 0.5) b;

-- Without covariance there is an estimate and no interval; P(alive) = 1 is sure
SELECT round(estimate::numeric, 6) AS estimate, std_error, lower, upper FROM clv.confidence_interval('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 'p_alive', 2, 30.43, 38.86);
SELECT * FROM clv.confidence_interval(:orders, 'p_alive', 0, 0, 38.86);
-- NULL in, NULL out
SELECT * FROM clv.confidence_interval(:orders, 'p_alive', NULL::clv.history, '1997-09-30');
SELECT * FROM clv.confidence_interval(:orders, 'p_alive', '{1998-01-01 1}', '1997-09-30');
SELECT * FROM clv.confidence_interval(NULL, 'p_alive', 2, 30, 38);

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
	$$m, 'fame', 2, 30, 38$$,
	$$m, 'expected_orders_new', 2, 30, 38$$,
	$$m, 'p_alive', 5$$,
	$$m, 'expected_orders', 2, 30, 38$$,
	$$m, 'dert', 2, 30, 38$$,
	$$m, 'dert', '{1997-01-01 1}', '1997-09-30'$$,
	$$m, 'expected_orders', 2, 30, 38, -1$$,
	$$m, 'expected_orders', 2, 30, 38, 'NaN'$$,
	$$m, 'expected_orders', 2, 40, 38, 1$$,
	$$m, 'p_alive', 2, 30, 38, level => 1$$,
	$$m, 'p_alive', 2, 30, 38, level => 'NaN'$$,
	$$m, 'expected_spend', 2, 30, 38$$,
	$$s, 'p_alive', 2, 30, 38$$,
	$$m, 'expected_spend', '{1997-01-01 1}', '1997-09-30'$$,
	$$m, 'survival', 1$$,
	$$m, 'expected_orders_new'$$]) call,
	pg_temp.error_of(format('SELECT clv.confidence_interval(%s) FROM (SELECT %L::clv.model AS m, %L::clv.model AS s) v', call, :orders::text, :spend::text)) e;
