--
-- How sure a model is of a prediction
--

CREATE FUNCTION clv.confidence_interval(m clv.model, what text, x float8, t_x float8, age float8,
		horizon float8 DEFAULT NULL, rate float8 DEFAULT NULL, level float8 DEFAULT 0.95, n int DEFAULT NULL,
		OUT estimate float8, OUT std_error float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_confidence_interval' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.confidence_interval(clv.model, text, float8, float8, float8, float8, float8, float8, int) IS 'confidence interval of a prediction for a customer: p_alive (horizon: that much later), expected_orders (within the horizon), order_probability (of n in the horizon), no_order (of none), next_order (median time until it, NULL if that never comes), dert (at the continuous rate, within the horizon or without end); delta method from the covariance of the parameters; NULL bounds where the model has none';

CREATE FUNCTION clv.confidence_interval(m clv.model, what text, h clv.history, as_of date,
		horizon interval DEFAULT NULL, annual_rate float8 DEFAULT NULL, level float8 DEFAULT 0.95, n int DEFAULT NULL,
		OUT estimate float8, OUT std_error float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_confidence_interval_history' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.confidence_interval(clv.model, text, clv.history, date, interval, float8, float8, int) IS 'confidence interval of a prediction for a customer: p_alive, expected_orders, order_probability (of n), no_order, next_order (median, in the unit of the model), dert, expected_spend; delta method from the covariance of the parameters; NULL for a customer without a purchase by as_of, NULL bounds where the model has no covariance';

CREATE FUNCTION clv.confidence_interval_new(m clv.model, what text, t float8 DEFAULT NULL, n int DEFAULT NULL,
		rate float8 DEFAULT NULL, level float8 DEFAULT 0.95,
		OUT estimate float8, OUT std_error float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_confidence_interval_new' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.confidence_interval_new(clv.model, text, float8, int, float8, float8) IS 'confidence interval of a prediction for the base: expected_orders_new (in time t), order_probability_new (of n in time t), expected_spend_new, survival and retention_rate (at period t), discounted_lifetime (at the rate), discounted_residual_lifetime (after n renewals, at the rate); delta method from the covariance of the parameters; NULL bounds where the model has none';

CREATE FUNCTION clv.residual_value_interval(m clv.model, spend_model clv.model, h clv.history, as_of date, annual_rate float8,
		margin float8 DEFAULT 1, horizon interval DEFAULT NULL, level float8 DEFAULT 0.95,
		OUT estimate float8, OUT lower float8, OUT upper float8)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT v.estimate,
			CASE WHEN v.estimate OPERATOR(pg_catalog.>=) 0 THEN v.estimate OPERATOR(pg_catalog./) v.wide ELSE v.estimate OPERATOR(pg_catalog.*) v.wide END,
			CASE WHEN v.estimate OPERATOR(pg_catalog.>=) 0 THEN v.estimate OPERATOR(pg_catalog.*) v.wide ELSE v.estimate OPERATOR(pg_catalog./) v.wide END
		FROM (
			SELECT clv.residual_value(m, spend_model, h, as_of, annual_rate, margin, horizon) AS estimate,
				-- both are independent and reach as far up as down on the logarithm
				CASE WHEN o.estimate OPERATOR(pg_catalog.>) 0 AND s.estimate OPERATOR(pg_catalog.>) 0 THEN
					pg_catalog.exp(pg_catalog.sqrt(
						pg_catalog.power(pg_catalog.ln(o.upper OPERATOR(pg_catalog./) o.estimate), 2)
						OPERATOR(pg_catalog.+) pg_catalog.power(pg_catalog.ln(s.upper OPERATOR(pg_catalog./) s.estimate), 2))) END AS wide
			FROM clv.confidence_interval(m, 'dert', h, as_of, horizon, annual_rate, level) AS o,
				clv.confidence_interval(spend_model, 'expected_spend', h, as_of, NULL, NULL, level) AS s
		) AS v;
	END;
COMMENT ON FUNCTION clv.residual_value_interval(clv.model, clv.model, clv.history, date, float8, float8, interval, float8) IS 'confidence interval of clv.residual_value: what the numbers of customers leave open about the parameters of both models, taken for independent; delta method on the logarithm; NULL bounds where a model has no covariance or nothing is expected';

--
-- How far a single customer may stray from what is expected
--

CREATE FUNCTION clv.order_interval(m clv.model, x float8, t_x float8, age float8, horizon float8, level float8 DEFAULT 0.95,
		OUT lower int, OUT upper int, OUT probability float8)
	AS 'MODULE_PATHNAME', 'clv_order_interval' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.order_interval(clv.model, float8, float8, float8, float8, float8) IS 'bounds of the number of orders in (age, age + horizon]: it lies between lower and upper, both included, with the probability told, which is at least the level (at most 0.9999); fewer and more have each at most half of the rest; the chance of the customer is in it, the parameters are taken for known; upper is NULL beyond 65535';

CREATE FUNCTION clv.order_interval(m clv.model, h clv.history, as_of date, horizon interval, level float8 DEFAULT 0.95,
		OUT lower int, OUT upper int, OUT probability float8)
	AS 'MODULE_PATHNAME', 'clv_order_interval_history' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.order_interval(clv.model, clv.history, date, interval, float8) IS 'bounds of the number of purchase days after as_of up to as_of + horizon, as above; NULL for a customer without a purchase by as_of';

CREATE FUNCTION clv.value_interval(m clv.model, spend_model clv.model, h clv.history, as_of date, horizon interval,
		margin float8 DEFAULT 1, level float8 DEFAULT 0.95, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_value_interval' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.value_interval(clv.model, clv.model, clv.history, date, interval, float8, float8) IS 'bounds of what a customer brings after as_of up to as_of + horizon, the amounts of all orders times the margin, not discounted: it lies between them with a probability of at least the level (at most 0.9999), below and above with at most half of the rest; the chance of the customer, of the number of orders and of their amounts, is in it, the parameters are taken for known';
