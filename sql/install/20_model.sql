--
-- clv.model: a purchase model, fitted or given
--

CREATE TYPE clv.model;

CREATE FUNCTION clv.model_in(cstring) RETURNS clv.model
	AS 'MODULE_PATHNAME', 'clv_model_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.model_in(cstring) IS 'text input of clv.model';

CREATE FUNCTION clv.model_out(clv.model) RETURNS cstring
	AS 'MODULE_PATHNAME', 'clv_model_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.model_out(clv.model) IS 'text output of clv.model';

CREATE FUNCTION clv.model_recv(internal) RETURNS clv.model
	AS 'MODULE_PATHNAME', 'clv_model_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.model_recv(internal) IS 'binary input of clv.model';

CREATE FUNCTION clv.model_send(clv.model) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_model_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.model_send(clv.model) IS 'binary output of clv.model';

CREATE TYPE clv.model (
	INPUT = clv.model_in,
	OUTPUT = clv.model_out,
	RECEIVE = clv.model_recv,
	SEND = clv.model_send,
	INTERNALLENGTH = VARIABLE,
	STORAGE = main
);
COMMENT ON TYPE clv.model IS 'a purchase model: family and parameters, such as bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426), optionally followed by ; and its unit of time (unit=7 days) and what a fit found (status, log-likelihood, customers, covariance, limits of the intervals)';

-- What a model says of itself

CREATE FUNCTION clv.family(m clv.model) RETURNS text
	AS 'MODULE_PATHNAME', 'clv_family' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.family(clv.model) IS 'name of the family of a model, such as bg/nbd: see clv.families()';

CREATE FUNCTION clv.parameter(m clv.model, name text) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_parameter' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.parameter(clv.model, text) IS 'one parameter of a model by its name; times (alpha, beta) are in the unit of the model';

