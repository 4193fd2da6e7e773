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

CREATE TYPE clv.rfm_scores AS (r int, f int, m int);
COMMENT ON TYPE clv.rfm_scores IS 'scores of recency, frequency and monetary value, each from 1 (worst) up';

CREATE FUNCTION clv.rfm_score(history clv.history, bins int DEFAULT 5) RETURNS clv.rfm_scores
	AS 'MODULE_PATHNAME', 'clv_rfm_score' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.rfm_score(clv.history, int) IS 'window function: scores of the row within its partition, from 1 (worst) to bins (best), as clv.score gives them to its last order (r), its purchase days (f) and its revenue (m), from one look at the history; NULL, and not counted, for a history without a purchase';

CREATE TYPE clv.rfm_distribution AS (last_order clv.lorenz, purchase_days clv.lorenz, revenue clv.lorenz);
COMMENT ON TYPE clv.rfm_distribution IS 'how recency, frequency and monetary value are distributed over customers: day of the last order (days since 2000-01-01), purchase days and revenue; parts are corrected by clv.recount when customers change';

CREATE FUNCTION clv.rfm_trans(state internal, history clv.history) RETURNS internal
	AS 'MODULE_PATHNAME', 'clv_rfm_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.rfm_trans(internal, clv.history) IS 'transition function of clv.rfm_state';

CREATE FUNCTION clv.rfm_combine(state internal, other internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'clv_rfm_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.rfm_combine(internal, internal) IS 'combine function of clv.rfm_state';

CREATE FUNCTION clv.rfm_serialize(state internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_rfm_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.rfm_serialize(internal) IS 'serialization function of clv.rfm_state';

CREATE FUNCTION clv.rfm_deserialize(bytes bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'clv_rfm_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.rfm_deserialize(bytea, internal) IS 'deserialization function of clv.rfm_state';

CREATE FUNCTION clv.rfm_final(state internal) RETURNS clv.rfm_distribution
	AS 'MODULE_PATHNAME', 'clv_rfm_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.rfm_final(internal) IS 'final function of clv.rfm_state';

CREATE AGGREGATE clv.rfm_state(history clv.history) (
	SFUNC = clv.rfm_trans, STYPE = internal, SSPACE = 65536,
	FINALFUNC = clv.rfm_final, COMBINEFUNC = clv.rfm_combine,
	SERIALFUNC = clv.rfm_serialize, DESERIALFUNC = clv.rfm_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clv.rfm_state(clv.history) IS 'how last orders, purchase days and revenues are distributed over customers, one history each; histories without a purchase are not counted; read it with clv.cutoffs, and each part as any distribution; needs 32 bytes for every different revenue, twice while they are sorted';

CREATE TYPE clv.cutoff_values AS (a_revenue numeric, b_revenue numeric, last_order date[], purchase_days bigint[], revenue numeric[]);
COMMENT ON TYPE clv.cutoff_values IS 'values that divide customers into classes and scores: the least revenue of class A, and of class B; four limits for each of the three scores, a value above the first has score 2, above the last 5';

CREATE FUNCTION clv.cutoffs(d clv.rfm_distribution) RETURNS clv.cutoff_values
	AS 'MODULE_PATHNAME', 'clv_cutoffs' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.cutoffs(clv.rfm_distribution) IS 'the values that divide customers into the classes that clv.abc gives to their revenues and the five scores that clv.rfm_score gives them; NULL if there is no customer or a part is NULL';

CREATE FUNCTION clv.rfm_score_by(history clv.history, cutoffs clv.cutoff_values) RETURNS clv.rfm_scores
	AS 'MODULE_PATHNAME', 'clv_rfm_score_by' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.rfm_score_by(clv.history, clv.cutoff_values) IS 'scores from 1 (worst) to 5 of last order (r), purchase days (f) and revenue (m) by cutoffs found before, of the same customers or of others; NULL for a history without a purchase';

CREATE FUNCTION clv.score_limits(l clv.lorenz, bins int,
		OUT score int, OUT from_value numeric, OUT to_value numeric, OUT customers bigint)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_score_limits_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION clv.score_limits(clv.lorenz, int) IS 'least and largest value of every score that clv.score gives, and the number of its customers; scores that nobody has are left out';


CREATE FUNCTION clv.score_by(value numeric, limits numeric[], less_is_better bool DEFAULT false) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_score_by_limits' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.score_by(numeric, numeric[], bool) IS 'score by limits of your own, in ascending order, of equal ones a score is left out: 1 + how many of them the value reaches; where less is better, as with days since the last order, how many it does not exceed';

CREATE FUNCTION clv.weighted_score(scores int[], weights numeric[]) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	total numeric := (SELECT sum(w) FROM unnest(weights) w);
BEGIN
	IF cardinality(scores) IS DISTINCT FROM cardinality(weights) OR NOT coalesce(total > 0 AND total < 'Infinity', false)
		OR EXISTS (SELECT FROM unnest(weights) w WHERE w IS NULL OR NOT (w >= 0 AND w < 'Infinity')) THEN
		RAISE EXCEPTION 'weights out of range' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Scores are %s and weights %s.', scores, weights),
			HINT = 'Give one weight for each score, none of them negative, not all of them 0.';
	END IF;
	RETURN (SELECT CASE WHEN bool_and(s IS NOT NULL) THEN sum(s * w) / total END FROM unnest(scores, weights) AS u (s, w));
END
$$;
COMMENT ON FUNCTION clv.weighted_score(int[], numeric[]) IS 'one score from several: their weighted mean, such as clv.weighted_score(ARRAY[r, f, m], ''{1, 2, 3}''); NULL if one of them is';
