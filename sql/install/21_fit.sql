--
-- clv.observation_table: what a fit reads, every different observation once
--

CREATE TYPE clv.observation_table;

CREATE FUNCTION clv.observation_table_in(cstring) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_observation_table_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.observation_table_in(cstring) IS 'text input of clv.observation_table';

CREATE FUNCTION clv.observation_table_out(clv.observation_table) RETURNS cstring
	AS 'MODULE_PATHNAME', 'clv_observation_table_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.observation_table_out(clv.observation_table) IS 'text output of clv.observation_table';

CREATE FUNCTION clv.observation_table_recv(internal) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_observation_table_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.observation_table_recv(internal) IS 'binary input of clv.observation_table';

CREATE FUNCTION clv.observation_table_send(clv.observation_table) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_observation_table_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.observation_table_send(clv.observation_table) IS 'binary output of clv.observation_table';

CREATE TYPE clv.observation_table (
	INPUT = clv.observation_table_in,
	OUTPUT = clv.observation_table_out,
	RECEIVE = clv.observation_table_recv,
	SEND = clv.observation_table_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE clv.observation_table IS 'the observations of a model family with how often each occurs: state of the clv.fit aggregates, and what clv.observe keeps to be merged and fitted later; text form bg/nbd as of 1997-09-30 {0 0 272 *17, 2 213 272}, each row x, t_x, age and * its count';

-- What all of them share

CREATE FUNCTION clv.observations_combine(clv.observation_table, clv.observation_table) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_observations_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.observations_combine(clv.observation_table, clv.observation_table) IS 'combine function of the clv.fit and clv.observe aggregates, transition function of clv.merge';

CREATE FUNCTION clv.observations_final(clv.observation_table) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_observations_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.observations_final(clv.observation_table) IS 'final function of the clv.observe aggregates and of clv.merge';

CREATE FUNCTION clv.fit(clv.observation_table) RETURNS clv.model
	AS 'MODULE_PATHNAME', 'clv_fit_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION clv.fit(clv.observation_table) IS 'model fitted by maximum likelihood to collected observations; final function of the clv.fit aggregates';

-- How rows are counted

CREATE FUNCTION clv.fit_trans(clv.observation_table, text, clv.history, date) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_fit_history_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.fit_trans(clv.observation_table, text, clv.history, date) IS 'transition function of clv.fit';

CREATE FUNCTION clv.fit_trans(clv.observation_table, text, float8, float8, float8) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_fit_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.fit_trans(clv.observation_table, text, float8, float8, float8) IS 'transition function of clv.fit';

CREATE FUNCTION clv.fit_trans(clv.observation_table, text, float8, float8, float8, float8) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_fit_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.fit_trans(clv.observation_table, text, float8, float8, float8, float8) IS 'transition function of clv.fit';

CREATE FUNCTION clv.fit_trans(clv.observation_table, text, float8, float8, float8, float8, float8) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_fit_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.fit_trans(clv.observation_table, text, float8, float8, float8, float8, float8) IS 'transition function of clv.fit';

CREATE FUNCTION clv.fit_spend_trans(clv.observation_table, clv.history, date) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_fit_spend_history_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.fit_spend_trans(clv.observation_table, clv.history, date) IS 'transition function of clv.fit_spend';

CREATE FUNCTION clv.fit_spend_trans(clv.observation_table, float8, float8) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_fit_spend_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.fit_spend_trans(clv.observation_table, float8, float8) IS 'transition function of clv.fit_spend';

CREATE FUNCTION clv.fit_spend_trans(clv.observation_table, float8, float8, float8) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_fit_spend_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.fit_spend_trans(clv.observation_table, float8, float8, float8) IS 'transition function of clv.fit_spend';

CREATE FUNCTION clv.fit_renewals_trans(clv.observation_table, text, int, float8) RETURNS clv.observation_table
	AS 'MODULE_PATHNAME', 'clv_fit_renewals_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.fit_renewals_trans(clv.observation_table, text, int, float8) IS 'transition function of clv.fit_renewals';

-- Aggregates over customers

CREATE AGGREGATE clv.fit(family text, h clv.history, as_of date) (
	SFUNC = clv.fit_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.fit, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.fit(text, clv.history, date) IS 'model fitted by maximum likelihood to the histories of customers up to day as_of, in days; customers without a purchase by then do not count; the family may carry options, such as bg/nbd(penalty=0.01, max_iterations=500); family and last day must be the same in all rows of a group; NULL for no customer at all';

CREATE AGGREGATE clv.observe(family text, h clv.history, as_of date) (
	SFUNC = clv.fit_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.observations_final, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.observe(text, clv.history, date) IS 'observations, for a later clv.fit(clv.observation_table), of the histories of customers up to day as_of, in days; customers without a purchase by then do not count; the family may carry options, such as bg/nbd(penalty=0.01, max_iterations=500); family and last day must be the same in all rows of a group; NULL for no customer at all';

CREATE AGGREGATE clv.fit(family text, x float8, t_x float8, age float8) (
	SFUNC = clv.fit_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.fit, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.fit(text, float8, float8, float8) IS 'model fitted by maximum likelihood to statistics of customers: x repeat purchase days, the last t_x after the first, observed until age after the first, in any unit of time; the family may carry options, such as bg/nbd(penalty=0.01, max_iterations=500); family and last day must be the same in all rows of a group; NULL for no customer at all';

CREATE AGGREGATE clv.observe(family text, x float8, t_x float8, age float8) (
	SFUNC = clv.fit_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.observations_final, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.observe(text, float8, float8, float8) IS 'observations, for a later clv.fit(clv.observation_table), of statistics of customers: x repeat purchase days, the last t_x after the first, observed until age after the first, in any unit of time; the family may carry options, such as bg/nbd(penalty=0.01, max_iterations=500); family and last day must be the same in all rows of a group; NULL for no customer at all';

CREATE AGGREGATE clv.fit(family text, x float8, t_x float8, age float8, weight float8) (
	SFUNC = clv.fit_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.fit, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.fit(text, float8, float8, float8, float8) IS 'model fitted by maximum likelihood to statistics of customers, each row standing for weight of them; the family may carry options, such as bg/nbd(penalty=0.01, max_iterations=500); family and last day must be the same in all rows of a group; NULL for no customer at all';

CREATE AGGREGATE clv.observe(family text, x float8, t_x float8, age float8, weight float8) (
	SFUNC = clv.fit_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.observations_final, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.observe(text, float8, float8, float8, float8) IS 'observations, for a later clv.fit(clv.observation_table), of statistics of customers, each row standing for weight of them; the family may carry options, such as bg/nbd(penalty=0.01, max_iterations=500); family and last day must be the same in all rows of a group; NULL for no customer at all';

CREATE AGGREGATE clv.fit(family text, x float8, t_x float8, age float8, weight float8, log_gaps float8) (
	SFUNC = clv.fit_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.fit, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.fit(text, float8, float8, float8, float8, float8) IS 'model fitted by maximum likelihood to statistics of customers for families with a regularity k, log_gaps being the sum of the natural logarithms of the x gaps between purchase days; the family may carry options, such as bg/nbd(penalty=0.01, max_iterations=500); family and last day must be the same in all rows of a group; NULL for no customer at all';

CREATE AGGREGATE clv.observe(family text, x float8, t_x float8, age float8, weight float8, log_gaps float8) (
	SFUNC = clv.fit_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.observations_final, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.observe(text, float8, float8, float8, float8, float8) IS 'observations, for a later clv.fit(clv.observation_table), of statistics of customers for families with a regularity k, log_gaps being the sum of the natural logarithms of the x gaps between purchase days; the family may carry options, such as bg/nbd(penalty=0.01, max_iterations=500); family and last day must be the same in all rows of a group; NULL for no customer at all';

CREATE AGGREGATE clv.fit_spend(h clv.history, as_of date) (
	SFUNC = clv.fit_spend_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.fit, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.fit_spend(clv.history, date) IS 'model fitted by maximum likelihood to the mean amount of each customer''s repeat purchase days up to as_of: a gamma-gamma model; customers without repeat purchase, or with a mean that is not positive, do not count';

CREATE AGGREGATE clv.observe_spend(h clv.history, as_of date) (
	SFUNC = clv.fit_spend_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.observations_final, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.observe_spend(clv.history, date) IS 'observations, for a later clv.fit(clv.observation_table), of the mean amount of each customer''s repeat purchase days up to as_of: a gamma-gamma model; customers without repeat purchase, or with a mean that is not positive, do not count';

CREATE AGGREGATE clv.fit_spend(x float8, spend float8) (
	SFUNC = clv.fit_spend_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.fit, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.fit_spend(float8, float8) IS 'model fitted by maximum likelihood to the mean spend of x repeat purchases of each customer: a gamma-gamma model; customers with x = 0 do not count';

CREATE AGGREGATE clv.observe_spend(x float8, spend float8) (
	SFUNC = clv.fit_spend_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.observations_final, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.observe_spend(float8, float8) IS 'observations, for a later clv.fit(clv.observation_table), of the mean spend of x repeat purchases of each customer: a gamma-gamma model; customers with x = 0 do not count';

CREATE AGGREGATE clv.fit_spend(x float8, spend float8, weight float8) (
	SFUNC = clv.fit_spend_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.fit, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.fit_spend(float8, float8, float8) IS 'model fitted by maximum likelihood to the mean spend of x repeat purchases, each row standing for weight customers: a gamma-gamma model';

CREATE AGGREGATE clv.observe_spend(x float8, spend float8, weight float8) (
	SFUNC = clv.fit_spend_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.observations_final, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.observe_spend(float8, float8, float8) IS 'observations, for a later clv.fit(clv.observation_table), of the mean spend of x repeat purchases, each row standing for weight customers: a gamma-gamma model';

CREATE AGGREGATE clv.fit_renewals(family text, period int, survivors float8) (
	SFUNC = clv.fit_renewals_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.fit, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.fit_renewals(text, int, float8) IS 'model fitted by maximum likelihood to the survivors of a subscription cohort: family sbg or bdw; period 0 is the whole cohort, each period stands there once';

CREATE AGGREGATE clv.observe_renewals(family text, period int, survivors float8) (
	SFUNC = clv.fit_renewals_trans, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.observations_final, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.observe_renewals(text, int, float8) IS 'observations, for a later clv.fit(clv.observation_table), of the survivors of a subscription cohort: family sbg or bdw; period 0 is the whole cohort, each period stands there once';

-- Merging what was collected

CREATE AGGREGATE clv.merge(observations clv.observation_table) (
	SFUNC = clv.observations_combine, STYPE = clv.observation_table, SSPACE = 65536,
	FINALFUNC = clv.observations_final, COMBINEFUNC = clv.observations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.merge(clv.observation_table) IS 'all observations of several tables: a fit to them equals one to all customers at once, to the last bit';
