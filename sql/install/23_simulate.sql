--
-- Customers drawn from a model
--

CREATE FUNCTION clv.simulate(m clv.model, spend_model clv.model, customers int, start date, until date, seed bigint,
		acquired_until date DEFAULT NULL, OUT customer bigint, OUT ordered_on date, OUT amount numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_simulate' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 100000 COST 100000;
COMMENT ON FUNCTION clv.simulate(clv.model, clv.model, int, date, date, bigint, date) IS 'the orders, with amounts in cents, of so many customers drawn from a model of orders and a model of spend (NULL: no amounts); first orders are spread evenly from start to acquired_until (until if NULL), later ones end with until; the same seed gives the same orders on every machine';

CREATE FUNCTION clv.simulate_renewals(m clv.model, subscribers int, periods int, seed bigint,
		OUT period int, OUT survivors bigint)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_simulate_renewals' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100 COST 100000;
COMMENT ON FUNCTION clv.simulate_renewals(clv.model, int, int, bigint) IS 'a cohort of so many subscribers drawn from an sbg or bdw model: how many are active after each period from 0 to periods, as clv.fit_renewals reads it; the same seed gives the same cohort on every machine';
