--
-- How sure a model is of a prediction
--

CREATE FUNCTION clv.confidence_interval(m clv.model, what text, x float8, t_x float8, age float8,
		horizon float8 DEFAULT NULL, rate float8 DEFAULT NULL, level float8 DEFAULT 0.95,
		OUT estimate float8, OUT std_error float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_confidence_interval' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.confidence_interval(clv.model, text, float8, float8, float8, float8, float8, float8) IS 'confidence interval of a prediction for a customer: p_alive (horizon: that much later), expected_orders (within the horizon), no_order (probability of none in the horizon), dert (at the continuous rate, within the horizon or without end); delta method from the covariance of the parameters; NULL bounds where the model has none';

CREATE FUNCTION clv.confidence_interval(m clv.model, what text, h clv.history, as_of date,
		horizon interval DEFAULT NULL, annual_rate float8 DEFAULT NULL, level float8 DEFAULT 0.95,
		OUT estimate float8, OUT std_error float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_confidence_interval_history' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.confidence_interval(clv.model, text, clv.history, date, interval, float8, float8) IS 'confidence interval of a prediction for a customer: p_alive, expected_orders, no_order, dert, expected_spend; delta method from the covariance of the parameters; NULL for a customer without a purchase by as_of, NULL bounds where the model has no covariance';

CREATE FUNCTION clv.confidence_interval(m clv.model, what text, t float8 DEFAULT NULL,
		OUT estimate float8, OUT std_error float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_confidence_interval_new' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.confidence_interval(clv.model, text, float8) IS '95 % confidence interval of a prediction for the base: expected_orders_new (in time t), expected_spend_new, survival and retention_rate (at period t); delta method from the covariance of the parameters; NULL bounds where the model has none';

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
