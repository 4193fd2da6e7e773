--
-- Scores by rank
--

CREATE FUNCTION clv.score(value numeric, bins int) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_score_numeric' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.score(numeric, int) IS 'window function: score of the row within its partition, from 1 (worst) to bins (best): 1 + floor(bins * rows strictly worse / rows); a larger value is better, equal values have equal scores; needs no order; NULL stays NULL and is not counted';

CREATE FUNCTION clv.score(value float8, bins int) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_score_float8' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.score(float8, int) IS 'window function: score of the row within its partition, from 1 (worst) to bins (best): 1 + floor(bins * rows strictly worse / rows); a larger value is better, equal values have equal scores; needs no order; NULL stays NULL and is not counted';

CREATE FUNCTION clv.score(value bigint, bins int) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_score_int8' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.score(bigint, int) IS 'window function: score of the row within its partition, from 1 (worst) to bins (best): 1 + floor(bins * rows strictly worse / rows); a larger value is better, equal values have equal scores; needs no order; NULL stays NULL and is not counted';

CREATE FUNCTION clv.score(value date, bins int) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_score_date' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.score(date, int) IS 'window function: score of the row within its partition, from 1 (worst) to bins (best): 1 + floor(bins * rows strictly worse / rows); a larger value is better, equal values have equal scores; needs no order; NULL stays NULL and is not counted';

CREATE FUNCTION clv.score(value timestamp, bins int) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_score_int8' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.score(timestamp, int) IS 'window function: score of the row within its partition, from 1 (worst) to bins (best): 1 + floor(bins * rows strictly worse / rows); a larger value is better, equal values have equal scores; needs no order; NULL stays NULL and is not counted';

CREATE FUNCTION clv.score(value timestamptz, bins int) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_score_int8' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.score(timestamptz, int) IS 'window function: score of the row within its partition, from 1 (worst) to bins (best): 1 + floor(bins * rows strictly worse / rows); a larger value is better, equal values have equal scores; needs no order; NULL stays NULL and is not counted';

CREATE FUNCTION clv.score_limits(l clv.lorenz, bins int,
		OUT score int, OUT from_value numeric, OUT to_value numeric, OUT customers bigint)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_score_limits_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION clv.score_limits(clv.lorenz, int) IS 'least and largest value of every score that clv.score gives, and the number of its customers; scores that nobody has are left out';

