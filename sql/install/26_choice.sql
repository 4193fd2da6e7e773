--
-- Which family foretells best
--

CREATE TYPE clv.choice AS (
	family text,
	chosen boolean,
	model clv.model,
	customers bigint,
	log_likelihood float8,
	actual float8,
	predicted float8,
	bias float8,
	error float8,
	mae float8,
	rmse float8
);
COMMENT ON TYPE clv.choice IS 'how well a family foretold a holdout: model fitted to the days before it, number of customers, log-likelihood before it; orders in it, actual and predicted; bias (predicted / actual - 1); error, which decides: root mean square difference between predicted and actual mean orders of customers with 0, 1, …, 6, 7 or more repeat purchases before; mean absolute and root mean square error of single customers';

CREATE FUNCTION clv.choose_trans(clv.observation_table, clv.history, date, interval) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_choose_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.choose_trans(clv.observation_table, clv.history, date, interval) IS 'transition function of clv.choose';

CREATE FUNCTION clv.choose_final(clv.observation_table) RETURNS clv.choice[]
	AS 'MODULE_PATHNAME', 'clv_choose_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000000;
COMMENT ON FUNCTION clv.choose_final(clv.observation_table) IS 'final function of clv.choose';

CREATE AGGREGATE clv.choose(h clv.history, as_of date, horizon interval) (
	SFUNC = clv.choose_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.choose_final, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.choose(clv.history, date, interval) IS 'the purchase models compared by what they foretell: each is fitted to the orders up to as_of - horizon and foretells those until as_of; the smallest error first, see clv.choice; a family with a regularity k that comes out as 1 is left out, being the one without; fit the chosen family anew to all days afterwards';
