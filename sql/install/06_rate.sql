--
-- Shares of customers with their intervals
--

CREATE FUNCTION clv.wilson(successes bigint, trials bigint, level float8 DEFAULT 0.95,
		OUT rate float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_wilson' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.wilson(bigint, bigint, float8) IS 'share of trials that succeeded with its confidence interval (Wilson 1927), which stays between 0 and 1 and is honest for few trials; NULL without trials';

