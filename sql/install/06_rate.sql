--
-- Shares of customers with their intervals
--

CREATE FUNCTION clv.wilson(successes bigint, trials bigint, level float8 DEFAULT 0.95,
		OUT rate float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_wilson' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.wilson(bigint, bigint, float8) IS 'share of trials that succeeded with its confidence interval (Wilson 1927), which stays between 0 and 1 and is honest for few trials; NULL without trials';

CREATE FUNCTION clv.lift(lost_with bigint, lost bigint, kept_with bigint, kept bigint, level float8 DEFAULT 0.95,
		OUT lost_share float8, OUT kept_share float8, OUT lift float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_lift' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lift(bigint, bigint, bigint, bigint, float8) IS 'how much more frequent an attribute is among lost customers than among kept ones: the ratio of both shares with its confidence interval (Katz 1978); above 1 with a lower bound above 1 it goes along with leaving; bounds are NULL where a group has nobody with it, the lift where no kept customer has it, the row where a group is empty';

