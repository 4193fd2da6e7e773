--
-- Customers drawn from a model
--

CREATE FUNCTION clv.simulate(m clv.model, spend_model clv.model, customers int, start date, until date, seed bigint,
		acquired_until date DEFAULT NULL, OUT customer bigint, OUT ordered_on date, OUT amount numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_simulate' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 100000 COST 100000;
COMMENT ON FUNCTION clv.simulate(clv.model, clv.model, int, date, date, bigint, date) IS 'the orders, with amounts in cents, of so many customers drawn from a model of orders and a model of spend (NULL: no amounts); first orders are spread evenly from start to acquired_until (until if NULL), later ones end with until; the same seed gives the same orders on every machine';
