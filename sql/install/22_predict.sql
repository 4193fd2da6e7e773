--
-- Predictions: what a model says about a customer
--
-- On statistics, time is counted in the unit of the model.  On histories, days are converted to it
-- (to days where the model does not know its unit), and a customer without a purchase by as_of gives NULL.
--

-- Log-likelihood

CREATE FUNCTION clv.log_likelihood(m clv.model, x float8, t_x float8, age float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_log_likelihood_statistics' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.log_likelihood(clv.model, float8, float8, float8) IS 'natural logarithm of the likelihood of a customer with x repeat purchases, the last t_x after the first, observed until age';

CREATE FUNCTION clv.log_likelihood(m clv.model, x float8, t_x float8, age float8, log_gaps float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_log_likelihood_statistics' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.log_likelihood(clv.model, float8, float8, float8, float8) IS 'natural logarithm of the likelihood of a customer with x repeat purchases, the last t_x after the first, observed until age, for families with a regularity k; log_gaps is the sum of the logarithms of the x gaps';

CREATE FUNCTION clv.log_likelihood(m clv.model, x float8, spend float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_log_likelihood_spend' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.log_likelihood(clv.model, float8, float8) IS 'natural logarithm of the likelihood of a mean spend of x purchases under a gamma-gamma model';

-- P(alive)

CREATE FUNCTION clv.p_alive(m clv.model, x float8, t_x float8, age float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_p_alive' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.p_alive(clv.model, float8, float8, float8) IS 'probability that a customer is still one at age; bg/bb: at the next opportunity';

CREATE FUNCTION clv.p_alive(m clv.model, x float8, t_x float8, age float8, later float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_p_alive_later' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.p_alive(clv.model, float8, float8, float8, float8) IS 'probability that a customer is still one at age + later, whatever happens in between';

CREATE FUNCTION clv.p_alive(m clv.model, h clv.history, as_of date) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_p_alive_history' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.p_alive(clv.model, clv.history, date) IS 'probability that a customer is still one at the end of day as_of; later orders are ignored';

CREATE FUNCTION clv.p_alive(m clv.model, h clv.history, as_of date, at date) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_p_alive_history_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.p_alive(clv.model, clv.history, date, date) IS 'probability that a customer is still one at the end of a day after as_of, as seen from as_of';

-- Expected orders

CREATE FUNCTION clv.expected_orders(m clv.model, x float8, t_x float8, age float8, horizon float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_orders' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION clv.expected_orders(clv.model, float8, float8, float8, float8) IS 'expected number of purchase days in (age, age + horizon]; source: the paper of the family, see clv.families()';

CREATE FUNCTION clv.expected_orders(m clv.model, x float8, t_x float8, age float8, from_time float8, to_time float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_orders_between' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION clv.expected_orders(clv.model, float8, float8, float8, float8, float8) IS 'expected number of purchase days in (age + from_time, age + to_time]';

CREATE FUNCTION clv.expected_orders(m clv.model, h clv.history, as_of date, horizon interval) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_orders_history' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION clv.expected_orders(clv.model, clv.history, date, interval) IS 'expected number of purchase days after as_of up to as_of + horizon, by the calendar';

CREATE FUNCTION clv.expected_orders(m clv.model, h clv.history, as_of date, from_day date, to_day date) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_orders_history_between' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION clv.expected_orders(clv.model, clv.history, date, date, date) IS 'expected number of purchase days after from_day up to to_day, both not before as_of';

CREATE FUNCTION clv.expected_orders_by(m clv.model, h clv.history, as_of date, ends date[]) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'clv_expected_orders_by' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION clv.expected_orders_by(clv.model, clv.history, date, date[]) IS 'expected numbers of purchase days in the periods that end on these days, in order: the first begins after as_of, each other after the one before it';

CREATE FUNCTION clv.expected_orders_new(m clv.model, horizon float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_orders_new' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION clv.expected_orders_new(clv.model, float8) IS 'expected number of repeat purchase days of a new customer in the horizon after the first';

-- Probability of a number of orders

CREATE FUNCTION clv.order_probability(m clv.model, horizon float8, n int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_order_probability_new' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION clv.order_probability(clv.model, float8, int) IS 'probability that a new customer makes exactly n repeat purchases in the horizon after the first';

CREATE FUNCTION clv.order_probability(m clv.model, x float8, t_x float8, age float8, horizon float8, n int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_order_probability' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION clv.order_probability(clv.model, float8, float8, float8, float8, int) IS 'probability of exactly n purchases in (age, age + horizon]; n = 0 is the working definition of churn';

CREATE FUNCTION clv.order_probability(m clv.model, h clv.history, as_of date, horizon interval, n int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_order_probability_history' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION clv.order_probability(clv.model, clv.history, date, interval, int) IS 'probability of exactly n purchase days after as_of up to as_of + horizon';

-- Discounted orders

CREATE FUNCTION clv.dert(m clv.model, x float8, t_x float8, age float8, rate float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_dert' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION clv.dert(clv.model, float8, float8, float8, float8) IS 'discounted expected residual transactions: expected purchases after age, each multiplied by exp(-rate × time from age on); rate is continuous per unit of time, for bg/bb per opportunity as in 1 / (1 + rate); source: Fader, Hardie and Lee 2005';

CREATE FUNCTION clv.dert(m clv.model, x float8, t_x float8, age float8, rate float8, horizon float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_dert' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION clv.dert(clv.model, float8, float8, float8, float8, float8) IS 'discounted expected purchases in (age, age + horizon]';

CREATE FUNCTION clv.dert(m clv.model, h clv.history, as_of date, annual_rate float8, horizon interval DEFAULT NULL) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_dert_history' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION clv.dert(clv.model, clv.history, date, float8, interval) IS 'discounted expected purchases after as_of, up to as_of + horizon or without end; 0.1 is 10 % a year, discounted continuously by ln(1 + annual_rate) / 365.2425 a day';

-- The next order

CREATE FUNCTION clv.next_order(m clv.model, x float8, t_x float8, age float8, probability float8 DEFAULT 0.5) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_next_order' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.next_order(clv.model, float8, float8, float8, float8) IS 'time from age until the next purchase has come with the given probability, 0.5 being the median; NULL if it never becomes that likely';

CREATE FUNCTION clv.next_order_on(m clv.model, h clv.history, as_of date, probability float8 DEFAULT 0.5) RETURNS date
	AS 'MODULE_PATHNAME', 'clv_next_order_on' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.next_order_on(clv.model, clv.history, date, float8) IS 'day by which the next purchase has come with the given probability, 0.5 being the median; NULL if it never becomes that likely';

-- Spend

CREATE FUNCTION clv.expected_spend(m clv.model, x float8, spend float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_spend' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.expected_spend(clv.model, float8, float8) IS 'expected amount per order of a customer whose x repeat purchases had that mean: between the own mean and that of the base; with x = 0 the mean of the base; source: Fader, Hardie and Lee 2005; Fader and Hardie 2013';

CREATE FUNCTION clv.expected_spend(m clv.model, h clv.history, as_of date) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_spend_history' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.expected_spend(clv.model, clv.history, date) IS 'expected amount per order of a customer; without repeat purchases, or with a mean that is not positive, that of the base';

CREATE FUNCTION clv.expected_spend_new(m clv.model) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_spend_new' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.expected_spend_new(clv.model) IS 'expected amount per order of a new customer: the mean of the base';

CREATE FUNCTION clv.spend_weight(m clv.model, x float8, spend float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_spend_weight' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.spend_weight(clv.model, float8, float8) IS 'weight in [0, 1] of the customer''s own mean in clv.expected_spend';

CREATE FUNCTION clv.spend_weight(m clv.model, h clv.history, as_of date) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_spend_weight_history' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.spend_weight(clv.model, clv.history, date) IS 'weight in [0, 1] of the customer''s own mean in clv.expected_spend';

-- Value

CREATE FUNCTION clv.residual_value(m clv.model, spend_model clv.model, h clv.history, as_of date, annual_rate float8,
		margin float8 DEFAULT 1, horizon interval DEFAULT NULL) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_residual_value' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 300;
COMMENT ON FUNCTION clv.residual_value(clv.model, clv.model, clv.history, date, float8, float8, interval) IS 'value of the orders a customer will still make: expected spend × margin × discounted expected orders after as_of, up to as_of + horizon or without end; the first order and the past are not in it; unit: that of the amounts';

-- Subscriptions: sbg and bdw

CREATE FUNCTION clv.survival(m clv.model, t float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_survival' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival(clv.model, float8) IS 'share of a cohort still active after t periods';

CREATE FUNCTION clv.retention_rate(m clv.model, t float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_retention_rate' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.retention_rate(clv.model, float8) IS 'share of those active after period t - 1 who renew into period t, t >= 1';

CREATE FUNCTION clv.discounted_lifetime(m clv.model, rate float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_discounted_lifetime' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.discounted_lifetime(clv.model, float8) IS 'expected number of payments of a new subscriber, the one of now counted, each divided by (1 + rate) for every period until it: DEL; source: Fader and Hardie 2010';

CREATE FUNCTION clv.discounted_residual_lifetime(m clv.model, renewals int, rate float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_discounted_residual_lifetime' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.discounted_residual_lifetime(clv.model, int, float8) IS 'expected number of payments still to come of a subscriber who has renewed so many times, seen just before the next renewal: DERL; source: Fader and Hardie 2010';
