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
FROM (SELECT 'expected_orders_new' AS what, i.* FROM clv.confidence_interval_new(:orders, 'expected_orders_new', 52) i
	UNION ALL SELECT 'expected_spend_new', i.* FROM clv.confidence_interval_new(:spend, 'expected_spend_new') i) s;

-- Every prediction has one; the estimate is the prediction
SELECT i.estimate = clv.order_probability(:orders, 2, 30.43, 38.86, 39, 1) AS same, i.lower < i.estimate AND i.estimate < i.upper AS around FROM clv.confidence_interval(:orders, 'order_probability', 2, 30.43, 38.86, 39, n => 1) i;
SELECT i.estimate = clv.next_order(:orders, 8, 37, 38.86) AS same, round(i.lower::numeric, 4) AS lower, round(i.upper::numeric, 4) AS upper FROM clv.confidence_interval(:orders, 'next_order', 8, 37, 38.86) i;
-- the median customer of this kind never comes back
SELECT * FROM clv.confidence_interval(:orders, 'next_order', 2, 3, 38.86);
SELECT i.estimate = clv.order_probability(:orders, 52, 0) AS same, i.lower < i.estimate AND i.estimate < i.upper AS around FROM clv.confidence_interval_new(:orders, 'order_probability_new', 52, 0) i;
SELECT what, round(estimate::numeric, 6) AS estimate, round(std_error::numeric, 6) AS std_error, round(lower::numeric, 6) AS lower, round(upper::numeric, 6) AS upper
FROM (VALUES ('survival', 12, NULL, NULL), ('retention_rate', 8, NULL, NULL), ('discounted_lifetime', NULL, NULL, 0.1), ('discounted_residual_lifetime', NULL, 4, 0.1)) v (what, t, n, rate),
	clv.confidence_interval_new('sbg(alpha=0.668088, beta=3.806095); status=ok, log_likelihood=-1611.158147, customers=1000, observations=8, estimated=2, covariance=[0.010760935 0.078 0.617060]', what, t, n, rate);
-- the value is a product: relative reaches add as squares
SELECT v.estimate = clv.residual_value(:orders, :spend, h, '1997-09-30', 0.15, 0.3) AS same, v.lower < v.estimate AND v.estimate < v.upper AS around,
	round((ln(v.upper / v.estimate) ^ 2 - ln(d.upper / d.estimate) ^ 2 - ln(s.upper / s.estimate) ^ 2)::numeric, 12) AS rest
FROM (SELECT '{1997-01-01 29.33, 1997-01-18 29.73, 1997-08-02 14.96}'::clv.history AS h) c, clv.residual_value_interval(:orders, :spend, h, '1997-09-30', 0.15, 0.3) v,
	clv.confidence_interval(:orders, 'dert', h, '1997-09-30', annual_rate => 0.15) d, clv.confidence_interval(:spend, 'expected_spend', h, '1997-09-30') s;
SELECT v.lower < v.estimate AND v.estimate < v.upper AND v.upper < 0 AS a_loss FROM clv.residual_value_interval(:orders, :spend, '{1997-01-01 29.33, 1997-08-02 14.96}', '1997-09-30', 0.15, -0.3) v;

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
	$$m, 'order_probability', 2, 30, 38, 10$$,
	$$m, 'order_probability', 2, 30, 38, 10, n => -1$$]) call,
	pg_temp.error_of(format('SELECT clv.confidence_interval(%s) FROM (SELECT %L::clv.model AS m, %L::clv.model AS s) v', call, :orders::text, :spend::text)) e;

SELECT call, e.* FROM unnest(ARRAY[
	$$m, 'p_alive', 5$$,
	$$m, 'survival', 1$$,
	$$m, 'expected_orders_new'$$,
	$$m, 'order_probability_new', 10$$,
	$$m, 'expected_orders_new', 10, level => 0$$,
	$$'sbg(alpha=1, beta=2)', 'discounted_lifetime'$$,
	$$'sbg(alpha=1, beta=2)', 'discounted_residual_lifetime', rate => 0.1$$,
	$$'sbg(alpha=1, beta=2)', 'discounted_residual_lifetime', n => -5, rate => 0.1$$]) call,
	pg_temp.error_of(format('SELECT clv.confidence_interval_new(%s) FROM (SELECT %L::clv.model AS m) v', call, :orders::text)) e;
