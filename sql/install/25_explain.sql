--
-- Why a customer is worth so much
--

CREATE FUNCTION clv.explain(m clv.model, spend_model clv.model, h clv.history, as_of date, annual_rate float8,
		margin float8 DEFAULT 1, horizon interval DEFAULT NULL,
		OUT step int, OUT term text, OUT factor float8, OUT product float8, OUT meaning text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 8;
COMMENT ON FUNCTION clv.explain(clv.model, clv.model, clv.history, date, float8, float8, interval) IS 'the value of clv.residual_value factor by factor: order rate of the base, rate of this customer, P(alive), years of activity, discount, spend of the base, spend of this customer, margin; product is the value so far, its last row the value';