CREATE FUNCTION clv.parameters(m clv.model, level float8 DEFAULT 0.95,
		OUT name text, OUT estimate float8, OUT std_error float8, OUT lower float8, OUT upper float8, OUT meaning text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_parameters' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 4;
COMMENT ON FUNCTION clv.parameters(clv.model, float8) IS 'the parameters of a model with standard errors from the observed information and a confidence interval: at the level 0.95 by profile likelihood, at others between it and the standard error of the logarithm; upper is Infinity where the data do not bound it; NULL where the model has none (given by hand, at a bound)';

CREATE FUNCTION clv.covariance(m clv.model) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'clv_covariance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.covariance(clv.model) IS 'covariance matrix of the parameter estimates, in the order of clv.parameters; NULL if the model has none';

CREATE FUNCTION clv.log_likelihood(m clv.model) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_log_likelihood' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.log_likelihood(clv.model) IS 'maximum of the log-likelihood, of the data in the unit they were given in; NULL for a model that was not fitted';

CREATE FUNCTION clv.aic(m clv.model) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_aic' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.aic(clv.model) IS 'information criterion of Akaike, lower is better: 2 × estimated parameters − 2 × log-likelihood; NULL for a model that was not fitted';

CREATE FUNCTION clv.bic(m clv.model) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_bic' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.bic(clv.model) IS 'information criterion of Schwarz, lower is better: ln(customers) × estimated parameters − 2 × log-likelihood; NULL for a model that was not fitted';

CREATE FUNCTION clv.observations(m clv.model) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clv_observations' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.observations(clv.model) IS 'how many customers a model was fitted to, each counted with its weight; NULL for a model that was not fitted';

CREATE FUNCTION clv.distinct_observations(m clv.model) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clv_distinct_observations' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.distinct_observations(clv.model) IS 'how many different observations were among those customers; NULL for a model that was not fitted';

CREATE FUNCTION clv.iterations(m clv.model) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_iterations' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.iterations(clv.model) IS 'steps the fit took; NULL for a model that was not fitted';

CREATE FUNCTION clv.converged(m clv.model) RETURNS boolean
	AS 'MODULE_PATHNAME', 'clv_converged' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.converged(clv.model) IS 'did the fit reach a maximum of the likelihood that can be used; NULL for a model that was not fitted';

CREATE FUNCTION clv.status(m clv.model) RETURNS text
	AS 'MODULE_PATHNAME', 'clv_status' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.status(clv.model) IS 'how the fit ended: ok, boundary, flat, no drop-out, too few customers, did not converge; given for a model that was not fitted; clv.status_reason explains it';

CREATE FUNCTION clv.status_reason(m clv.model) RETURNS text
	AS 'MODULE_PATHNAME', 'clv_status_reason' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.status_reason(clv.model) IS 'what the status of a model means for its use, in a sentence';

-- The unit of time

CREATE FUNCTION clv.unit(m clv.model) RETURNS interval
	AS 'MODULE_PATHNAME', 'clv_unit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.unit(clv.model) IS 'length of the unit of time of a model; NULL if it is not known, then histories are scored in days';

CREATE FUNCTION clv.with_unit(m clv.model, unit interval) RETURNS clv.model
	AS 'MODULE_PATHNAME', 'clv_with_unit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.with_unit(clv.model, interval) IS 'the same parameters, declared to be in that unit of time, such as 7 days for a model fitted to weeks; a month is 365.2425 / 12 days';

CREATE FUNCTION clv.in_unit(m clv.model, unit interval) RETURNS clv.model
	AS 'MODULE_PATHNAME', 'clv_in_unit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.in_unit(clv.model, interval) IS 'the same model with its parameters and covariance converted to another unit of time; predictions for the same customers stay the same, the log-likelihood remains that of the data in the unit they were given in';

-- Other forms

CREATE FUNCTION clv.to_jsonb(m clv.model) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'clv_model_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.to_jsonb(clv.model) IS 'everything a model knows, as jsonb';

CREATE CAST (clv.model AS jsonb) WITH FUNCTION clv.to_jsonb(clv.model);
COMMENT ON CAST (clv.model AS jsonb) IS 'everything a model knows, as jsonb';

CREATE FUNCTION clv.families(OUT family text, OUT kind text, OUT parameters text[], OUT title text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_families' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION clv.families() IS 'the model families: name, what they model, the names of their parameters, source';

-- Comparison: equal models are equal byte by byte

CREATE FUNCTION clv.model_eq(clv.model, clv.model) RETURNS boolean
	AS 'MODULE_PATHNAME', 'clv_model_eq' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;
COMMENT ON FUNCTION clv.model_eq(clv.model, clv.model) IS 'implementation of the = operator';

CREATE FUNCTION clv.model_ne(clv.model, clv.model) RETURNS boolean
	AS 'MODULE_PATHNAME', 'clv_model_ne' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;
COMMENT ON FUNCTION clv.model_ne(clv.model, clv.model) IS 'implementation of the <> operator';

CREATE FUNCTION clv.model_hash(clv.model) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_model_hash' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;
COMMENT ON FUNCTION clv.model_hash(clv.model) IS 'hash of a model, for grouping and DISTINCT';

CREATE OPERATOR clv.= (
	LEFTARG = clv.model, RIGHTARG = clv.model, FUNCTION = clv.model_eq,
	COMMUTATOR = OPERATOR(clv.=), NEGATOR = OPERATOR(clv.<>),
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel, HASHES
);
COMMENT ON OPERATOR clv.= (clv.model, clv.model) IS 'same family, parameters, unit and fit, to the last bit';

CREATE OPERATOR clv.<> (
	LEFTARG = clv.model, RIGHTARG = clv.model, FUNCTION = clv.model_ne,
	COMMUTATOR = OPERATOR(clv.<>), NEGATOR = OPERATOR(clv.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR clv.<> (clv.model, clv.model) IS 'not the same model';

CREATE OPERATOR CLASS clv.model_ops DEFAULT FOR TYPE clv.model USING hash AS
	OPERATOR 1 clv.= (clv.model, clv.model),
	FUNCTION 1 clv.model_hash(clv.model);
COMMENT ON OPERATOR CLASS clv.model_ops USING hash IS 'equality of models, for hashed grouping and joins';
COMMENT ON OPERATOR FAMILY clv.model_ops USING hash IS 'equality of models, for hashed grouping and joins';

-- Comparing two fits

CREATE FUNCTION clv.lr_test(restricted clv.model, "full" clv.model,
		OUT statistic float8, OUT degrees int, OUT p_value float8)
	AS 'MODULE_PATHNAME', 'clv_lr_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lr_test(clv.model, clv.model) IS 'likelihood-ratio test of a model against one that has it as a special case, both fitted to the same data, such as nbd against bg/nbd: 2 × difference of log-likelihoods, difference of estimated parameters, p-value under chi squared';
