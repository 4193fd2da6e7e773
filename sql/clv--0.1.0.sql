/* clv: customer lifetime value, computed where the orders are */

-- Complain if the script is sourced in psql rather than run by CREATE EXTENSION.
\echo Use "CREATE EXTENSION clv" to load this file. \quit

-- What somebody else has prepared in a schema clv could be mistaken for ours: the schema is new, or it is empty.
DO $$
DECLARE
	found pg_catalog.text;
BEGIN
	SELECT prepared.object INTO found FROM (
		SELECT 'function ' OPERATOR(pg_catalog.||) proname::pg_catalog.text, pronamespace FROM pg_catalog.pg_proc
		UNION ALL
		SELECT 'operator ' OPERATOR(pg_catalog.||) oprname::pg_catalog.text, oprnamespace FROM pg_catalog.pg_operator
		UNION ALL
		SELECT 'type ' OPERATOR(pg_catalog.||) typname::pg_catalog.text, typnamespace FROM pg_catalog.pg_type
		UNION ALL
		SELECT 'relation ' OPERATOR(pg_catalog.||) relname::pg_catalog.text, relnamespace FROM pg_catalog.pg_class
	) AS prepared (object, namespace)
	JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) prepared.namespace
	WHERE n.nspname OPERATOR(pg_catalog.=) 'clv' LIMIT 1;
	IF found IS NOT NULL THEN
		RAISE EXCEPTION 'schema clv is not empty' USING ERRCODE = 'duplicate_object',
			DETAIL = pg_catalog.format('It holds the %s.', found),
			HINT = 'clv has the schema to itself: move these objects elsewhere, then create the extension.';
	END IF;
END
$$;

-- Every function runs with the rights of its caller.
GRANT USAGE ON SCHEMA clv TO PUBLIC;

-- Periods of the calendar: day, week, month, quarter, year.

CREATE FUNCTION clv.period_start(day date, period text, week_start text DEFAULT 'monday') RETURNS date
AS 'MODULE_PATHNAME', 'clv_period_start_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION clv.period_start(date, text, text) IS
'first day of the calendar period that holds a day; periods are day, week, month, quarter and year, weeks begin on the given weekday';

CREATE FUNCTION clv.period_end(day date, period text, week_start text DEFAULT 'monday') RETURNS date
AS 'MODULE_PATHNAME', 'clv_period_end_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION clv.period_end(date, text, text) IS
'last day of the calendar period that holds a day';

CREATE FUNCTION clv.periods_between(from_day date, to_day date, period text, week_start text DEFAULT 'monday') RETURNS int
AS 'MODULE_PATHNAME', 'clv_periods_between'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION clv.periods_between(date, date, text, text) IS
'number of period borders crossed on the way from one day to another: 0 within a period, negative backwards';

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

--
-- clv.history: everything one customer bought
--

CREATE TYPE clv.history;

CREATE FUNCTION clv.history_in(cstring) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_history_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.history_in(cstring) IS 'text input of clv.history';

CREATE FUNCTION clv.history_out(clv.history) RETURNS cstring
	AS 'MODULE_PATHNAME', 'clv_history_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.history_out(clv.history) IS 'text output of clv.history';

CREATE FUNCTION clv.history_recv(internal) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_history_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.history_recv(internal) IS 'binary input of clv.history';

CREATE FUNCTION clv.history_send(clv.history) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_history_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.history_send(clv.history) IS 'binary output of clv.history';

CREATE TYPE clv.history (
	INPUT = clv.history_in,
	OUTPUT = clv.history_out,
	RECEIVE = clv.history_recv,
	SEND = clv.history_send,
	INTERNALLENGTH = VARIABLE,
	STORAGE = external
);
COMMENT ON TYPE clv.history IS 'everything one customer bought: each purchase day with its number of orders and their exact amount; text form {2024-01-05 29.33, 2024-02-11*2 59.06}, where *2 counts the orders of the day';

-- Aggregates that collect one

CREATE FUNCTION clv.order_history_trans(clv.history, date, numeric) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_order_history_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.order_history_trans(clv.history, date, numeric) IS 'transition function of clv.order_history';

CREATE FUNCTION clv.order_history_trans(clv.history, date, float8) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_order_history_float8_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.order_history_trans(clv.history, date, float8) IS 'transition function of clv.order_history';

CREATE FUNCTION clv.order_history_trans(clv.history, date) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_order_history_date_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.order_history_trans(clv.history, date) IS 'transition function of clv.order_history';

CREATE FUNCTION clv.order_history_trans(clv.history, date, numeric, int) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_order_history_orders_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.order_history_trans(clv.history, date, numeric, int) IS 'transition function of clv.order_history';

CREATE FUNCTION clv.order_history_trans(clv.history, timestamp, numeric) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_order_history_timestamp_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.order_history_trans(clv.history, timestamp, numeric) IS 'transition function of clv.order_history';

CREATE FUNCTION clv.order_history_trans(clv.history, timestamptz, numeric, text) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_order_history_timestamptz_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.order_history_trans(clv.history, timestamptz, numeric, text) IS 'transition function of clv.order_history';

CREATE FUNCTION clv.merge_trans(clv.history, clv.history) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_merge_history_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.merge_trans(clv.history, clv.history) IS 'transition function of clv.merge';

CREATE FUNCTION clv.history_combine(clv.history, clv.history) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_history_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.history_combine(clv.history, clv.history) IS 'combine function of clv.order_history and clv.merge';

CREATE FUNCTION clv.history_final(clv.history) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_history_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.history_final(clv.history) IS 'final function of clv.order_history and clv.merge: the canonical form';

CREATE AGGREGATE clv.order_history(ordered_on date, amount numeric) (
	SFUNC = clv.order_history_trans, STYPE = clv.history, SSPACE = 128,
	FINALFUNC = clv.history_final, COMBINEFUNC = clv.history_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.order_history(date, numeric) IS 'history of one customer: one row is one order of a day with its amount; rows with a NULL are skipped; an infinite date is 22008, a NaN or infinite amount 22023, an amount beyond 37 digits 22003';

CREATE AGGREGATE clv.order_history(ordered_on date, amount float8) (
	SFUNC = clv.order_history_trans, STYPE = clv.history, SSPACE = 128,
	FINALFUNC = clv.history_final, COMBINEFUNC = clv.history_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.order_history(date, float8) IS 'history of one customer; an amount counts as its shortest decimal, 0.1 as exactly 0.1';

CREATE AGGREGATE clv.order_history(ordered_on date) (
	SFUNC = clv.order_history_trans, STYPE = clv.history, SSPACE = 128,
	FINALFUNC = clv.history_final, COMBINEFUNC = clv.history_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.order_history(date) IS 'history of one customer without amounts';

CREATE AGGREGATE clv.order_history(ordered_on date, amount numeric, orders int) (
	SFUNC = clv.order_history_trans, STYPE = clv.history, SSPACE = 128,
	FINALFUNC = clv.history_final, COMBINEFUNC = clv.history_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.order_history(date, numeric, int) IS 'history of one customer from rows that stand for several orders, for none (0: a refund, which changes the amount but is no purchase) or for removed ones (negative)';

CREATE AGGREGATE clv.order_history(ordered_at timestamp, amount numeric) (
	SFUNC = clv.order_history_trans, STYPE = clv.history, SSPACE = 128,
	FINALFUNC = clv.history_final, COMBINEFUNC = clv.history_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.order_history(timestamp, numeric) IS 'history of one customer; the day is the one written in the timestamp';

CREATE AGGREGATE clv.order_history(ordered_at timestamptz, amount numeric, zone text) (
	SFUNC = clv.order_history_trans, STYPE = clv.history, SSPACE = 128,
	FINALFUNC = clv.history_final, COMBINEFUNC = clv.history_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.order_history(timestamptz, numeric, text) IS 'history of one customer; the day is the one that the clocks of the zone show, a full name such as Europe/Paris; nothing depends on the session';

CREATE AGGREGATE clv.merge(history clv.history) (
	SFUNC = clv.merge_trans, STYPE = clv.history, SSPACE = 128,
	FINALFUNC = clv.history_final, COMBINEFUNC = clv.history_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.merge(clv.history) IS 'one history from several: the orders of all of them, as if they had been collected together';

-- Histories from histories

CREATE FUNCTION clv.remove("from" clv.history, gone clv.history) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_remove' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.remove(clv.history, clv.history) IS 'the first history without the orders of the second; orders that it does not have leave negative entries, so that remove undoes merge in any order';

CREATE FUNCTION clv.truncate(h clv.history, as_of date) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_truncate' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.truncate(clv.history, date) IS 'the history up to and including a day';

CREATE FUNCTION clv.slice(h clv.history, from_date date, to_date date) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_slice' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.slice(clv.history, date, date) IS 'the history from one day (included) to another (excluded); infinite days are no bound';

-- What is read off a history

CREATE FUNCTION clv.orders(h clv.history) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clv_orders' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.orders(clv.history) IS 'number of orders';

CREATE FUNCTION clv.purchase_days(h clv.history) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clv_purchase_days' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.purchase_days(clv.history) IS 'number of days with at least one order';

CREATE FUNCTION clv.revenue(h clv.history) RETURNS numeric
	AS 'MODULE_PATHNAME', 'clv_revenue' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.revenue(clv.history) IS 'exact sum of all amounts, refunds included, in the currency of the orders';

CREATE FUNCTION clv.first_order(h clv.history) RETURNS date
	AS 'MODULE_PATHNAME', 'clv_first_order' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.first_order(clv.history) IS 'day of the first order; NULL if there is none';

CREATE FUNCTION clv.last_order(h clv.history) RETURNS date
	AS 'MODULE_PATHNAME', 'clv_last_order' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.last_order(clv.history) IS 'day of the last order; NULL if there is none';

CREATE FUNCTION clv.statistics(h clv.history, as_of date,
		OUT frequency int, OUT t_x float8, OUT age float8, OUT spend float8)
	AS 'MODULE_PATHNAME', 'clv_statistics' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.statistics(clv.history, date) IS 'what purchase models know of a customer at the end of day as_of: frequency (purchase days after the first), t_x (days from the first to the last), age (days from the first to as_of), spend (mean amount of the repeat purchase days, NULL if there are none); later orders are ignored; NULL for a customer without orders by then; source: Fader, Hardie and Lee 2005';

CREATE FUNCTION clv.purchases(h clv.history, OUT day date, OUT orders int, OUT amount numeric) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_purchases' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION clv.purchases(clv.history) IS 'the purchase days in order, each with its number of orders and their amount';

-- Comparison: equal histories are equal byte by byte

CREATE FUNCTION clv.history_eq(clv.history, clv.history) RETURNS boolean
	AS 'MODULE_PATHNAME', 'clv_history_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.history_eq(clv.history, clv.history) IS 'implementation of the = operator';

CREATE FUNCTION clv.history_ne(clv.history, clv.history) RETURNS boolean
	AS 'MODULE_PATHNAME', 'clv_history_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.history_ne(clv.history, clv.history) IS 'implementation of the <> operator';

CREATE FUNCTION clv.history_hash(clv.history) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_history_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.history_hash(clv.history) IS 'hash of a history, for grouping and DISTINCT';

CREATE OPERATOR clv.= (
	LEFTARG = clv.history, RIGHTARG = clv.history, FUNCTION = clv.history_eq,
	COMMUTATOR = OPERATOR(clv.=), NEGATOR = OPERATOR(clv.<>),
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel, HASHES
);
COMMENT ON OPERATOR clv.= (clv.history, clv.history) IS 'same orders on the same days';

CREATE OPERATOR clv.<> (
	LEFTARG = clv.history, RIGHTARG = clv.history, FUNCTION = clv.history_ne,
	COMMUTATOR = OPERATOR(clv.<>), NEGATOR = OPERATOR(clv.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR clv.<> (clv.history, clv.history) IS 'not the same orders on the same days';

CREATE OPERATOR CLASS clv.history_ops DEFAULT FOR TYPE clv.history USING hash AS
	OPERATOR 1 clv.= (clv.history, clv.history),
	FUNCTION 1 clv.history_hash(clv.history);
COMMENT ON OPERATOR CLASS clv.history_ops USING hash IS 'equality of histories, for hashed grouping and joins';
COMMENT ON OPERATOR FAMILY clv.history_ops USING hash IS 'equality of histories, for hashed grouping and joins';

--
-- clv.histories: the histories of a whole order table
--

CREATE FUNCTION clv.histories(source regclass, customer name, ordered_at name, amount name, key anyelement,
		zone text DEFAULT NULL)
	RETURNS TABLE (customer anyelement, history clv.history)
	AS 'MODULE_PATHNAME', 'clv_histories_relation' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 100000;
COMMENT ON FUNCTION clv.histories(regclass, name, name, name, anyelement, text) IS 'the history of every customer of an order table, view or foreign table, in one scan: source with its columns for customer, time of order (date, timestamp, or timestamptz with a zone such as Europe/Paris) and amount (NULL for none); key only names the type of the customers, such as NULL::bigint; rows with a NULL are skipped; runs with the rights and row-level security of the caller; uses work_mem, then temporary files';

CREATE FUNCTION clv.histories(query text, key anyelement, zone text DEFAULT NULL)
	RETURNS TABLE (customer anyelement, history clv.history)
	AS 'MODULE_PATHNAME', 'clv_histories_query' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 100000;
COMMENT ON FUNCTION clv.histories(text, anyelement, text) IS 'the history of every customer in the rows of a query: customer, time of order and, if wanted, amount and number of orders (integer; 0 for a refund, negative for removed orders); the query is a single SELECT and runs with the rights of the caller';

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
COMMENT ON TYPE clv.model IS 'a purchase model: family and parameters, such as bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426), optionally followed by ; and its unit of time (unit=7 days) and what a fit found (status, log-likelihood, customers, covariance)';

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
COMMENT ON FUNCTION clv.parameters(clv.model, float8) IS 'the parameters of a model with standard errors from the observed information and a confidence interval at the given level, computed on the scale of the logarithm; NULL where the model has none (given by hand, at a bound, flat)';

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
--
-- Predictions: what a model says about a customer
--
-- On statistics, time is counted in the unit of the model.  On histories, days are converted to it
-- (to days where the model does not know its unit), and a customer without a purchase by as_of gives NULL.
--

-- Log-likelihood

CREATE FUNCTION clv.log_likelihood(m clv.model, x float8, t_x float8, age float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_log_likelihood_statistics' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.log_likelihood(clv.model, float8, float8, float8) IS 'natural logarithm of the likelihood of a customer with x repeat purchases, the last t_x after the first, observed until age';

CREATE FUNCTION clv.log_likelihood(m clv.model, x float8, t_x float8, age float8, log_gaps float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_log_likelihood_statistics' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.log_likelihood(clv.model, float8, float8, float8, float8) IS 'natural logarithm of the likelihood of a customer with x repeat purchases, the last t_x after the first, observed until age, for families with a regularity k; log_gaps is the sum of the logarithms of the x gaps';

CREATE FUNCTION clv.log_likelihood(m clv.model, x float8, spend float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_log_likelihood_spend' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.log_likelihood(clv.model, float8, float8) IS 'natural logarithm of the likelihood of a mean spend of x purchases under a gamma-gamma model';

-- P(alive)

CREATE FUNCTION clv.p_alive(m clv.model, x float8, t_x float8, age float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_p_alive' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.p_alive(clv.model, float8, float8, float8) IS 'probability that a customer is still one at age; bg/bb: at the next opportunity';

CREATE FUNCTION clv.p_alive(m clv.model, x float8, t_x float8, age float8, later float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_p_alive_later' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.p_alive(clv.model, float8, float8, float8, float8) IS 'probability that a customer is still one at age + later, whatever happens in between';

CREATE FUNCTION clv.p_alive(m clv.model, h clv.history, as_of date) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_p_alive_history' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.p_alive(clv.model, clv.history, date) IS 'probability that a customer is still one at the end of day as_of; later orders are ignored';

CREATE FUNCTION clv.p_alive(m clv.model, h clv.history, as_of date, at date) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_p_alive_history_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.p_alive(clv.model, clv.history, date, date) IS 'probability that a customer is still one at the end of a day after as_of, as seen from as_of';

-- Expected orders

CREATE FUNCTION clv.expected_orders(m clv.model, x float8, t_x float8, age float8, horizon float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_orders' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.expected_orders(clv.model, float8, float8, float8, float8) IS 'expected number of purchase days in (age, age + horizon]; source: the paper of the family, see clv.families()';

CREATE FUNCTION clv.expected_orders(m clv.model, x float8, t_x float8, age float8, from_time float8, to_time float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_orders_between' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.expected_orders(clv.model, float8, float8, float8, float8, float8) IS 'expected number of purchase days in (age + from_time, age + to_time]';

CREATE FUNCTION clv.expected_orders(m clv.model, h clv.history, as_of date, horizon interval) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_orders_history' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.expected_orders(clv.model, clv.history, date, interval) IS 'expected number of purchase days after as_of up to as_of + horizon, by the calendar';

CREATE FUNCTION clv.expected_orders(m clv.model, h clv.history, as_of date, from_day date, to_day date) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_orders_history_between' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.expected_orders(clv.model, clv.history, date, date, date) IS 'expected number of purchase days after from_day up to to_day, both not before as_of';

CREATE FUNCTION clv.expected_orders_new(m clv.model, horizon float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_orders_new' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.expected_orders_new(clv.model, float8) IS 'expected number of repeat purchase days of a new customer in the horizon after the first';

-- Probability of a number of orders

CREATE FUNCTION clv.order_probability(m clv.model, horizon float8, n int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_order_probability_new' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.order_probability(clv.model, float8, int) IS 'probability that a new customer makes exactly n repeat purchases in the horizon after the first';

CREATE FUNCTION clv.order_probability(m clv.model, x float8, t_x float8, age float8, horizon float8, n int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_order_probability' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.order_probability(clv.model, float8, float8, float8, float8, int) IS 'probability of exactly n purchases in (age, age + horizon]; n = 0 is the working definition of churn';

CREATE FUNCTION clv.order_probability(m clv.model, h clv.history, as_of date, horizon interval, n int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_order_probability_history' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.order_probability(clv.model, clv.history, date, interval, int) IS 'probability of exactly n purchase days after as_of up to as_of + horizon';

-- Discounted orders

CREATE FUNCTION clv.dert(m clv.model, x float8, t_x float8, age float8, rate float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_dert' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.dert(clv.model, float8, float8, float8, float8) IS 'discounted expected residual transactions: expected purchases after age, each multiplied by exp(-rate × time from age on); rate is continuous per unit of time, for bg/bb per opportunity as in 1 / (1 + rate); source: Fader, Hardie and Lee 2005';

CREATE FUNCTION clv.dert(m clv.model, x float8, t_x float8, age float8, rate float8, horizon float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_dert' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.dert(clv.model, float8, float8, float8, float8, float8) IS 'discounted expected purchases in (age, age + horizon]';

CREATE FUNCTION clv.dert(m clv.model, h clv.history, as_of date, annual_rate float8, horizon interval DEFAULT NULL) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_dert_history' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.dert(clv.model, clv.history, date, float8, interval) IS 'discounted expected purchases after as_of, up to as_of + horizon or without end; 0.1 is 10 % a year, discounted continuously by ln(1 + annual_rate) / 365.2425 a day';

-- The next order

CREATE FUNCTION clv.next_order(m clv.model, x float8, t_x float8, age float8, probability float8 DEFAULT 0.5) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_next_order' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.next_order(clv.model, float8, float8, float8, float8) IS 'time from age until the next purchase has come with the given probability, 0.5 being the median; NULL if it never becomes that likely';

CREATE FUNCTION clv.next_order_on(m clv.model, h clv.history, as_of date, probability float8 DEFAULT 0.5) RETURNS date
	AS 'MODULE_PATHNAME', 'clv_next_order_on' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.next_order_on(clv.model, clv.history, date, float8) IS 'day by which the next purchase has come with the given probability, 0.5 being the median; NULL if it never becomes that likely';

-- Spend

CREATE FUNCTION clv.expected_spend(m clv.model, x float8, spend float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_spend' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.expected_spend(clv.model, float8, float8) IS 'expected amount per order of a customer whose x repeat purchases had that mean: between the own mean and that of the base; with x = 0 the mean of the base; source: Fader, Hardie and Lee 2005; Fader and Hardie 2013';

CREATE FUNCTION clv.expected_spend(m clv.model, h clv.history, as_of date) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_spend_history' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.expected_spend(clv.model, clv.history, date) IS 'expected amount per order of a customer; without repeat purchases, or with a mean that is not positive, that of the base';

CREATE FUNCTION clv.expected_spend_new(m clv.model) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_expected_spend_new' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.expected_spend_new(clv.model) IS 'expected amount per order of a new customer: the mean of the base';

CREATE FUNCTION clv.spend_weight(m clv.model, x float8, spend float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_spend_weight' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.spend_weight(clv.model, float8, float8) IS 'weight in [0, 1] of the customer''s own mean in clv.expected_spend';

CREATE FUNCTION clv.spend_weight(m clv.model, h clv.history, as_of date) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_spend_weight_history' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.spend_weight(clv.model, clv.history, date) IS 'weight in [0, 1] of the customer''s own mean in clv.expected_spend';

-- Value

CREATE FUNCTION clv.residual_value(m clv.model, spend_model clv.model, h clv.history, as_of date, annual_rate float8,
		margin float8 DEFAULT 1, horizon interval DEFAULT NULL) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_residual_value' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.residual_value(clv.model, clv.model, clv.history, date, float8, float8, interval) IS 'value of the orders a customer will still make: expected spend × margin × discounted expected orders after as_of, up to as_of + horizon or without end; the first order and the past are not in it; unit: that of the amounts';

-- Subscriptions: sbg and bdw

CREATE FUNCTION clv.survival(m clv.model, t float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_survival' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival(clv.model, float8) IS 'share of a cohort still active after t periods';

CREATE FUNCTION clv.retention_rate(m clv.model, t float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_retention_rate' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.retention_rate(clv.model, float8) IS 'share of those active after period t - 1 who renew into period t, t >= 1';

CREATE FUNCTION clv.discounted_lifetime(m clv.model, rate float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_discounted_lifetime' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.discounted_lifetime(clv.model, float8) IS 'expected number of payments of a new subscriber, the one of now counted, each divided by (1 + rate) for every period until it: DEL; source: Fader and Hardie 2010';

CREATE FUNCTION clv.discounted_residual_lifetime(m clv.model, renewals int, rate float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_discounted_residual_lifetime' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.discounted_residual_lifetime(clv.model, int, float8) IS 'expected number of payments still to come of a subscriber who has renewed so many times, seen just before the next renewal: DERL; source: Fader and Hardie 2010';
--
-- Customers drawn from a model
--

CREATE FUNCTION clv.simulate(m clv.model, spend_model clv.model, customers int, start date, until date, seed bigint,
		acquired_until date DEFAULT NULL, OUT customer bigint, OUT ordered_on date, OUT amount numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_simulate' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 100000 COST 100000;
COMMENT ON FUNCTION clv.simulate(clv.model, clv.model, int, date, date, bigint, date) IS 'the orders, with amounts in cents, of so many customers drawn from a model of orders and a model of spend (NULL: no amounts); first orders are spread evenly from start to acquired_until (until if NULL), later ones end with until; the same seed gives the same orders on every machine';
--
-- How sure a model is of a prediction
--

CREATE FUNCTION clv.confidence_interval(m clv.model, what text, x float8, t_x float8, age float8,
		horizon float8 DEFAULT NULL, rate float8 DEFAULT NULL, level float8 DEFAULT 0.95,
		OUT estimate float8, OUT std_error float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_confidence_interval' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.confidence_interval(clv.model, text, float8, float8, float8, float8, float8, float8) IS 'confidence interval of a prediction for a customer: p_alive (horizon: that much later), expected_orders (within the horizon), no_order (probability of none in the horizon), dert (at the continuous rate, within the horizon or without end); delta method from the covariance of the parameters; NULL bounds where the model has none';

CREATE FUNCTION clv.confidence_interval(m clv.model, what text, h clv.history, as_of date,
		horizon interval DEFAULT NULL, annual_rate float8 DEFAULT NULL, level float8 DEFAULT 0.95,
		OUT estimate float8, OUT std_error float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_confidence_interval_history' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.confidence_interval(clv.model, text, clv.history, date, interval, float8, float8) IS 'confidence interval of a prediction for a customer: p_alive, expected_orders, no_order, dert, expected_spend; delta method from the covariance of the parameters; NULL for a customer without a purchase by as_of, NULL bounds where the model has no covariance';

CREATE FUNCTION clv.confidence_interval(m clv.model, what text, t float8 DEFAULT NULL,
		OUT estimate float8, OUT std_error float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_confidence_interval_new' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.confidence_interval(clv.model, text, float8) IS '95 % confidence interval of a prediction for the base: expected_orders_new (in time t), expected_spend_new, survival and retention_rate (at period t); delta method from the covariance of the parameters; NULL bounds where the model has none';
--
-- Why a customer is worth so much
--

CREATE FUNCTION clv.explain(m clv.model, spend_model clv.model, h clv.history, as_of date, annual_rate float8,
		margin float8 DEFAULT 1, horizon interval DEFAULT NULL,
		OUT step int, OUT term text, OUT factor float8, OUT product float8, OUT meaning text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 8;
COMMENT ON FUNCTION clv.explain(clv.model, clv.model, clv.history, date, float8, float8, interval) IS 'the value of clv.residual_value factor by factor: order rate of the base, rate of this customer, P(alive), years of activity, discount, spend of the base, spend of this customer, margin; product is the value so far, its last row the value';
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
--
-- clv.cohort_table: customers counted by the period of their first purchase and by the periods since
--

CREATE TYPE clv.cohort_table;

CREATE FUNCTION clv.cohort_table_in(cstring) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_table_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_table_in(cstring) IS 'text input of clv.cohort_table';

CREATE FUNCTION clv.cohort_table_out(clv.cohort_table) RETURNS cstring
	AS 'MODULE_PATHNAME', 'clv_cohort_table_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_table_out(clv.cohort_table) IS 'text output of clv.cohort_table';

CREATE FUNCTION clv.cohort_table_recv(internal) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_table_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_table_recv(internal) IS 'binary input of clv.cohort_table';

CREATE FUNCTION clv.cohort_table_send(clv.cohort_table) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_cohort_table_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_table_send(clv.cohort_table) IS 'binary output of clv.cohort_table';

CREATE TYPE clv.cohort_table (
	INPUT = clv.cohort_table_in,
	OUTPUT = clv.cohort_table_out,
	RECEIVE = clv.cohort_table_recv,
	SEND = clv.cohort_table_send,
	INTERNALLENGTH = VARIABLE,
	STORAGE = extended
);
COMMENT ON TYPE clv.cohort_table IS 'customers counted by the period of their first purchase and by the periods since, with their orders and exact revenue; tables of the same period, week start and last day observed can be merged';

-- Aggregates that count

CREATE FUNCTION clv.cohort_state_trans(clv.cohort_table, clv.history, text, date) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_state_trans(clv.cohort_table, clv.history, text, date) IS 'transition function of clv.cohort_state';

CREATE FUNCTION clv.cohort_state_trans(clv.cohort_table, clv.history, text, date, text) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_state_trans(clv.cohort_table, clv.history, text, date, text) IS 'transition function of clv.cohort_state';

CREATE FUNCTION clv.cohort_state_rolling_trans(clv.cohort_table, clv.history, text, date) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_rolling_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_state_rolling_trans(clv.cohort_table, clv.history, text, date) IS 'transition function of clv.cohort_state_rolling';

CREATE FUNCTION clv.cohort_state_rolling_trans(clv.cohort_table, clv.history, text, date, text) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_rolling_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_state_rolling_trans(clv.cohort_table, clv.history, text, date, text) IS 'transition function of clv.cohort_state_rolling';

CREATE FUNCTION clv.cohort_state_brackets_trans(clv.cohort_table, clv.history, text, date, int[]) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_brackets_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_state_brackets_trans(clv.cohort_table, clv.history, text, date, int[]) IS 'transition function of clv.cohort_state_brackets';

CREATE FUNCTION clv.cohort_state_brackets_trans(clv.cohort_table, clv.history, text, date, int[], text) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_brackets_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_state_brackets_trans(clv.cohort_table, clv.history, text, date, int[], text) IS 'transition function of clv.cohort_state_brackets';

CREATE FUNCTION clv.cohort_state_recurring_trans(clv.cohort_table, clv.history, text, date) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_recurring_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_state_recurring_trans(clv.cohort_table, clv.history, text, date) IS 'transition function of clv.cohort_state_recurring';

CREATE FUNCTION clv.cohort_state_recurring_trans(clv.cohort_table, clv.history, text, date, text) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_recurring_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_state_recurring_trans(clv.cohort_table, clv.history, text, date, text) IS 'transition function of clv.cohort_state_recurring';

CREATE FUNCTION clv.cohort_combine(clv.cohort_table, clv.cohort_table) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_combine' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_combine(clv.cohort_table, clv.cohort_table) IS 'combine function of the cohort aggregates, transition function of clv.merge';

CREATE AGGREGATE clv.cohort_state(h clv.history, period text, as_of date) (
	SFUNC = clv.cohort_state_trans, STYPE = clv.cohort_table, SSPACE = 32768,
	COMBINEFUNC = clv.cohort_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.cohort_state(clv.history, text, date) IS 'customers by the period of their first purchase and by the calendar periods since; period is day, week (from Monday), month, quarter or year; purchases after as_of do not count; read it with clv.cohorts';

CREATE AGGREGATE clv.cohort_state(h clv.history, period text, as_of date, week_start text) (
	SFUNC = clv.cohort_state_trans, STYPE = clv.cohort_table, SSPACE = 32768,
	COMBINEFUNC = clv.cohort_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.cohort_state(clv.history, text, date, text) IS 'the same with weeks that begin on the given weekday';

CREATE AGGREGATE clv.cohort_state_rolling(h clv.history, period text, as_of date) (
	SFUNC = clv.cohort_state_rolling_trans, STYPE = clv.cohort_table, SSPACE = 32768,
	COMBINEFUNC = clv.cohort_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.cohort_state_rolling(clv.history, text, date) IS 'customers by the period of their first purchase and by the periods counted from the day of it: the first month lasts until the day before its anniversary';

CREATE AGGREGATE clv.cohort_state_rolling(h clv.history, period text, as_of date, week_start text) (
	SFUNC = clv.cohort_state_rolling_trans, STYPE = clv.cohort_table, SSPACE = 32768,
	COMBINEFUNC = clv.cohort_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.cohort_state_rolling(clv.history, text, date, text) IS 'the same with cohorts of weeks that begin on the given weekday';

CREATE AGGREGATE clv.cohort_state_brackets(h clv.history, period text, as_of date, days int[]) (
	SFUNC = clv.cohort_state_brackets_trans, STYPE = clv.cohort_table, SSPACE = 32768,
	COMBINEFUNC = clv.cohort_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.cohort_state_brackets(clv.history, text, date, int[]) IS 'customers by the period of their first purchase and by ranges of days since the day of it: {0,1,8,31} are day 0, days 1 to 7 and days 8 to 30; later days do not count';

CREATE AGGREGATE clv.cohort_state_brackets(h clv.history, period text, as_of date, days int[], week_start text) (
	SFUNC = clv.cohort_state_brackets_trans, STYPE = clv.cohort_table, SSPACE = 32768,
	COMBINEFUNC = clv.cohort_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.cohort_state_brackets(clv.history, text, date, int[], text) IS 'the same with cohorts of weeks that begin on the given weekday';

CREATE AGGREGATE clv.cohort_state_recurring(h clv.history, period text, as_of date) (
	SFUNC = clv.cohort_state_recurring_trans, STYPE = clv.cohort_table, SSPACE = 32768,
	COMBINEFUNC = clv.cohort_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.cohort_state_recurring(clv.history, text, date) IS 'customers by every period in which they bought, not only the first, and by the calendar periods since: one customer is a member of several cohorts';

CREATE AGGREGATE clv.cohort_state_recurring(h clv.history, period text, as_of date, week_start text) (
	SFUNC = clv.cohort_state_recurring_trans, STYPE = clv.cohort_table, SSPACE = 32768,
	COMBINEFUNC = clv.cohort_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.cohort_state_recurring(clv.history, text, date, text) IS 'the same with weeks that begin on the given weekday';

CREATE AGGREGATE clv.merge(cohorts clv.cohort_table) (
	SFUNC = clv.cohort_combine, STYPE = clv.cohort_table, SSPACE = 32768,
	COMBINEFUNC = clv.cohort_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.merge(clv.cohort_table) IS 'one cohort table from several of different customers, which have to agree in period, week start, windows and last day observed';

-- Reports

CREATE FUNCTION clv.cohorts(cohorts clv.cohort_table, kind text DEFAULT 'on',
		OUT cohort date, OUT cohort_size bigint, OUT period_number int, OUT period_start date,
		OUT active bigint, OUT rate float8, OUT lower float8, OUT upper float8, OUT complete bool,
		OUT orders bigint, OUT revenue numeric, OUT cumulative_revenue numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_cohorts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 500;
COMMENT ON FUNCTION clv.cohorts(clv.cohort_table, text) IS
'every cell of the retention triangle, 0 where nobody came and no row where nothing can be known yet; active are customers, in the sense of kind (on: in the period; on_or_after: in it or later; rolling: in every period up to it; cumulative: in any period from 1 up to it), rate is their share of the cohort with its 95 % Wilson interval; complete is false while the period runs; orders and revenue are those of the period';

CREATE FUNCTION clv.cohort_rule(cohorts clv.cohort_table) RETURNS text
	AS 'MODULE_PATHNAME', 'clv_cohort_rule' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_rule(clv.cohort_table) IS 'what a table counts: period with the first day of the week, kind of windows and last day observed, such as week(sunday) until 2024-06-30; tables of the same rule can be merged';

CREATE FUNCTION clv.cohort_cells(cohorts clv.cohort_table,
		OUT cohort date, OUT cohort_size bigint, OUT period_number int, OUT period_start date, OUT complete bool,
		OUT active bigint, OUT returned bigint, OUT last_seen bigint, OUT purchase_days bigint, OUT orders bigint,
		OUT revenue numeric, OUT refunds numeric, OUT cumulative_revenue numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_cohort_cells' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 500;
COMMENT ON FUNCTION clv.cohort_cells(clv.cohort_table) IS 'every cell of the triangle with all that was counted: customers active, back for the first time, and seen for the last time so far; purchase days, orders, exact revenue with refunds subtracted, and the refunds in it, which are 0 or negative';

CREATE FUNCTION clv.cohort_value(cohorts clv.cohort_table, margin numeric DEFAULT 1,
		OUT cohort date, OUT cohort_size bigint, OUT period_number int, OUT period_start date, OUT complete bool,
		OUT active bigint, OUT purchase_days bigint, OUT orders bigint, OUT revenue numeric, OUT refunds numeric, OUT order_value numeric,
		OUT orders_per_customer float8, OUT revenue_per_customer numeric, OUT cumulative_revenue numeric,
		OUT cumulative_revenue_per_customer numeric, OUT cumulative_margin_per_customer numeric)
	RETURNS SETOF record LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 500 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF margin IN ('NaN', 'Infinity', '-Infinity') THEN
		RAISE EXCEPTION 'margin out of range' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('The margin is %s.', margin), HINT = 'A margin is the share of revenue that is profit, such as 0.3.';
	END IF;
	RETURN QUERY SELECT c.cohort, c.cohort_size, c.period_number, c.period_start, c.complete, c.active, c.purchase_days, c.orders, c.revenue, c.refunds,
		CASE WHEN c.orders > 0 THEN c.revenue / c.orders END,
		c.orders::float8 / c.cohort_size::float8,
		c.revenue / c.cohort_size,
		c.cumulative_revenue,
		c.cumulative_revenue / c.cohort_size,
		c.cumulative_revenue * margin / c.cohort_size
	FROM clv.cohort_cells(cohorts) AS c;
END $$;
COMMENT ON FUNCTION clv.cohort_value(clv.cohort_table, numeric) IS 'what the customers of each cohort were worth, period by period: orders, revenue, refunds, mean order value, revenue by acquired customer, and running totals; margin is the share of revenue that is profit';

CREATE FUNCTION clv.cohort_curve(cohorts clv.cohort_table, kind text DEFAULT 'on',
		OUT period_number int, OUT cohorts_used int, OUT customers bigint, OUT active bigint,
		OUT weighted_rate float8, OUT lower float8, OUT upper float8, OUT simple_rate float8)
	RETURNS SETOF record LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 50
BEGIN ATOMIC
	SELECT s.period_number, s.cohorts_used, s.customers, s.active, w.rate, w.lower, w.upper, s.simple_rate
	FROM (
		SELECT c.period_number, pg_catalog.count(*)::pg_catalog.int4 AS cohorts_used, pg_catalog.sum(c.cohort_size)::pg_catalog.int8 AS customers,
			pg_catalog.sum(c.active)::pg_catalog.int8 AS active,
			pg_catalog.avg(c.rate ORDER BY c.cohort) AS simple_rate
		FROM clv.cohorts(cohorts, kind) AS c
		WHERE c.complete
		GROUP BY c.period_number) AS s
	CROSS JOIN LATERAL clv.wilson(s.active, s.customers) AS w
	ORDER BY s.period_number;
END;
COMMENT ON FUNCTION clv.cohort_curve(clv.cohort_table, text) IS 'mean retention over the cohorts whose cell is complete, and how many those are: weighted by the customers of each cohort, with the 95 % Wilson interval of all customers together, and the simple mean of the rates; later periods rest on older cohorts alone';

CREATE FUNCTION clv.cohort_matrix(cohorts clv.cohort_table, kind text DEFAULT 'on', measure text DEFAULT 'rate') RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF measure NOT IN ('rate', 'active', 'orders', 'revenue', 'cumulative_revenue') THEN
		RAISE EXCEPTION 'unknown measure' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('The measure is "%s".', measure),
			HINT = 'Measures are ''rate'', ''active'', ''orders'', ''revenue'' and ''cumulative_revenue''.';
	END IF;
	RETURN (
		SELECT jsonb_agg(jsonb_build_object('cohort', r.cohort, 'size', r.cohort_size, 'complete', r.complete, 'values', r.cells) ORDER BY r.cohort)
		FROM (
			SELECT c.cohort, c.cohort_size, count(*) FILTER (WHERE c.complete) AS complete,
				jsonb_agg(CASE measure
					WHEN 'rate' THEN to_jsonb(c.rate)
					WHEN 'active' THEN to_jsonb(c.active)
					WHEN 'orders' THEN to_jsonb(c.orders)
					WHEN 'revenue' THEN to_jsonb(c.revenue)
					ELSE to_jsonb(c.cumulative_revenue) END ORDER BY c.period_number) AS cells
			FROM clv.cohorts(cohorts, kind) AS c
			GROUP BY c.cohort, c.cohort_size) AS r);
END
$$;
COMMENT ON FUNCTION clv.cohort_matrix(clv.cohort_table, text, text) IS 'the triangle as a json array of cohorts with their size, the values by period number, and how many of these are complete; measure is rate, active, orders, revenue or cumulative_revenue; NULL where there are no cohorts';

--
-- How far one customer has come
--

CREATE FUNCTION clv.value_within(h clv.history, days int, as_of date) RETURNS numeric
	AS 'MODULE_PATHNAME', 'clv_value_within_days' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.value_within(clv.history, int, date) IS 'exact amount of all orders up to so many days after the first purchase, 0 for its day alone; NULL while that day lies after as_of, so that a mean takes only customers who were observed long enough';

CREATE FUNCTION clv.days_to_purchase(h clv.history, n int, as_of date) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_days_to_nth_purchase' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.days_to_purchase(clv.history, int, date) IS 'days from the first purchase day to the n-th, n = 2 for the second; NULL if it did not come up to as_of';

CREATE FUNCTION clv.variation(h clv.history, period text, as_of date, week_start text DEFAULT 'monday') RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_variation_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.variation(clv.history, text, date, text) IS 'coefficient of variation of the amounts by period: standard deviation (of a sample) over mean, over the periods from that of the first purchase to the last complete one; 0 is the same every period; NULL for less than two periods or a mean that is not positive';

CREATE TYPE clv.xyz_class AS ENUM ('X', 'Y', 'Z');
COMMENT ON TYPE clv.xyz_class IS 'class of a customer by steadiness: X buys about the same every period, Y varies, Z buys irregularly';

CREATE FUNCTION clv.xyz(variation float8, x float8 DEFAULT 0.5, y float8 DEFAULT 1) RETURNS clv.xyz_class
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT (x >= 0 AND y >= x AND y < 'Infinity') THEN
		RAISE EXCEPTION 'limits of variation out of range' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('x is %s and y is %s.', x, y), HINT = 'Give 0 <= x <= y, both finite.';
	END IF;
	IF variation = 'NaN' THEN
		RAISE EXCEPTION 'variation out of range' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'The variation is NaN.';
	END IF;
	RETURN CASE WHEN variation <= x THEN 'X' WHEN variation <= y THEN 'Y' ELSE 'Z' END::clv.xyz_class;
END
$$;
COMMENT ON FUNCTION clv.xyz(float8, float8, float8) IS 'class of a coefficient of variation: X up to x, Y up to y, Z above; together with clv.abc the nine cells of value and steadiness';

--
-- How much of the value comes from how few customers
--

CREATE TYPE clv.abc_class AS ENUM ('A', 'B', 'C');
COMMENT ON TYPE clv.abc_class IS 'class of a customer by value: A, the fewest of the best who make most of the total; B, the next; C, the rest';

CREATE FUNCTION clv.abc(value numeric) RETURNS clv.abc_class
	AS 'MODULE_PATHNAME', 'clv_abc_numeric' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.abc(numeric) IS 'window function: class of the row within its partition by value, with or without an order; A reaches 80 % of the total of the positive values, A and B 95 %; equal values share the better class; values of zero and below are C, NULL stays NULL';

CREATE FUNCTION clv.abc(value float8) RETURNS clv.abc_class
	AS 'MODULE_PATHNAME', 'clv_abc_float8' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.abc(float8) IS 'window function: class of the row within its partition by value, as for numeric; NaN and infinity are errors (22023)';

CREATE FUNCTION clv.abc(value numeric, a float8, b float8) RETURNS clv.abc_class
	AS 'MODULE_PATHNAME', 'clv_abc_numeric' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.abc(numeric, float8, float8) IS 'window function: class of the row, where A reaches share a of the total and A and B together share b, 0 <= a <= b <= 1; the shares of the first row hold for the partition';

CREATE FUNCTION clv.abc(value float8, a float8, b float8) RETURNS clv.abc_class
	AS 'MODULE_PATHNAME', 'clv_abc_float8' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.abc(float8, float8, float8) IS 'window function: class of the row, where A reaches share a of the total and A and B together share b';

-- clv.lorenz: how the value is distributed over the customers

CREATE TYPE clv.lorenz;

CREATE FUNCTION clv.lorenz_in(cstring) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_lorenz_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lorenz_in(cstring) IS 'text input of clv.lorenz';

CREATE FUNCTION clv.lorenz_out(clv.lorenz) RETURNS cstring
	AS 'MODULE_PATHNAME', 'clv_lorenz_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lorenz_out(clv.lorenz) IS 'text output of clv.lorenz';

CREATE FUNCTION clv.lorenz_recv(internal) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_lorenz_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lorenz_recv(internal) IS 'binary input of clv.lorenz';

CREATE FUNCTION clv.lorenz_send(clv.lorenz) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_lorenz_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lorenz_send(clv.lorenz) IS 'binary output of clv.lorenz';

CREATE TYPE clv.lorenz (
	INPUT = clv.lorenz_in,
	OUTPUT = clv.lorenz_out,
	RECEIVE = clv.lorenz_recv,
	SEND = clv.lorenz_send,
	INTERNALLENGTH = VARIABLE,
	STORAGE = extended
);
COMMENT ON TYPE clv.lorenz IS 'distribution of value over customers: every different value with the number of its customers, exact; text form numeric scale 2 {-1.00, 2.50*3}';

CREATE FUNCTION clv.concentration_trans(clv.lorenz, numeric) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_concentration_numeric_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.concentration_trans(clv.lorenz, numeric) IS 'transition function of clv.concentration';

CREATE FUNCTION clv.concentration_trans(clv.lorenz, float8) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_concentration_float8_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.concentration_trans(clv.lorenz, float8) IS 'transition function of clv.concentration';

CREATE FUNCTION clv.lorenz_combine(clv.lorenz, clv.lorenz) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_lorenz_combine' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lorenz_combine(clv.lorenz, clv.lorenz) IS 'combine function of clv.concentration, transition function of clv.merge';

CREATE AGGREGATE clv.concentration(value numeric) (
	SFUNC = clv.concentration_trans, STYPE = clv.lorenz, SSPACE = 65536,
	COMBINEFUNC = clv.lorenz_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.concentration(numeric) IS 'distribution of value over customers, one row per customer; NULL is skipped, values may be negative; read it with clv.cutoff, clv.top_share, clv.top_customers, clv.gini, clv.lorenz_curve';

CREATE AGGREGATE clv.concentration(value float8) (
	SFUNC = clv.concentration_trans, STYPE = clv.lorenz, SSPACE = 65536,
	COMBINEFUNC = clv.lorenz_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.concentration(float8) IS 'distribution of value over customers, as for numeric; NaN and infinity are errors (22023)';

CREATE AGGREGATE clv.merge(distribution clv.lorenz) (
	SFUNC = clv.lorenz_combine, STYPE = clv.lorenz, SSPACE = 65536,
	COMBINEFUNC = clv.lorenz_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.merge(clv.lorenz) IS 'one distribution from several of different customers';

CREATE FUNCTION clv.customers(l clv.lorenz) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clv_lorenz_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.customers(clv.lorenz) IS 'number of customers, those without value included';

CREATE FUNCTION clv.total(l clv.lorenz) RETURNS numeric
	AS 'MODULE_PATHNAME', 'clv_lorenz_total' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.total(clv.lorenz) IS 'total of the positive values, exact for numeric';

CREATE FUNCTION clv.cutoff(l clv.lorenz, share float8) RETURNS numeric
	AS 'MODULE_PATHNAME', 'clv_lorenz_cutoff_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.cutoff(clv.lorenz, float8) IS 'least value of the best customers who reach a share of the total: customers at or above clv.cutoff(l, 0.8) are those of class A; NULL if the share is 0 or nobody has value';

CREATE FUNCTION clv.top_customers(l clv.lorenz, share float8) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clv_lorenz_top_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.top_customers(clv.lorenz, float8) IS 'least number of customers who together reach a share of the total; NULL if nobody has value';

CREATE FUNCTION clv.top_share(l clv.lorenz, fraction float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_lorenz_top_share_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.top_share(clv.lorenz, float8) IS 'share of the total that the best fraction of all customers makes, the last of them in proportion; NULL if nobody has value';

CREATE FUNCTION clv.largest_share(l clv.lorenz) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_lorenz_largest_share' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.largest_share(clv.lorenz) IS 'share of the total that the largest customer makes; NULL if nobody has value';

CREATE FUNCTION clv.gini(l clv.lorenz) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_lorenz_gini_index' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.gini(clv.lorenz) IS 'index of Gini: 0 where all customers are worth the same, close to 1 where one is worth all; negative values count as 0; NULL if nobody has value';

CREATE FUNCTION clv.lorenz_curve(l clv.lorenz, points int DEFAULT 20,
		OUT customer_share float8, OUT value_share float8, OUT customers float8, OUT value float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_lorenz_curve' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 21;
COMMENT ON FUNCTION clv.lorenz_curve(clv.lorenz, int) IS 'Pareto curve from the best customer down, in steps of 1 / points of all customers: their share of the customers and of the total, their number and value';

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

--
-- clv.survival_table: how long it lasts
--

CREATE TYPE clv.survival_table;

CREATE FUNCTION clv.survival_table_in(cstring) RETURNS clv.survival_table
	AS 'MODULE_PATHNAME', 'clv_survival_table_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival_table_in(cstring) IS 'text input of clv.survival_table';

CREATE FUNCTION clv.survival_table_out(clv.survival_table) RETURNS cstring
	AS 'MODULE_PATHNAME', 'clv_survival_table_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival_table_out(clv.survival_table) IS 'text output of clv.survival_table';

CREATE FUNCTION clv.survival_table_recv(internal) RETURNS clv.survival_table
	AS 'MODULE_PATHNAME', 'clv_survival_table_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival_table_recv(internal) IS 'binary input of clv.survival_table';

CREATE FUNCTION clv.survival_table_send(clv.survival_table) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_survival_table_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival_table_send(clv.survival_table) IS 'binary output of clv.survival_table';

CREATE TYPE clv.survival_table (
	INPUT = clv.survival_table_in,
	OUTPUT = clv.survival_table_out,
	RECEIVE = clv.survival_table_recv,
	SEND = clv.survival_table_send,
	INTERNALLENGTH = VARIABLE,
	STORAGE = extended
);
COMMENT ON TYPE clv.survival_table IS 'durations with the weight of those whose event came then, of those observed only until then, and of those who entered then; exact, so that tables merge';

CREATE FUNCTION clv.survival_state_trans(clv.survival_table, float8, bool) RETURNS clv.survival_table
	AS 'MODULE_PATHNAME', 'clv_survival_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival_state_trans(clv.survival_table, float8, bool) IS 'transition function of clv.survival_state';

CREATE FUNCTION clv.survival_state_trans(clv.survival_table, float8, bool, float8) RETURNS clv.survival_table
	AS 'MODULE_PATHNAME', 'clv_survival_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival_state_trans(clv.survival_table, float8, bool, float8) IS 'transition function of clv.survival_state';

CREATE FUNCTION clv.survival_state_trans(clv.survival_table, float8, bool, float8, float8) RETURNS clv.survival_table
	AS 'MODULE_PATHNAME', 'clv_survival_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival_state_trans(clv.survival_table, float8, bool, float8, float8) IS 'transition function of clv.survival_state';

CREATE FUNCTION clv.gap_state_trans(clv.survival_table, clv.history, date) RETURNS clv.survival_table
	AS 'MODULE_PATHNAME', 'clv_gap_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.gap_state_trans(clv.survival_table, clv.history, date) IS 'transition function of clv.gap_state';

CREATE FUNCTION clv.survival_combine(clv.survival_table, clv.survival_table) RETURNS clv.survival_table
	AS 'MODULE_PATHNAME', 'clv_survival_combine' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival_combine(clv.survival_table, clv.survival_table) IS 'combine function of clv.survival_state and clv.gap_state, transition function of clv.merge';

CREATE AGGREGATE clv.survival_state(duration float8, event bool) (
	SFUNC = clv.survival_state_trans, STYPE = clv.survival_table, SSPACE = 16384,
	COMBINEFUNC = clv.survival_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.survival_state(float8, bool) IS 'table of durations, in any unit: event tells whether it ended then, or was only observed until then (censored); rows with a NULL are skipped; read it with clv.survival_curve, clv.survival_quantile, clv.restricted_mean and clv.log_rank';

CREATE AGGREGATE clv.survival_state(duration float8, event bool, weight float8) (
	SFUNC = clv.survival_state_trans, STYPE = clv.survival_table, SSPACE = 16384,
	COMBINEFUNC = clv.survival_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.survival_state(float8, bool, float8) IS 'the same, where a row stands for weight subjects; the weight counts as its shortest decimal';

CREATE AGGREGATE clv.survival_state(duration float8, event bool, weight float8, entry float8) (
	SFUNC = clv.survival_state_trans, STYPE = clv.survival_table, SSPACE = 16384,
	COMBINEFUNC = clv.survival_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.survival_state(float8, bool, float8, float8) IS 'the same with late entry: the subject was observed from the duration entry on only, 0 for the start, and is at risk after it';

CREATE AGGREGATE clv.gap_state(h clv.history, as_of date) (
	SFUNC = clv.gap_state_trans, STYPE = clv.survival_table, SSPACE = 16384,
	COMBINEFUNC = clv.survival_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.gap_state(clv.history, date) IS 'table of the days between the purchases of each customer; the silence since the last one is censored at as_of; read it with clv.churn_gap';

CREATE AGGREGATE clv.merge(durations clv.survival_table) (
	SFUNC = clv.survival_combine, STYPE = clv.survival_table, SSPACE = 16384,
	COMBINEFUNC = clv.survival_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.merge(clv.survival_table) IS 'one table of durations from several of different subjects';

CREATE FUNCTION clv.survival_curve(durations clv.survival_table, level float8 DEFAULT 0.95,
		OUT "time" float8, OUT at_risk float8, OUT events float8, OUT censored float8, OUT survival float8, OUT std_error float8,
		OUT lower float8, OUT upper float8, OUT hazard float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_survival_curve_rows' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION clv.survival_curve(clv.survival_table, float8) IS 'Kaplan-Meier curve: at each duration the share that lasts longer, its standard error (Greenwood), its log-log interval, and the cumulative hazard (Nelson-Aalen); bounds are NULL where the share is 0 or 1';

CREATE FUNCTION clv.survival_at(durations clv.survival_table, "time" float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_survival_at_time' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival_at(clv.survival_table, float8) IS 'share that lasts longer than a time, in the unit of the durations';

CREATE FUNCTION clv.survival_quantile(durations clv.survival_table, share float8 DEFAULT 0.5, level float8 DEFAULT 0.95,
		OUT "time" float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_survival_quantile' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival_quantile(clv.survival_table, float8, float8) IS 'time by which a share has had the event, 0.5 for the median, with the interval that the log-log bounds of the curve give; NULL where the curve does not come down so far';

CREATE FUNCTION clv.restricted_mean(durations clv.survival_table, tau float8, OUT mean float8, OUT std_error float8)
	AS 'MODULE_PATHNAME', 'clv_survival_restricted_mean' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.restricted_mean(clv.survival_table, float8) IS 'mean duration counted up to tau, the area under the curve, with its standard error; behind the last duration the curve is taken as level; NULL without subjects';

CREATE FUNCTION clv.survival_extent(durations clv.survival_table, OUT subjects float8, OUT events float8, OUT last_time float8)
	AS 'MODULE_PATHNAME', 'clv_survival_extent' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.survival_extent(clv.survival_table) IS 'weight of all subjects and of those with an event, and the last duration, NULL if there is none';

CREATE FUNCTION clv.log_rank(groups clv.survival_table[],
		OUT chi_square float8, OUT degrees int, OUT p_value float8, OUT observed float8[], OUT expected float8[])
	AS 'MODULE_PATHNAME', 'clv_log_rank_test' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.log_rank(clv.survival_table[]) IS 'test of the hypothesis that 2 to 100 groups have one survival curve (log-rank, Mantel 1966): chi_square with its degrees of freedom and p_value, and the events of each group as observed and as expected if there was no difference';

-- After which silence is a customer lost?

CREATE FUNCTION clv.churn_gap(gaps clv.survival_table, method text DEFAULT 'balanced', share float8 DEFAULT 0.9,
		OUT gap float8, OUT false_alarm float8, OUT missed float8)
	AS 'MODULE_PATHNAME', 'clv_churn_gap' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.churn_gap(clv.survival_table, text, float8) IS 'days of silence after which to call a customer lost, from clv.gap_state: balanced has the least sum of both errors, percentile is what a share of all completed gaps does not exceed; false_alarm is the share of the customers who will come back that it calls lost, missed the share of those who will not that it does not, estimated from the curve of gaps';

CREATE FUNCTION clv.churn_gap_errors(gaps clv.survival_table, days float8, OUT gap float8, OUT false_alarm float8, OUT missed float8)
	AS 'MODULE_PATHNAME', 'clv_churn_gap_errors' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.churn_gap_errors(clv.survival_table, float8) IS 'the errors of a gap of your own choice';

CREATE FUNCTION clv.usual_gap(h clv.history, as_of date, share float8 DEFAULT 0.9) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_usual_gap' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.usual_gap(clv.history, date, float8) IS 'days that a share of a customer''s own gaps between purchases does not exceed: a longer silence is unusual for this customer; NULL without a second purchase';

--
-- clv.movement_table: who came, stayed, came back and left, period by period, and what that did to the revenue
--

CREATE TYPE clv.movement_table;

CREATE FUNCTION clv.movement_table_in(cstring) RETURNS clv.movement_table
	AS 'MODULE_PATHNAME', 'clv_movement_table_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.movement_table_in(cstring) IS 'text input of clv.movement_table';

CREATE FUNCTION clv.movement_table_out(clv.movement_table) RETURNS cstring
	AS 'MODULE_PATHNAME', 'clv_movement_table_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.movement_table_out(clv.movement_table) IS 'text output of clv.movement_table';

CREATE FUNCTION clv.movement_table_recv(internal) RETURNS clv.movement_table
	AS 'MODULE_PATHNAME', 'clv_movement_table_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.movement_table_recv(internal) IS 'binary input of clv.movement_table';

CREATE FUNCTION clv.movement_table_send(clv.movement_table) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_movement_table_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.movement_table_send(clv.movement_table) IS 'binary output of clv.movement_table';

CREATE TYPE clv.movement_table (
	INPUT = clv.movement_table_in,
	OUTPUT = clv.movement_table_out,
	RECEIVE = clv.movement_table_recv,
	SEND = clv.movement_table_send,
	INTERNALLENGTH = VARIABLE,
	STORAGE = extended
);
COMMENT ON TYPE clv.movement_table IS 'customers who came, came back and left in each period, and the changes of revenue they caused; tables of the same period, week start, gap and last day observed can be merged';

CREATE FUNCTION clv.movement_state_trans(clv.movement_table, clv.history, text, date) RETURNS clv.movement_table
	AS 'MODULE_PATHNAME', 'clv_movement_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.movement_state_trans(clv.movement_table, clv.history, text, date) IS 'transition function of clv.movement_state';

CREATE FUNCTION clv.movement_state_trans(clv.movement_table, clv.history, text, date, int) RETURNS clv.movement_table
	AS 'MODULE_PATHNAME', 'clv_movement_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.movement_state_trans(clv.movement_table, clv.history, text, date, int) IS 'transition function of clv.movement_state';

CREATE FUNCTION clv.movement_state_trans(clv.movement_table, clv.history, text, date, int, text) RETURNS clv.movement_table
	AS 'MODULE_PATHNAME', 'clv_movement_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.movement_state_trans(clv.movement_table, clv.history, text, date, int, text) IS 'transition function of clv.movement_state';

CREATE FUNCTION clv.movement_combine(clv.movement_table, clv.movement_table) RETURNS clv.movement_table
	AS 'MODULE_PATHNAME', 'clv_movement_combine' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.movement_combine(clv.movement_table, clv.movement_table) IS 'combine function of clv.movement_state, transition function of clv.merge';

CREATE AGGREGATE clv.movement_state(h clv.history, period text, as_of date) (
	SFUNC = clv.movement_state_trans, STYPE = clv.movement_table, SSPACE = 16384,
	COMBINEFUNC = clv.movement_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.movement_state(clv.history, text, date) IS 'movements of customers by day, week (from Monday), month, quarter or year: a customer belongs to the base of a period in which there was a purchase; purchases after as_of do not count; read it with clv.movements and clv.value_bridge';

CREATE AGGREGATE clv.movement_state(h clv.history, period text, as_of date, gap int) (
	SFUNC = clv.movement_state_trans, STYPE = clv.movement_table, SSPACE = 16384,
	COMBINEFUNC = clv.movement_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.movement_state(clv.history, text, date, int) IS 'the same with a longer memory: a customer belongs to the base for gap periods from that of a purchase on, and is lost in the period after them';

CREATE AGGREGATE clv.movement_state(h clv.history, period text, as_of date, gap int, week_start text) (
	SFUNC = clv.movement_state_trans, STYPE = clv.movement_table, SSPACE = 16384,
	COMBINEFUNC = clv.movement_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.movement_state(clv.history, text, date, int, text) IS 'the same with weeks that begin on the given weekday';

CREATE AGGREGATE clv.merge(movements clv.movement_table) (
	SFUNC = clv.movement_combine, STYPE = clv.movement_table, SSPACE = 16384,
	COMBINEFUNC = clv.movement_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.merge(clv.movement_table) IS 'one movement table from several of different customers, which have to agree in period, week start, gap and last day observed';

CREATE FUNCTION clv.movements(movements clv.movement_table,
		OUT period_start date, OUT complete bool, OUT opening bigint, OUT new bigint, OUT kept bigint, OUT reactivated bigint,
		OUT lost bigint, OUT closing bigint, OUT net bigint, OUT buyers bigint,
		OUT churn float8, OUT churn_lower float8, OUT churn_upper float8, OUT average_churn float8, OUT quick_ratio float8,
		OUT churn_trend float8, OUT new_value_ratio float8, OUT leaking bool, OUT small_new bool)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_movements' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50;
COMMENT ON FUNCTION clv.movements(clv.movement_table) IS 'every period from the first purchase to as_of: closing = opening + new + reactivated - lost, kept = opening - lost; churn is lost / opening with its 95 % Wilson interval, average_churn lost by the mean of opening and closing, quick_ratio (new + reactivated) / lost; leaking warns that the base holds only through new customers while churn is a quarter above that of the complete periods before (churn_trend), small_new that a new customer brings less than three quarters of what other buyers bring (new_value_ratio); complete is false while the period runs';

CREATE FUNCTION clv.value_bridge(movements clv.movement_table,
		OUT period_start date, OUT complete bool, OUT opening_revenue numeric, OUT new numeric, OUT reactivated numeric,
		OUT expansion numeric, OUT contraction numeric, OUT lost numeric, OUT closing_revenue numeric, OUT orders bigint,
		OUT gross_retention float8, OUT net_retention float8, OUT quick_ratio float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_value_bridge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50;
COMMENT ON FUNCTION clv.value_bridge(clv.movement_table) IS 'from the revenue of one period to that of the next: closing_revenue = opening_revenue + new + reactivated + expansion - contraction - lost; gross_retention is (opening - contraction - lost) / opening, net_retention adds the expansion, quick_ratio is gains / losses; complete is false while the period runs';

--
-- Elementary measures: the arithmetic of customer value
--
-- Exact decimals in and out. What is undefined because nothing is there (a
-- rate of no customers) is NULL; an argument outside its range is an error
-- that names it. Sources of the definitions are in docs/measure.md.
--

CREATE FUNCTION clv.measure_require(argument text, value numeric, low numeric DEFAULT '-Infinity', high numeric DEFAULT 'Infinity') RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- NaN is above infinity.
	IF abs(value) >= 'Infinity' OR value < low OR value > high THEN
		RAISE EXCEPTION '% out of range', argument USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('The value is %s.', value),
			HINT = CASE
				WHEN high < 'Infinity' THEN format('It must lie between %s and %s.', low, high)
				WHEN low > '-Infinity' THEN format('It must be finite and at least %s.', low)
				ELSE 'It must be finite.' END;
	END IF;
END
$$;
COMMENT ON FUNCTION clv.measure_require(text, numeric, numeric, numeric) IS 'raises invalid_parameter_value unless an argument is finite and within its bounds; NULL passes';

CREATE FUNCTION clv.measure_ratio(numerator numeric, denominator numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN trim_scale(numerator / nullif(denominator, 0));
END
$$;
COMMENT ON FUNCTION clv.measure_ratio(numeric, numeric) IS 'quotient without trailing zeros; NULL where the denominator is 0';

CREATE FUNCTION clv.measure_require_cash(amount numeric) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF amount IS NULL THEN
		RAISE EXCEPTION 'a payment is NULL' USING ERRCODE = 'null_value_not_allowed', HINT = 'Write 0 where nothing is paid.';
	END IF;
	PERFORM clv.measure_require('payment', amount);
END
$$;
COMMENT ON FUNCTION clv.measure_require_cash(numeric) IS 'raises unless an element of a row of payments is a finite number';

-- Orders and value per period

CREATE FUNCTION clv.average_order(revenue numeric, orders numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('revenue', revenue);
	PERFORM clv.measure_require('orders', orders, 0);
	RETURN clv.measure_ratio(revenue, orders);
END
$$;
COMMENT ON FUNCTION clv.average_order(numeric, numeric) IS 'mean order value: revenue by order, over any window, usually twelve months; NULL without orders';

CREATE FUNCTION clv.purchase_frequency(orders numeric, customers numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('orders', orders, 0);
	PERFORM clv.measure_require('customers', customers, 0);
	RETURN clv.measure_ratio(orders, customers);
END
$$;
COMMENT ON FUNCTION clv.purchase_frequency(numeric, numeric) IS 'orders by customer within a window; NULL without customers';

CREATE FUNCTION clv.value_per_period(basket numeric, frequency numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('basket', basket);
	PERFORM clv.measure_require('frequency', frequency, 0);
	RETURN trim_scale(basket * frequency);
END
$$;
COMMENT ON FUNCTION clv.value_per_period(numeric, numeric) IS 'gross sales of a customer per period: mean order value times orders per period; not yet a lifetime value';

-- Lifetime value by arithmetic

CREATE FUNCTION clv.simple_value(basket numeric, frequency numeric, lifetime numeric, margin numeric DEFAULT 1, cost numeric DEFAULT 0) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('lifetime', lifetime, 0);
	PERFORM clv.measure_require('margin', margin, -1, 1);
	PERFORM clv.measure_require('cost', cost);
	RETURN trim_scale(clv.value_per_period(basket, frequency) * lifetime * margin - cost);
END
$$;
COMMENT ON FUNCTION clv.simple_value(numeric, numeric, numeric, numeric, numeric) IS 'lifetime value, not discounted: basket × frequency per period × lifetime in periods × margin − cost of serving and marketing; gross sales if margin is 1 and cost 0; it takes for granted that the customer stays for the whole lifetime';

CREATE FUNCTION clv.lifetime_from_retention(rate numeric, include_first boolean DEFAULT true) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('retention rate', rate, 0, 1);
	IF rate = 1 THEN
		RAISE EXCEPTION 'a retention rate of 1 has no finite lifetime' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Who never leaves stays for ever: give the lifetime itself, or discount with clv.geometric_value.';
	END IF;
	RETURN trim_scale(CASE WHEN include_first THEN 1 ELSE rate END / (1 - rate));
END
$$;
COMMENT ON FUNCTION clv.lifetime_from_retention(numeric, boolean) IS 'expected number of periods that a customer stays: 1/(1 − rate) with the first period, rate/(1 − rate) without';

CREATE FUNCTION clv.geometric_value(margin numeric, retention numeric, discount numeric, pay_now boolean DEFAULT false) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('margin', margin);
	PERFORM clv.measure_require('retention rate', retention, 0, 1);
	PERFORM clv.measure_require('discount rate', discount, 0);
	IF retention = 1 AND discount = 0 THEN
		RAISE EXCEPTION 'the value of a customer who never leaves is infinite without a discount rate' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Give a retention rate below 1 or a discount rate above 0.';
	END IF;
	RETURN trim_scale(margin * CASE WHEN pay_now THEN 1 + discount ELSE retention END / (1 + discount - retention));
END
$$;
COMMENT ON FUNCTION clv.geometric_value(numeric, numeric, numeric, boolean) IS 'discounted value of a customer who pays the margin each period and stays with a constant retention rate: margin × retention/(1 + discount − retention), the first payment at the end of period 1; with pay_now margin × (1 + discount)/(1 + discount − retention), one payment now; source: Gupta and Lehmann 2003';

CREATE FUNCTION clv.margin_multiple(retention numeric, discount numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN clv.geometric_value(1, retention, discount);
END
$$;
COMMENT ON FUNCTION clv.margin_multiple(numeric, numeric) IS 'what a margin per period is worth as lifetime value: retention/(1 + discount − retention); source: Gupta and Lehmann 2003';

CREATE FUNCTION clv.value_elasticity(retention numeric, discount numeric, pay_now boolean DEFAULT false) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN clv.geometric_value(1, retention, discount, NOT pay_now);
END
$$;
COMMENT ON FUNCTION clv.value_elasticity(numeric, numeric, boolean) IS 'by how many per cent clv.geometric_value changes when the retention rate changes by one per cent: (1 + discount)/(1 + discount − retention), with pay_now retention/(1 + discount − retention); source: Gupta, Lehmann and Stuart 2004';

-- Retention and churn

CREATE FUNCTION clv.retention_rate(opening numeric, closing numeric, new numeric DEFAULT 0) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('opening customers', opening, 0);
	PERFORM clv.measure_require('closing customers', closing, 0);
	PERFORM clv.measure_require('new customers', new, 0, closing);
	IF closing - new > opening THEN
		RAISE EXCEPTION 'more customers remain than there were' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('Of %s opening customers %s remain.', opening, closing - new),
			HINT = 'Do the closing customers hold new ones? Give them as the third argument.';
	END IF;
	RETURN clv.measure_ratio(closing - new, opening);
END
$$;
COMMENT ON FUNCTION clv.retention_rate(numeric, numeric, numeric) IS 'share of the opening customers who remain: (closing − new)/opening; NULL without opening customers';

CREATE FUNCTION clv.churn_rate(lost numeric, opening numeric, closing numeric DEFAULT NULL) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('opening customers', opening, 0);
	PERFORM clv.measure_require('closing customers', closing, 0);
	PERFORM clv.measure_require('lost customers', lost, 0, opening);
	RETURN clv.measure_ratio(lost, coalesce((opening + closing) / 2, opening));
END
$$;
COMMENT ON FUNCTION clv.churn_rate(numeric, numeric, numeric) IS 'share of customers lost: of the opening customers or, if closing is given, of the mean of opening and closing ones; NULL without customers';

CREATE FUNCTION clv.quick_ratio(new numeric, reactivated numeric, lost numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('new customers', new, 0);
	PERFORM clv.measure_require('reactivated customers', reactivated, 0);
	PERFORM clv.measure_require('lost customers', lost, 0);
	RETURN clv.measure_ratio(new + reactivated, lost);
END
$$;
COMMENT ON FUNCTION clv.quick_ratio(numeric, numeric, numeric) IS 'customers (or revenue) won by customer (or revenue) lost: above 1 the base grows; NULL if none was lost';

-- Campaigns

CREATE FUNCTION clv.acquisition_cost(spend numeric, new_customers numeric, overhead numeric DEFAULT 0) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('spend', spend, 0);
	PERFORM clv.measure_require('new customers', new_customers, 0);
	PERFORM clv.measure_require('overhead', overhead, 0);
	RETURN clv.measure_ratio(spend + overhead, new_customers);
END
$$;
COMMENT ON FUNCTION clv.acquisition_cost(numeric, numeric, numeric) IS 'cost of a new customer: spend by new customer of the same period; blended with advertising alone, fully loaded with the overhead of marketing and sales; NULL without new customers';

CREATE FUNCTION clv.return_on_investment(gain numeric, spend numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('gain', gain);
	PERFORM clv.measure_require('spend', spend, 0);
	RETURN clv.measure_ratio(gain - spend, spend);
END
$$;
COMMENT ON FUNCTION clv.return_on_investment(numeric, numeric) IS '(gain − spend)/spend, where gain is the margin due to the action; 0.5 is 50 %; NULL without spend';

CREATE FUNCTION clv.net_present_value(cash numeric[], discount numeric, pay_now boolean DEFAULT true) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	amount numeric;
	total numeric := 0;
	period int := CASE WHEN pay_now THEN 0 ELSE 1 END;
BEGIN
	PERFORM clv.measure_require('discount rate', discount, 0);
	FOREACH amount IN ARRAY cash LOOP
		PERFORM clv.measure_require_cash(amount);
		total := total + amount / (1 + discount) ^ period;
		period := period + 1;
	END LOOP;
	RETURN trim_scale(total);
END
$$;
COMMENT ON FUNCTION clv.net_present_value(numeric[], numeric, boolean) IS 'sum of a row of payments, each divided by (1 + discount) for every period until it; the first is due now or, without pay_now, at the end of period 1; 0 for no payments';

CREATE FUNCTION clv.payback(cash numeric[], interpolate boolean DEFAULT false) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	amount numeric;
	balance numeric := 0;
	period int := 0;
BEGIN
	FOREACH amount IN ARRAY cash LOOP
		PERFORM clv.measure_require_cash(amount);
		IF balance + amount >= 0 THEN
			RETURN CASE WHEN interpolate AND balance < 0 THEN trim_scale(period - balance / amount) ELSE period + 1 END;
		END IF;
		balance := balance + amount;
		period := period + 1;
	END LOOP;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION clv.payback(numeric[], boolean) IS 'number of the first period, counted from 1, by whose end the payments so far are not negative any more; interpolated: periods until then, if the money of that period comes evenly; NULL if it never happens';

CREATE FUNCTION clv.payback(acquisition_cost numeric, margins numeric[], interpolate boolean DEFAULT false) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('acquisition cost', acquisition_cost, 0);
	IF cardinality(margins) = 0 THEN
		RETURN NULL;
	END IF;
	margins[array_lower(margins, 1)] := margins[array_lower(margins, 1)] - acquisition_cost;
	RETURN clv.payback(margins, interpolate);
END
$$;
COMMENT ON FUNCTION clv.payback(numeric, numeric[], boolean) IS 'first period in which the cumulative margin of an acquired customer reaches the acquisition cost; margins are those of period 1, 2, …';

CREATE FUNCTION clv.campaign(margin numeric, gift numeric, sales_cost numeric, retention numeric, discount numeric DEFAULT 0, periods int DEFAULT 5) RETURNS TABLE (period int, cash numeric, cumulative numeric, discounted numeric, cumulative_discounted numeric, paid_back boolean)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('margin', margin);
	PERFORM clv.measure_require('gift', gift, 0);
	PERFORM clv.measure_require('sales cost', sales_cost, 0);
	PERFORM clv.measure_require('retention rate', retention, 0, 1);
	PERFORM clv.measure_require('discount rate', discount, 0);
	PERFORM clv.measure_require('periods', periods, 1, 1000);
	cumulative := 0;
	cumulative_discounted := 0;
	FOR k IN 1 .. periods LOOP
		period := k;
		cash := trim_scale(margin * retention ^ (k - 1) - CASE WHEN k = 1 THEN gift + sales_cost ELSE 0 END);
		discounted := trim_scale(cash / (1 + discount) ^ (k - 1));
		cumulative := trim_scale(cumulative + cash);
		cumulative_discounted := trim_scale(cumulative_discounted + discounted);
		paid_back := cumulative >= 0;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION clv.campaign(numeric, numeric, numeric, numeric, numeric, int) IS 'short and long term of a campaign, per acquired customer: the first period brings the margin less gift and sales cost, period k the margin of those who stayed, margin × retention^(k − 1); discounted to the first period';

-- Referrals

CREATE FUNCTION clv.referral_value(value numeric, referrals numeric, conversion numeric, generations int DEFAULT 1) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	won constant numeric := referrals * conversion;
BEGIN
	PERFORM clv.measure_require('value', value);
	PERFORM clv.measure_require('referrals', referrals, 0);
	PERFORM clv.measure_require('conversion', conversion, 0, 1);
	PERFORM clv.measure_require('generations', generations, 0, 1000);
	IF generations IS NULL AND won >= 1 THEN
		RAISE EXCEPTION 'referrals without end have no finite value' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('Each customer brings %s new ones.', trim_scale(won)),
			HINT = 'Give a number of generations, 1 as a rule.';
	ELSIF referrals > 12 OR conversion > 0.7 THEN
		RAISE NOTICE 'more referrals than usual' USING
			DETAIL = format('%s people told, of whom %s %% come.', referrals, trim_scale(conversion * 100)),
			HINT = 'Usual are 3 to 12 people a year, of whom 20 to 70 % come.';
	END IF;
	RETURN trim_scale(value * CASE
		WHEN generations IS NULL THEN won / (1 - won)
		ELSE (SELECT coalesce(sum(won ^ g), 0) FROM generate_series(1, generations) g) END);
END
$$;
COMMENT ON FUNCTION clv.referral_value(numeric, numeric, numeric, int) IS 'value of the customers whom a customer brings: value × referrals × conversion, referrals being the people told in total; further generations tell as many, NULL generations is all of them and needs referrals × conversion below 1';

CREATE FUNCTION clv.value_with_referrals(value numeric, referrals numeric, conversion numeric, generations int DEFAULT 1) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN value + clv.referral_value(value, referrals, conversion, generations);
END
$$;
COMMENT ON FUNCTION clv.value_with_referrals(numeric, numeric, numeric, int) IS 'own value and that of the customers brought: value × (1 + referrals × conversion) with one generation';

CREATE FUNCTION clv.yearly_referral_value(value numeric, referrals numeric, conversion numeric, years numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('years', years, 0);
	RETURN trim_scale(clv.referral_value(value, referrals, conversion) * years);
END
$$;
COMMENT ON FUNCTION clv.yearly_referral_value(numeric, numeric, numeric, numeric) IS 'value of the customers whom a customer brings who tells so many people every year of the lifetime; one generation';

-- Shares, pipeline and valuation

CREATE FUNCTION clv.share_of_wallet(own numeric, category numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('category spend', category, 0);
	PERFORM clv.measure_require('own sales', own, 0, category);
	RETURN clv.measure_ratio(own, category);
END
$$;
COMMENT ON FUNCTION clv.share_of_wallet(numeric, numeric) IS 'share of what a customer spends in a category that is spent here; NULL without spend; source: Du, Kamakura and Mela 2007';

CREATE FUNCTION clv.market_share(own numeric, market numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('market', market, 0);
	PERFORM clv.measure_require('own sales', own, 0, market);
	RETURN clv.measure_ratio(own, market);
END
$$;
COMMENT ON FUNCTION clv.market_share(numeric, numeric) IS 'share of the sales of a market; NULL without sales';

CREATE FUNCTION clv.customer_capital(equity numeric, cost numeric, own numeric DEFAULT NULL, market numeric DEFAULT NULL, category numeric DEFAULT NULL) RETURNS TABLE (customer_equity numeric, cost_to_keep numeric, capital numeric, share_of_market numeric, wallet_share numeric)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('equity', equity);
	PERFORM clv.measure_require('cost', cost, 0);
	RETURN QUERY SELECT equity, cost, equity - cost, clv.market_share(own, market), clv.share_of_wallet(own, category);
END
$$;
COMMENT ON FUNCTION clv.customer_capital(numeric, numeric, numeric, numeric, numeric) IS 'customer capital and its parts side by side, for they have different units and no sum: equity of the customers, cost of winning and keeping them, equity less cost, share of the market, share of the customers wallets';

CREATE FUNCTION clv.portfolio_value(customers numeric, potential numeric, quality numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('customers', customers, 0);
	PERFORM clv.measure_require('potential', potential);
	PERFORM clv.measure_require('quality', quality, 0, 1);
	RETURN trim_scale(customers * potential * quality);
END
$$;
COMMENT ON FUNCTION clv.portfolio_value(numeric, numeric, numeric) IS 'value of a portfolio of customers, say of one account manager: number of customers × potential of one × quality of the relation, 0 to 1';

CREATE FUNCTION clv.revenue_multiple(revenue numeric, low numeric DEFAULT 1, high numeric DEFAULT 4) RETURNS numrange
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.measure_require('revenue', revenue, 0);
	PERFORM clv.measure_require('low', low, 0);
	PERFORM clv.measure_require('high', high, low);
	RETURN numrange(trim_scale(revenue * low), trim_scale(revenue * high), '[]');
END
$$;
COMMENT ON FUNCTION clv.revenue_multiple(numeric, numeric, numeric) IS 'rule of thumb for the price of a clientele: one to four times the yearly revenue; a heuristic, set it beside the customer equity';

CREATE FUNCTION clv.asset_multiple(assets numeric, low numeric DEFAULT 0.015, high numeric DEFAULT 0.025) RETURNS numrange
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN clv.revenue_multiple(assets, low, high);
END
$$;
COMMENT ON FUNCTION clv.asset_multiple(numeric, numeric, numeric) IS 'rule of thumb for the price of an advisers clientele: 1.5 to 2.5 % of the assets; a heuristic';

CREATE FUNCTION clv.weighted_pipeline_trans(total numeric, amount numeric, probability numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF amount IS NULL OR probability IS NULL THEN
		RETURN total;
	END IF;
	PERFORM clv.measure_require('amount', amount);
	PERFORM clv.measure_require('probability', probability, 0, 1);
	RETURN coalesce(total, 0) + amount * probability;
END
$$;
COMMENT ON FUNCTION clv.weighted_pipeline_trans(numeric, numeric, numeric) IS 'transition function of clv.weighted_pipeline';

CREATE AGGREGATE clv.weighted_pipeline(amount numeric, probability numeric) (
	SFUNC = clv.weighted_pipeline_trans, STYPE = numeric, COMBINEFUNC = pg_catalog.numeric_add, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.weighted_pipeline(numeric, numeric) IS 'expected sum of open deals: each amount times its probability of success; rows with a NULL are skipped, NULL without rows';
--
-- Portfolios: one schema of reports for each table of orders
--
-- Everything of a portfolio lives in a schema of its name that belongs to its
-- creator.  The one-row table "setting" describes the source; reports are
-- views (81_portfolio_view.sql), what is expensive to collect is kept in
-- tables that clv.refresh maintains.
--

-- The description of a portfolio

CREATE TYPE clv.portfolio_setting AS (
	source pg_catalog.regclass,
	customer name,
	ordered_at name,
	amount name,
	zone text,
	filter text,
	order_id name,
	refunds text,
	currency name,
	cost name,
	margin float8,
	week_start text,
	periods text[],
	family text,
	horizon interval,
	discount_rate float8,
	refit interval,
	as_of date,
	track boolean,
	gap int
);
COMMENT ON TYPE clv.portfolio_setting IS 'what a portfolio is about: where its orders are and how its reports count; the table "setting" of every portfolio is of this type';
COMMENT ON COLUMN clv.portfolio_setting.source IS 'table, view, partitioned or foreign table with the orders';
COMMENT ON COLUMN clv.portfolio_setting.customer IS 'column of the source: who ordered';
COMMENT ON COLUMN clv.portfolio_setting.ordered_at IS 'column of the source: when; date, timestamp or timestamptz';
COMMENT ON COLUMN clv.portfolio_setting.amount IS 'column of the source: for how much; any number or money';
COMMENT ON COLUMN clv.portfolio_setting.zone IS 'time zone whose clocks tell the day of a timestamptz, and what day is today';
COMMENT ON COLUMN clv.portfolio_setting.filter IS 'boolean expression over the columns of the source; other rows are ignored; NULL for none';
COMMENT ON COLUMN clv.portfolio_setting.order_id IS 'column of the source: rows of one customer with the same value are lines of one order; NULL if every row is an order';
COMMENT ON COLUMN clv.portfolio_setting.refunds IS 'what a negative amount is: net (it lowers the revenue of its day and is no purchase), drop (it is ignored) or error (refresh refuses it)';
COMMENT ON COLUMN clv.portfolio_setting.currency IS 'column of the source: currency, of which there may be only one; NULL if not kept';
COMMENT ON COLUMN clv.portfolio_setting.cost IS 'column of the source: cost of the row, in the currency of the amount; NULL if margin says it all';
COMMENT ON COLUMN clv.portfolio_setting.margin IS 'share of revenue that is profit, where there is no cost column';
COMMENT ON COLUMN clv.portfolio_setting.week_start IS 'weekday on which weeks begin';
COMMENT ON COLUMN clv.portfolio_setting.periods IS 'periods of cohort and movement reports: day, week, month, quarter, year';
COMMENT ON COLUMN clv.portfolio_setting.family IS 'model family of the orders';
COMMENT ON COLUMN clv.portfolio_setting.horizon IS 'how far ahead orders are predicted';
COMMENT ON COLUMN clv.portfolio_setting.discount_rate IS 'annual rate at which future money is discounted, 0.1 is 10 %; NULL: there are no residual values';
COMMENT ON COLUMN clv.portfolio_setting.refit IS 'models are fitted again once the report date is that far from the one they were fitted for';
COMMENT ON COLUMN clv.portfolio_setting.as_of IS 'report date; NULL for today in the zone; the parameter clv.as_of goes before';

COMMENT ON COLUMN clv.portfolio_setting.track IS 'triggers on the source note which customers changed, so that a refresh reads only their orders';

COMMENT ON COLUMN clv.portfolio_setting.gap IS 'movements: for how many periods, that of the order counted, an order keeps a customer in the base';

-- The report date

CREATE FUNCTION clv.report_date(as_of date DEFAULT NULL, zone text DEFAULT NULL) RETURNS date
	AS 'MODULE_PATHNAME', 'clv_report_date' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.report_date(date, text) IS 'the last day that reports look at: the parameter clv.as_of where it is set, else the given day, else today in the zone (by default that of the session)';

-- May the role that asks see every row of the source?

CREATE FUNCTION clv.sees_every_row(source regclass) RETURNS boolean
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF (SELECT relkind FROM pg_class WHERE oid = source) IN ('r', 'p', 'f') THEN
		RETURN NOT row_security_active(source);
	END IF;
	-- A view: what it reads, and whether it reads it with the rights of who asks.
	RETURN NOT EXISTS (
		WITH RECURSIVE reading (relation, reader) AS (
			SELECT source::oid, NULL::oid
			UNION
			SELECT d.refobjid,
				CASE WHEN 'security_invoker=true' = ANY (v.reloptions)
					OR 'security_invoker=on' = ANY (v.reloptions)
					OR 'security_invoker=1' = ANY (v.reloptions) THEN r.reader ELSE v.relowner END
			FROM reading r
			JOIN pg_class v ON v.oid = r.relation
			JOIN pg_rewrite w ON w.ev_class = r.relation
			JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
				AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.relation
			WHERE v.relkind = 'v'
		)
		SELECT FROM reading r
		JOIN pg_class t ON t.oid = r.relation
		LEFT JOIN pg_roles o ON o.oid = r.reader
		WHERE t.relrowsecurity
		AND CASE WHEN r.reader IS NULL THEN row_security_active(t.oid)
			ELSE NOT (o.rolsuper OR o.rolbypassrls OR (r.reader = t.relowner AND NOT t.relforcerowsecurity)) END
	);
END
$$;
COMMENT ON FUNCTION clv.sees_every_row(regclass) IS 'false where row-level security hides rows of a relation, or of what a view reads, from the role that asks';

-- Finding portfolios

CREATE FUNCTION clv.portfolio_names() RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT n.nspname::pg_catalog.text
	FROM pg_catalog.pg_class c
	JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
	WHERE c.reloftype OPERATOR(pg_catalog.=) 'clv.portfolio_setting'::pg_catalog.regtype
	AND c.relname OPERATOR(pg_catalog.=) 'setting'
	ORDER BY 1;
END;
COMMENT ON FUNCTION clv.portfolio_names() IS 'all portfolios of the database, also those of others';

CREATE FUNCTION clv.portfolio_require(portfolio text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF portfolio IS NULL OR portfolio NOT IN (SELECT clv.portfolio_names()) THEN
		RAISE EXCEPTION 'portfolio % does not exist', coalesce(quote_ident(portfolio), 'NULL')
			USING ERRCODE = 'undefined_object',
			HINT = coalesce('There are: ' || (SELECT string_agg(quote_ident(n), ', ') FROM clv.portfolio_names() n) || '.',
				'There are none yet: create one with clv.create_portfolio.');
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_require(text) IS 'raises undefined_object unless there is a portfolio of that name';

CREATE FUNCTION clv.setting(portfolio text) RETURNS clv.portfolio_setting
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found clv.portfolio_setting;
BEGIN
	PERFORM clv.portfolio_require(portfolio);
	EXECUTE format('SELECT * FROM %I.setting', portfolio) INTO found;
	RETURN found;
END
$$;
COMMENT ON FUNCTION clv.setting(text) IS 'the description of a portfolio';

CREATE FUNCTION clv.portfolio_settings() RETURNS TABLE (portfolio text, owner name, setting clv.portfolio_setting)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	FOR portfolio, owner IN
		SELECT p, pg_get_userbyid(s.nspowner)
		FROM clv.portfolio_names() p
		JOIN pg_namespace s ON s.nspname = p
	LOOP
		setting := CASE WHEN has_schema_privilege(portfolio, 'USAGE')
			AND has_table_privilege(format('%I.setting', portfolio), 'SELECT') THEN clv.setting(portfolio) END;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION clv.portfolio_settings() IS 'all portfolios with their owner and, where the role that asks may read it, their description';

CREATE VIEW clv.portfolios WITH (security_invoker = true) AS
	SELECT p.portfolio, p.owner, (p.setting).*
	FROM clv.portfolio_settings() p;
GRANT SELECT ON clv.portfolios TO PUBLIC;
COMMENT ON VIEW clv.portfolios IS 'all portfolios of the database; descriptions are NULL where the role that asks may not read them';

-- Checks of a description, each with one clear error

CREATE FUNCTION clv.portfolio_column_type(source regclass, column_name name, argument text, wanted regtype[] DEFAULT NULL) RETURNS regtype
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found oid;
	declared text;
BEGIN
	SELECT atttypid, format_type(atttypid, atttypmod) INTO found, declared
	FROM pg_attribute
	WHERE attrelid = source AND attname = column_name AND attnum > 0 AND NOT attisdropped;
	IF found IS NULL THEN
		RAISE EXCEPTION 'column % of % does not exist', coalesce(quote_ident(column_name), 'NULL'), source
			USING ERRCODE = 'undefined_column',
			DETAIL = format('It was given as %s.', argument),
			HINT = format('Columns of %s: %s.', source, (
				SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
				WHERE attrelid = source AND attnum > 0 AND NOT attisdropped));
	END IF;
	WHILE (SELECT typtype FROM pg_type WHERE oid = found) = 'd' LOOP
		found := (SELECT typbasetype FROM pg_type WHERE oid = found);
	END LOOP;
	IF wanted IS NOT NULL AND found::regtype <> ALL (wanted) THEN
		RAISE EXCEPTION 'column % of % cannot be used as %', quote_ident(column_name), source, argument
			USING ERRCODE = 'datatype_mismatch',
			DETAIL = format('Its type is %s.', declared),
			HINT = format('Use one of %s, or create a view that casts it.', array_to_string(wanted, ', '));
	END IF;
	IF NOT has_column_privilege(source, column_name::text, 'SELECT') THEN
		RAISE EXCEPTION 'permission denied for column % of %', quote_ident(column_name), source
			USING ERRCODE = 'insufficient_privilege';
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION clv.portfolio_column_type(regclass, name, text, regtype[]) IS 'type of a column of the source, domains resolved; raises where it is missing, unreadable or of none of the wanted types';

CREATE FUNCTION clv.is_expression(fragment text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'clv_is_expression' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.is_expression(text) IS 'true if a text is the source of exactly one SQL expression, so that it can stand in parentheses';

CREATE FUNCTION clv.portfolio_check_filter(filter text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	reason text := 'It is more than one expression.';
BEGIN
	BEGIN
		IF coalesce(clv.is_expression(filter), true) THEN
			RETURN;
		END IF;
	EXCEPTION WHEN syntax_error THEN
		reason := format('The parser says: %s.', SQLERRM);
	END;
	RAISE EXCEPTION 'filter is not an expression' USING ERRCODE = 'syntax_error',
		DETAIL = format('The value is %L. %s', filter, reason),
		HINT = 'Give what may stand behind WHERE, such as status <> ''cancelled''.';
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_filter(text) IS 'raises syntax_error unless a filter is one SQL expression or NULL';

CREATE FUNCTION clv.portfolio_refuse(what text, given text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION '%', what USING ERRCODE = 'invalid_parameter_value',
		DETAIL = format('The value is %s.', coalesce(quote_literal(given), 'NULL')), HINT = hint;
END
$$;
COMMENT ON FUNCTION clv.portfolio_refuse(text, text, text) IS 'raises invalid_parameter_value about an option of a portfolio';

CREATE FUNCTION clv.portfolio_check_source(source regclass) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	relation pg_class%ROWTYPE;
BEGIN
	SELECT * INTO relation FROM pg_class WHERE oid = source;
	IF relation.oid IS NULL THEN
		RAISE EXCEPTION 'a portfolio needs a source' USING ERRCODE = 'null_value_not_allowed',
			HINT = 'Name the table or view with the orders.';
	ELSIF relation.relkind NOT IN ('r', 'v', 'm', 'f', 'p') THEN
		RAISE EXCEPTION '% is not a table or view', source USING ERRCODE = 'wrong_object_type';
	ELSIF relation.relpersistence = 't' THEN
		RAISE EXCEPTION '% is temporary', source USING ERRCODE = 'feature_not_supported',
			DETAIL = 'The views of a portfolio outlive the session.',
			HINT = 'Copy the orders to a permanent table.';
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_source(regclass) IS 'raises unless a portfolio can read its orders from a relation';

CREATE FUNCTION clv.portfolio_check_options(s clv.portfolio_setting) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	days constant date := '2000-01-01';
	unit text;
BEGIN
	IF s.refunds IS NULL OR s.refunds NOT IN ('net', 'drop', 'error') THEN
		PERFORM clv.portfolio_refuse('unknown refund policy', s.refunds, 'Policies are ''net'', ''drop'' and ''error''.');
	ELSIF s.margin IS NULL OR NOT (s.margin > 0 AND s.margin <= 1) THEN
		PERFORM clv.portfolio_refuse('margin out of range', s.margin::text, 'A margin is a share of revenue: above 0, at most 1.');
	ELSIF s.discount_rate IS NOT NULL AND NOT (s.discount_rate >= 0 AND s.discount_rate < 'Infinity') THEN
		PERFORM clv.portfolio_refuse('discount rate out of range', s.discount_rate::text, 'Give an annual rate such as 0.1 for 10 %.');
	ELSIF s.horizon IS NULL OR days + s.horizon <= days THEN
		PERFORM clv.portfolio_refuse('horizon out of range', s.horizon::text, 'Give an interval of at least a day, such as ''1 year''.');
	ELSIF s.refit IS NULL OR days + s.refit < days THEN
		PERFORM clv.portfolio_refuse('refit out of range', s.refit::text, 'Give an interval such as ''7 days'', or ''0'' for every refresh.');
	ELSIF s.track IS NULL THEN
		PERFORM clv.portfolio_refuse('track must be true or false', NULL, 'true follows changes by triggers, false reads all orders at each refresh.');
	ELSIF s.gap IS NULL OR s.gap NOT BETWEEN 1 AND 1000 THEN
		PERFORM clv.portfolio_refuse('gap out of range', s.gap::text, 'An order keeps a customer in the base for 1 to 1000 periods.');
	ELSIF s.as_of IS NOT NULL AND NOT isfinite(s.as_of) THEN
		PERFORM clv.portfolio_refuse('report date must be finite', s.as_of::text, 'Leave as_of NULL for today.');
	ELSIF s.family IS NULL OR s.family NOT IN ('bg/nbd', 'mbg/nbd', 'pareto/nbd', 'nbd', 'bg/cnbd-k', 'mbg/cnbd-k') THEN
		PERFORM clv.portfolio_refuse('unknown family of order models', s.family,
			'Families are ''mbg/nbd'', ''bg/nbd'', ''pareto/nbd'', ''nbd'', ''mbg/cnbd-k'' and ''bg/cnbd-k''.');
	ELSIF coalesce(cardinality(s.periods), 0) = 0 THEN
		PERFORM clv.portfolio_refuse('a portfolio needs at least one period', s.periods::text, 'Periods are ''day'', ''week'', ''month'', ''quarter'' and ''year''.');
	END IF;
	FOREACH unit IN ARRAY s.periods LOOP
		PERFORM clv.period_start(days, unit, s.week_start);
	END LOOP;
	PERFORM timezone(s.zone, days::timestamp);
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_options(clv.portfolio_setting) IS 'raises where an option of a portfolio is out of its range';

CREATE FUNCTION clv.portfolio_check_columns(s clv.portfolio_setting) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	number constant regtype[] := '{numeric,smallint,integer,bigint,real,"double precision",money}';
	key regtype;
BEGIN
	key := clv.portfolio_column_type(s.source, s.customer, 'customer');
	IF key IN ('json'::regtype, 'xml'::regtype, 'point'::regtype) THEN
		RAISE EXCEPTION 'column % of % cannot be used as customer', quote_ident(s.customer), s.source
			USING ERRCODE = 'datatype_mismatch', DETAIL = format('Values of type %s cannot be ordered.', key);
	END IF;
	IF clv.portfolio_column_type(s.source, s.ordered_at, 'ordered_at',
			'{date,"timestamp without time zone","timestamp with time zone"}') = 'timestamptz'::regtype
		AND s.zone IS NULL
	THEN
		RAISE EXCEPTION 'column % of % needs a time zone', quote_ident(s.ordered_at), s.source
			USING ERRCODE = 'invalid_parameter_value',
			DETAIL = 'Its type is timestamp with time zone: which day an order belongs to depends on where the clock hangs.',
			HINT = 'Add zone => ''Europe/Paris'' or wherever the shop is.';
	END IF;
	PERFORM clv.portfolio_column_type(s.source, s.amount, 'amount', number);
	IF s.order_id IS NOT NULL THEN
		PERFORM clv.portfolio_column_type(s.source, s.order_id, 'order_id');
	END IF;
	IF s.currency IS NOT NULL THEN
		PERFORM clv.portfolio_column_type(s.source, s.currency, 'currency');
	END IF;
	IF s.cost IS NOT NULL THEN
		PERFORM clv.portfolio_column_type(s.source, s.cost, 'cost', number);
	END IF;
	PERFORM clv.portfolio_check_filter(s.filter);
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_columns(clv.portfolio_setting) IS 'raises where the source has not the columns that a portfolio is to read';

CREATE FUNCTION clv.portfolio_checked(s clv.portfolio_setting) RETURNS clv.portfolio_setting
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_check_source(s.source);
	PERFORM clv.portfolio_check_columns(s);
	s.zone := coalesce(s.zone, current_setting('TimeZone'));
	PERFORM clv.portfolio_check_options(s);
	RETURN s;
END
$$;
COMMENT ON FUNCTION clv.portfolio_checked(clv.portfolio_setting) IS 'a description of a portfolio in which everything has been checked, with the zone of the session where none was given';

CREATE FUNCTION clv.portfolio_check_name(portfolio text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF portfolio IS NULL THEN
		RAISE EXCEPTION 'a portfolio needs a name' USING ERRCODE = 'null_value_not_allowed';
	ELSIF portfolio = '' THEN
		RAISE EXCEPTION 'a portfolio needs a name' USING ERRCODE = 'invalid_name', DETAIL = 'The name is empty.';
	ELSIF octet_length(portfolio) > 63 THEN
		RAISE EXCEPTION 'portfolio name is too long' USING ERRCODE = 'name_too_long',
			DETAIL = format('It has %s bytes.', octet_length(portfolio)),
			HINT = 'A portfolio is a schema, whose name has at most 63 bytes.';
	ELSIF portfolio IN (SELECT clv.portfolio_names()) THEN
		RAISE EXCEPTION 'portfolio % already exists', quote_ident(portfolio) USING ERRCODE = 'duplicate_object',
			HINT = format('Change it with clv.alter_portfolio, or remove it with clv.drop_portfolio(%L).', portfolio);
	ELSIF EXISTS (SELECT FROM pg_namespace WHERE nspname = portfolio) THEN
		RAISE EXCEPTION 'schema % already exists', quote_ident(portfolio) USING ERRCODE = 'duplicate_schema',
			DETAIL = 'A portfolio is a schema of its own.', HINT = 'Choose another name.';
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_name(text) IS 'raises where a new portfolio cannot have a name';

-- What a portfolio reads

CREATE FUNCTION clv.portfolio_day(s clv.portfolio_setting) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE clv.portfolio_column_type(s.source, s.ordered_at, 'ordered_at')
		WHEN 'timestamptz'::regtype THEN format('pg_catalog.timezone(%L::pg_catalog.text, %I::pg_catalog.timestamptz)::pg_catalog.date', s.zone, s.ordered_at)
		ELSE format('%I::pg_catalog.date', s.ordered_at) END;
END
$$;
COMMENT ON FUNCTION clv.portfolio_day(clv.portfolio_setting) IS 'SQL expression: the day of a row of the source';

CREATE FUNCTION clv.portfolio_number(source regclass, column_name name) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- A float8 is taken as its shortest decimal, which is what its text shows.
	RETURN CASE WHEN clv.portfolio_column_type(source, column_name, 'amount') IN ('float4'::regtype, 'float8'::regtype)
		THEN format('%I::pg_catalog.text::pg_catalog.numeric', column_name)
		ELSE format('%I::pg_catalog.numeric', column_name) END;
END
$$;
COMMENT ON FUNCTION clv.portfolio_number(regclass, name) IS 'SQL expression: an amount of a row of the source as exact numeric';

CREATE FUNCTION clv.portfolio_orders_sql(s clv.portfolio_setting) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	line text;
	purchase constant text := 'CASE WHEN amount OPERATOR(pg_catalog.<) 0::pg_catalog.numeric THEN 0 ELSE 1 END';
	unrefunded constant text := 'amount OPERATOR(pg_catalog.>=) 0::pg_catalog.numeric';
BEGIN
	line := format('SELECT %I AS customer, %s AS ordered_on, %s AS amount, %s AS cost, %s AS currency, %s AS order_id FROM %s WHERE %s %s',
		s.customer, clv.portfolio_day(s), clv.portfolio_number(s.source, s.amount),
		coalesce('COALESCE(' || clv.portfolio_number(s.source, s.cost) || ', 0)', 'NULL::pg_catalog.numeric'),
		coalesce(quote_ident(s.currency) || '::pg_catalog.text', 'NULL::pg_catalog.text'),
		coalesce(quote_ident(s.order_id), 'NULL::pg_catalog.text'), s.source,
		format('%I IS NOT NULL AND %I IS NOT NULL AND %I IS NOT NULL %s', s.customer, s.ordered_at, s.amount,
			'AND ' || quote_ident(s.order_id) || ' IS NOT NULL'),
		coalesce(E'AND (\n' || s.filter || E'\n)', ''));
	IF s.order_id IS NOT NULL THEN
		line := format('SELECT customer, pg_catalog.min(ordered_on) AS ordered_on, pg_catalog.sum(amount) AS amount, pg_catalog.sum(cost) AS cost, currency FROM (%s) line GROUP BY customer, order_id, currency', line);
	END IF;
	RETURN format('SELECT customer, ordered_on, amount, %s AS orders, cost, currency FROM (%s) accepted', purchase, line)
		|| CASE WHEN s.refunds = 'drop' THEN ' WHERE ' || unrefunded ELSE '' END;
END
$$;
COMMENT ON FUNCTION clv.portfolio_orders_sql(clv.portfolio_setting) IS 'SQL query: the orders of the source as a portfolio counts them';
--
-- The views of a portfolio
--
-- Each is defined by a template: a query in which %1$I stands for the schema
-- of the portfolio.  The first "--:" is the comment on the view, the others
-- comment its columns in order.  Views that know the source have %2$s for
-- the query that the text of clv.portfolio_orders_sql gives, or %3$L for
-- the source as a regclass.
--

CREATE FUNCTION clv.view_accepted_order() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: the orders of the source as the portfolio counts them: filter, order lines, refund policy and zone applied, rows with a NULL left out
SELECT
	customer,    --: customer, as in the source
	ordered_on,  --: day of the order in the zone of the portfolio; of lines of one order the first
	amount,      --: amount of the order, exact, in the currency of the source; negative for a refund
	orders,      --: 1, or 0 for a refund, which is no purchase
	cost,        --: cost of the order, in the currency of the source; NULL if the portfolio has no cost column
	currency     --: currency of the order; NULL if the portfolio has no currency column
FROM (%2$s) accepted
$template$;
COMMENT ON FUNCTION clv.view_accepted_order() IS 'template of the view accepted_order of a portfolio';

CREATE FUNCTION clv.view_history() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per customer: everything ordered up to the report date; stored rows for who may see every order, computed on the spot from the visible orders where row-level security hides some
SELECT
	s.customer,                                     --: customer, as in the source
	clv.truncate(s.history, r.as_of) AS history,    --: purchase days with number of orders and exact amounts, up to the report date
	clv.truncate(s.costs, r.as_of) AS costs         --: the same days with the costs of the orders instead of the amounts; NULL if the portfolio has no cost column
FROM %1$I.stored_history s
CROSS JOIN (SELECT clv.report_date(as_of, zone) AS as_of FROM %1$I.setting LIMIT 1) r
WHERE clv.sees_every_row(%3$L::pg_catalog.regclass)
	AND clv.first_order(s.history) OPERATOR(pg_catalog.<=) r.as_of
UNION ALL
SELECT
	o.customer,
	clv.order_history(o.ordered_on, o.amount, o.orders),
	clv.order_history(o.ordered_on, o.cost, o.orders) FILTER (WHERE o.cost IS NOT NULL)
FROM %1$I.accepted_order o
WHERE NOT clv.sees_every_row(%3$L::pg_catalog.regclass)
	AND o.ordered_on OPERATOR(pg_catalog.<=) (SELECT clv.report_date(as_of, zone) FROM %1$I.setting)
GROUP BY o.customer
HAVING pg_catalog.max(o.orders) OPERATOR(pg_catalog.>) 0
$template$;
COMMENT ON FUNCTION clv.view_history() IS 'template of the view history of a portfolio';

CREATE FUNCTION clv.view_report_basis() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row: what every report of the portfolio starts from
SELECT
	clv.report_date(s.as_of, s.zone) AS as_of,  --: report date, the last day that reports look at
	s.horizon,                                  --: how far ahead orders are predicted
	s.discount_rate,                            --: annual rate at which future money is discounted; NULL if none was given
	CASE WHEN s.cost IS NULL THEN s.margin ELSE (
		SELECT 1 - (sum(clv.revenue(h.costs)) / nullif(sum(clv.revenue(h.history)), 0))::float8
		FROM %1$I.history h) END AS margin,     --: share of revenue that is profit: as given or, with a cost column, that of all orders up to the report date
	t.model AS order_model,                     --: active model of the orders
	g.model AS spend_model,                     --: active model of the spend
	s.week_start,                               --: weekday on which weeks begin
	s.periods,                                  --: periods of cohort and movement reports
	s.gap                                       --: periods for which an order keeps a customer in the base of movement reports
FROM %1$I.setting s
LEFT JOIN %1$I.model_version t ON t.active AND t.role = 'transactions'
LEFT JOIN %1$I.model_version g ON g.active AND g.role = 'spend'
$template$;
COMMENT ON FUNCTION clv.view_report_basis() IS 'template of the view report_basis of a portfolio';

CREATE FUNCTION clv.view_cutoff() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row: the values that divide the customers into classes and scores at the report date
SELECT
	clv.cutoff(clv.concentration(clv.revenue(h.history)), 0.8) AS a_revenue,   --: revenue from which a customer is in class A
	clv.cutoff(clv.concentration(clv.revenue(h.history)), 0.95) AS b_revenue,  --: revenue from which a customer is in class A or B
	percentile_disc('{0.1999999999,0.3999999999,0.5999999999,0.7999999999}'::float8[]) WITHIN GROUP (ORDER BY clv.last_order(h.history)) AS last_order, --: days of the last order above which the recency score is 2, 3, 4 and 5
	percentile_disc('{0.1999999999,0.3999999999,0.5999999999,0.7999999999}'::float8[]) WITHIN GROUP (ORDER BY clv.purchase_days(h.history)) AS purchase_days, --: numbers of purchase days above which the frequency score is 2, 3, 4 and 5
	percentile_disc('{0.1999999999,0.3999999999,0.5999999999,0.7999999999}'::float8[]) WITHIN GROUP (ORDER BY clv.revenue(h.history)) AS revenue, --: revenues above which the monetary score is 2, 3, 4 and 5
	ARRAY(
		SELECT (SELECT n.segment FROM %1$I.rfm_rule n
			WHERE r BETWEEN n.r_from AND n.r_to AND f BETWEEN n.f_from AND n.f_to AND m BETWEEN n.m_from AND n.m_to
			ORDER BY n.priority LIMIT 1)
		FROM generate_series(1, 5) r, generate_series(1, 5) f, generate_series(1, 5) m
		ORDER BY r, f, m) AS segments --: names of the segments of all scores, from 111 to 555
FROM %1$I.history h
$template$;
COMMENT ON FUNCTION clv.view_cutoff() IS 'template of the view cutoff of a portfolio; it is an aggregate without groups so that the planner can leave it out where no class or score is asked for; fractions are a ten-billionth below a fifth, for 0.2 and 0.6 are not exact and N/5, where it is whole, must not round up to the next customer';

CREATE FUNCTION clv.view_customer_value() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per customer: what was, what is to be expected, and how the customer stands among the others, at the report date
SELECT
	h.customer,                                      --: customer, as in the source
	clv.orders(h.history) AS orders,                 --: number of orders
	p.purchase_days,                                 --: number of days with an order
	clv.first_order(h.history) AS first_order,       --: day of the first order
	p.last_order,                                    --: day of the last order
	b.as_of - p.last_order AS recency_days, --: days since the last order
	(p.statistics).frequency,                        --: purchase days after the first: x of the models
	(p.statistics).t_x,                              --: days from the first order to the last: t_x, the recency of the models
	(p.statistics).age,                              --: days from the first order to the report date: T of the models
	p.revenue,                                       --: sum of all amounts, refunds deducted; currency of the source
	p.revenue / clv.orders(h.history) AS average_order, --: revenue by order; currency of the source
	p.historic_value,                                --: profit earned so far: revenue less costs, or revenue times margin; currency of the source
	p.p_alive,                                       --: probability that the customer is still one, 0 to 1
	p.expected_orders,                               --: expected number of purchase days within the horizon after the report date
	clv.next_order_on(b.order_model, h.history, b.as_of) AS next_order_on, --: day by which the next order has come with probability 1/2; NULL if it never becomes that likely
	p.expected_spend,                                --: expected amount of a purchase day; currency of the source
	p.expected_orders * p.expected_spend * b.margin AS expected_value, --: expected profit within the horizon, not discounted; currency of the source
	p.residual_value,                                --: expected profit from all future orders, without end, discounted; NULL without a discount rate; currency of the source
	p.historic_value::float8 + p.residual_value AS total_value, --: historic value and residual value: the lifetime value of the customer; currency of the source
	CASE WHEN p.p_alive < 1 / 3.0 THEN 'high' WHEN p.p_alive < 2 / 3.0 THEN 'medium'
		WHEN p.p_alive IS NOT NULL THEN 'low' END AS risk, --: risk that the customer is lost: high where p_alive is below 1/3, medium below 2/3, else low
	CASE WHEN p.revenue <= 0 THEN 'C'::clv.abc_class WHEN p.revenue >= c.a_revenue THEN 'A'
		WHEN p.revenue >= c.b_revenue THEN 'B' ELSE 'C' END AS abc, --: class by revenue: A, the fewest customers that make 80 % of the total of the positive revenues; B, the next up to 95 %; C, the others, and all without positive revenue; equal revenue, equal class
	q.r_score,                                       --: score of the last order, 1 to 5: 5 is the most recent fifth of the customers; equal values, equal scores
	q.f_score,                                       --: score of the number of purchase days, 1 to 5: 5 are the most
	q.m_score,                                       --: score of revenue, 1 to 5: 5 is the highest
	c.segments[(q.r_score - 1) * 25 + (q.f_score - 1) * 5 + q.m_score] AS segment, --: the first segment of the table rfm_rule that holds the scores
	b.as_of                                          --: report date
FROM (SELECT * FROM %1$I.report_basis LIMIT 1) b
CROSS JOIN %1$I.history h
CROSS JOIN LATERAL (SELECT
	clv.statistics(h.history, b.as_of) AS statistics,
	clv.purchase_days(h.history) AS purchase_days,
	clv.last_order(h.history) AS last_order,
	clv.revenue(h.history) AS revenue,
	coalesce(clv.revenue(h.history) - clv.revenue(h.costs), clv.revenue(h.history) * b.margin::numeric) AS historic_value,
	clv.p_alive(b.order_model, h.history, b.as_of) AS p_alive,
	clv.expected_orders(b.order_model, h.history, b.as_of, b.horizon) AS expected_orders,
	clv.expected_spend(b.spend_model, h.history, b.as_of) AS expected_spend,
	CASE WHEN b.discount_rate IS NOT NULL THEN
		clv.residual_value(b.order_model, b.spend_model, h.history, b.as_of, b.discount_rate, b.margin) END AS residual_value
	OFFSET 0) p
LEFT JOIN %1$I.cutoff c ON true
CROSS JOIN LATERAL (SELECT
	1 + (p.last_order > c.last_order[1])::int + (p.last_order > c.last_order[2])::int
		+ (p.last_order > c.last_order[3])::int + (p.last_order > c.last_order[4])::int AS r_score,
	1 + (p.purchase_days > c.purchase_days[1])::int + (p.purchase_days > c.purchase_days[2])::int
		+ (p.purchase_days > c.purchase_days[3])::int + (p.purchase_days > c.purchase_days[4])::int AS f_score,
	1 + (p.revenue > c.revenue[1])::int + (p.revenue > c.revenue[2])::int
		+ (p.revenue > c.revenue[3])::int + (p.revenue > c.revenue[4])::int AS m_score) q
$template$;
COMMENT ON FUNCTION clv.view_customer_value() IS 'template of the view customer_value of a portfolio';

CREATE FUNCTION clv.view_abc_segment() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per customer: class A, B or C by revenue up to the report date
SELECT
	customer,                      --: customer, as in the source
	revenue,                       --: sum of all amounts, refunds deducted; currency of the source
	rank() OVER (ORDER BY revenue DESC) AS rank, --: place among all customers, 1 has the highest revenue; equal revenue, equal place
	(greatest(revenue, 0) / nullif(sum(greatest(revenue, 0)) OVER (), 0))::float8 AS share, --: share of the total, 0 to 1; negative revenue counts as none
	(sum(greatest(revenue, 0)) OVER (ORDER BY revenue DESC)
		/ nullif(sum(greatest(revenue, 0)) OVER (), 0))::float8 AS cumulative_share, --: share of the total of this customer and all who have as much or more
	abc AS class                   --: A, the fewest customers that make 80 % of the total; B, the next up to 95 %; C, the others, and all without positive revenue; equal revenue, equal class
FROM %1$I.customer_value
$template$;
COMMENT ON FUNCTION clv.view_abc_segment() IS 'template of the view abc_segment of a portfolio';

CREATE FUNCTION clv.view_abc_summary() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per class A, B, C
SELECT
	c.class,                                     --: class by revenue
	count(s.customer) AS customers,              --: number of customers
	count(s.customer)::float8 / nullif(sum(count(s.customer)) OVER (), 0)::float8 AS customer_share, --: share of all customers, 0 to 1
	coalesce(sum(s.revenue), 0) AS revenue,      --: sum of all amounts; currency of the source
	(coalesce(sum(s.revenue), 0) / nullif(sum(sum(s.revenue)) OVER (), 0))::float8 AS revenue_share, --: share of all revenue
	avg(s.revenue) AS average_revenue,           --: revenue by customer; currency of the source
	min(s.revenue) AS lowest_revenue             --: revenue from which a customer belongs to the class; currency of the source
FROM unnest(enum_range(NULL::clv.abc_class)) c (class)
LEFT JOIN %1$I.abc_segment s ON s.class = c.class
GROUP BY c.class
ORDER BY c.class
$template$;
COMMENT ON FUNCTION clv.view_abc_summary() IS 'template of the view abc_summary of a portfolio';

CREATE FUNCTION clv.view_rfm_segment() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per customer: scores of recency, frequency and monetary value at the report date, and the segment they fall into
SELECT
	customer,                      --: customer, as in the source
	last_order,                    --: day of the last order
	recency_days,                  --: days since the last order
	purchase_days,                 --: number of days with an order
	revenue,                       --: sum of all amounts; currency of the source
	r_score,                       --: score of the last order, 1 to 5: 5 is the most recent fifth of the customers; equal values, equal scores
	f_score,                       --: score of the purchase days, 1 to 5: 5 are the most
	m_score,                       --: score of revenue, 1 to 5: 5 is the highest
	r_score::text || f_score::text || m_score::text AS rfm, --: the three scores side by side
	segment                        --: the first segment of the table rfm_rule that holds the scores
FROM %1$I.customer_value
$template$;
COMMENT ON FUNCTION clv.view_rfm_segment() IS 'template of the view rfm_segment of a portfolio';

CREATE FUNCTION clv.view_rfm_summary() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per named segment
SELECT
	coalesce(s.segment, n.segment) AS segment,   --: name of the segment, from the table rfm_rule
	count(s.customer) AS customers,              --: number of customers
	count(s.customer)::float8 / nullif(sum(count(s.customer)) OVER (), 0)::float8 AS customer_share, --: share of all customers, 0 to 1
	coalesce(sum(s.revenue), 0) AS revenue,      --: sum of all amounts; currency of the source
	(coalesce(sum(s.revenue), 0) / nullif(sum(sum(s.revenue)) OVER (), 0))::float8 AS revenue_share, --: share of all revenue
	avg(s.recency_days)::float8 AS average_recency_days, --: mean number of days since the last order
	avg(s.purchase_days)::float8 AS average_purchase_days, --: mean number of purchase days
	avg(s.revenue) AS average_revenue,           --: revenue by customer; currency of the source
	min(n.meaning) AS meaning                    --: who is in the segment, from the table rfm_rule
FROM (SELECT segment, min(priority) AS priority, min(meaning) AS meaning FROM %1$I.rfm_rule GROUP BY segment) n
FULL JOIN %1$I.rfm_segment s ON s.segment = n.segment
GROUP BY coalesce(s.segment, n.segment)
ORDER BY min(n.priority)
$template$;
COMMENT ON FUNCTION clv.view_rfm_summary() IS 'template of the view rfm_summary of a portfolio';

CREATE FUNCTION clv.view_counted_period() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per period of the calendar: customers counted by cohorts and movements, as of the report date; stored by the last refresh where that was for the same day and for who may see every order, else counted on the spot
SELECT
	s.period,    --: period of the calendar: day, week, month, quarter or year
	s.cohorts,   --: customers by the period of their first order and the periods since: see clv.cohorts
	s.movements  --: customers who came, stayed, came back and left: see clv.movements and clv.value_bridge
FROM %1$I.stored_period s
WHERE clv.sees_every_row(%3$L::pg_catalog.regclass)
	AND s.as_of = (SELECT r.as_of FROM %1$I.report_basis r)
UNION ALL
SELECT u.period, c.cohorts, c.movements
FROM %1$I.setting p
CROSS JOIN LATERAL unnest(p.periods) u (period)
CROSS JOIN LATERAL (
	SELECT clv.cohort_state(h.history, u.period, b.as_of, b.week_start) AS cohorts,
		clv.movement_state(h.history, u.period, b.as_of, b.gap, b.week_start) AS movements
	FROM %1$I.report_basis b CROSS JOIN %1$I.history h) c
WHERE NOT (clv.sees_every_row(%3$L::pg_catalog.regclass) AND EXISTS (
	SELECT FROM %1$I.stored_period s WHERE s.period = u.period
	AND s.as_of = (SELECT r.as_of FROM %1$I.report_basis r)))
$template$;
COMMENT ON FUNCTION clv.view_counted_period() IS 'template of the view counted_period of a portfolio';

CREATE FUNCTION clv.view_cohort_retention() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: the retention triangle: who of a cohort bought again in each period since; every cell that could be observed is there
SELECT
	p.period,          --: period of the calendar: day, week, month, quarter or year
	c.cohort,          --: first day of the period in which the customers of the cohort bought first
	c.cohort_size,     --: customers of the cohort
	c.period_number,   --: periods since, 0 is the first
	c.period_start,    --: first day of that period
	c.active,          --: customers of the cohort who bought in it
	c.rate,            --: their share of the cohort, 0 to 1
	c.lower,           --: lower bound of the 95 % interval of the rate (Wilson)
	c.upper,           --: upper bound of the 95 % interval of the rate (Wilson)
	c.complete         --: false while the period is still running at the report date
FROM %1$I.counted_period p
CROSS JOIN LATERAL clv.cohorts(p.cohorts, 'on') c
$template$;
COMMENT ON FUNCTION clv.view_cohort_retention() IS 'template of the view cohort_retention of a portfolio';

CREATE FUNCTION clv.view_cohort_value() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: what each cohort bought, period by period
SELECT
	p.period,              --: period of the calendar: day, week, month, quarter or year
	c.cohort,              --: first day of the period in which the customers of the cohort bought first
	c.cohort_size,         --: customers of the cohort
	c.period_number,       --: periods since, 0 is the first
	c.period_start,        --: first day of that period
	c.active,              --: customers of the cohort who bought in it
	c.orders,              --: orders of the cohort in it
	c.revenue,             --: amounts of these orders, refunds deducted; currency of the source
	c.revenue / nullif(c.orders, 0) AS average_order, --: revenue by order; currency of the source
	c.cumulative_revenue,  --: revenue of the cohort from the first period up to this one
	c.cumulative_revenue / c.cohort_size AS cumulative_revenue_per_customer, --: that revenue by acquired customer
	c.cumulative_revenue / c.cohort_size * b.margin::numeric AS cumulative_value_per_customer, --: that revenue times the margin of the portfolio: profit by acquired customer
	c.complete             --: false while the period is still running at the report date
FROM (SELECT margin FROM %1$I.report_basis LIMIT 1) b
CROSS JOIN %1$I.counted_period p
CROSS JOIN LATERAL clv.cohorts(p.cohorts, 'on') c
$template$;
COMMENT ON FUNCTION clv.view_cohort_value() IS 'template of the view cohort_value of a portfolio';

CREATE FUNCTION clv.view_movement() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: customers who came, stayed, came back and left, period by period; a customer belongs to the base of the period of an order and, by the option gap, of periods after it; closing = opening + new + reactivated - lost
SELECT
	p.period,              --: period of the calendar: day, week, month, quarter or year
	m.period_start,        --: its first day
	m.opening,             --: customers in the base at its beginning
	m.new,                 --: customers who bought for the first time
	m.kept,                --: opening customers who stayed
	m.reactivated,         --: earlier customers who came back
	m.lost,                --: opening customers who left
	m.closing,             --: customers in the base at its end
	m.net,                 --: closing less opening
	m.buyers,              --: customers who bought in it
	1 - m.churn AS retention_rate, --: share of the opening customers who stayed, 0 to 1
	m.churn AS churn_rate, --: share of the opening customers who left, 0 to 1
	m.churn_lower AS lower, --: lower bound of the 95 % interval of the churn rate (Wilson)
	m.churn_upper AS upper, --: upper bound of the 95 % interval of the churn rate (Wilson)
	m.average_churn,       --: lost customers by the mean of opening and closing ones
	m.quick_ratio,         --: customers won by customer lost; above 1 the base grows
	m.leaking,             --: warning: the base holds only through new customers, and churn is a quarter above that of the complete periods before
	m.small_new,           --: warning: a new customer brings less than three quarters of what other buyers bring
	m.complete             --: false while the period is still running at the report date
FROM %1$I.counted_period p
CROSS JOIN LATERAL clv.movements(p.movements) m
$template$;
COMMENT ON FUNCTION clv.view_movement() IS 'template of the view movement of a portfolio';

CREATE FUNCTION clv.view_value_bridge() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: from the revenue of one period to that of the next: closing_revenue = opening_revenue + new + reactivated + expansion - contraction - lost
SELECT
	p.period,              --: period of the calendar: day, week, month, quarter or year
	m.period_start,        --: its first day
	m.opening_revenue,     --: revenue of the period before; currency of the source
	m.new,                 --: revenue from customers who bought for the first time
	m.reactivated,         --: revenue from earlier customers who came back
	m.expansion,           --: what kept customers spent more than in the period before
	m.contraction,         --: what kept customers spent less than in the period before
	m.lost,                --: revenue of the period before from customers who left
	m.closing_revenue,     --: revenue of the period
	m.orders,              --: orders of the period
	m.gross_retention,     --: share of the opening revenue that stayed: (opening - contraction - lost) / opening
	m.net_retention,       --: the same with expansion
	m.quick_ratio,         --: revenue won by revenue lost
	m.complete             --: false while the period is still running at the report date
FROM %1$I.counted_period p
CROSS JOIN LATERAL clv.value_bridge(p.movements) m
$template$;
COMMENT ON FUNCTION clv.view_value_bridge() IS 'template of the view value_bridge of a portfolio';

CREATE FUNCTION clv.view_cash_flow() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: what known customers are expected to bring, month by month from the report date to the horizon
SELECT
	f.month_number,            --: months after the report date, 1 is the first
	f.month_start,             --: its first day
	f.month_end,               --: its last day
	f.orders::float8 AS expected_orders,   --: expected purchase days
	f.revenue::float8 AS expected_revenue, --: expected revenue; currency of the source
	f.revenue::float8 * b.margin AS expected_value, --: that revenue times the margin: profit; currency of the source
	f.revenue::float8 * b.margin / (1 + b.discount_rate) ^ ((f.month_end - b.as_of) / 365.2425::float8) AS discounted_value --: that profit discounted from the end of the month; NULL without a discount rate; currency of the source
FROM (SELECT * FROM %1$I.report_basis LIMIT 1) b
CROSS JOIN LATERAL (
	-- Sums of decimals: the same whatever order the customers come in.
	SELECT m.number AS month_number, m.from_day + 1 AS month_start, m.to_day AS month_end,
		sum(o.orders::numeric) AS orders, sum((o.orders * h.spend)::numeric) AS revenue
	FROM (
		SELECT n AS number, (b.as_of + 1 + (n - 1) * interval '1 month')::date - 1 AS from_day,
			least((b.as_of + 1 + n * interval '1 month')::date - 1, (b.as_of + b.horizon)::date) AS to_day
		FROM generate_series(1, 1200) n
		WHERE (b.as_of + 1 + (n - 1) * interval '1 month')::date - 1 < (b.as_of + b.horizon)::date) m
	CROSS JOIN LATERAL (
		SELECT c.history, clv.expected_spend(b.spend_model, c.history, b.as_of) AS spend FROM %1$I.history c OFFSET 0) h
	CROSS JOIN LATERAL (SELECT clv.expected_orders(b.order_model, h.history, b.as_of, m.from_day, m.to_day) AS orders OFFSET 0) o
	GROUP BY m.number, m.from_day, m.to_day) f
ORDER BY f.month_number
$template$;
COMMENT ON FUNCTION clv.view_cash_flow() IS 'template of the view cash_flow of a portfolio';

CREATE FUNCTION clv.view_model() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: the fitted models, all versions; the active ones are those that reports use
SELECT
	v.version,                                   --: number of the fit, growing
	v.role,                                      --: transactions: when customers order; spend: how much
	clv.family(v.model) AS family,               --: family of the model
	v.active,                                    --: do reports use it
	v.as_of,                                     --: last day that the fit looked at
	clv.observations(v.model) AS customers,      --: customers that it was fitted to
	p.parameters,                                --: estimates of the parameters; times in days
	clv.log_likelihood(v.model) AS log_likelihood, --: maximum of the log-likelihood
	clv.aic(v.model) AS aic,                     --: information criterion of Akaike, lower is better
	clv.bic(v.model) AS bic,                     --: information criterion of Schwarz, lower is better
	clv.converged(v.model) AS converged,         --: did the fit reach a maximum
	clv.status(v.model) AS status,               --: how the fit ended
	v.fitted_at,                                 --: when it was fitted
	v.model                                      --: the model itself, for the functions of clv
FROM %1$I.model_version v
CROSS JOIN LATERAL (SELECT jsonb_object_agg(q.name, q.estimate) AS parameters FROM clv.parameters(v.model) q) p
ORDER BY v.version DESC, v.role DESC
$template$;
COMMENT ON FUNCTION clv.view_model() IS 'template of the view model of a portfolio';

CREATE FUNCTION clv.view_kpi() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: one row per indicator, at the report date
SELECT
	k.kind,         --: what it tells of: activity (what happens), effectiveness (is it what was wanted), efficiency (at what expense), performance (what it is worth)
	k.indicator,    --: name of the indicator
	trim_scale(round(k.value, 4)) AS value, --: its value, rounded to four decimals; NULL where it cannot be told
	k.unit,         --: unit of the value
	k.meaning       --: definition
FROM (
	SELECT count(*) AS customers, sum(v.orders) AS orders, sum(v.revenue) AS revenue,
		count(*) FILTER (WHERE v.purchase_days > 1) AS repeaters,
		count(*) FILTER (WHERE v.first_order > v.as_of - interval '1 year') AS new_year,
		avg(v.recency_days) AS recency_days,
		avg((v.t_x / v.frequency)::numeric) FILTER (WHERE v.frequency > 0) AS gap,
		sum(v.historic_value) AS historic_value, sum(v.p_alive::numeric) AS alive,
		sum(v.expected_orders::numeric) AS expected_orders,
		sum(v.expected_value::numeric) AS expected_value, sum(v.residual_value::numeric) AS equity
	FROM %1$I.customer_value v) t
CROSS JOIN (
	SELECT sum(clv.orders(y.year)) AS orders, sum(clv.revenue(y.year)) AS revenue, count(*) FILTER (WHERE clv.purchase_days(y.year) > 0) AS customers
	FROM (SELECT as_of FROM %1$I.report_basis LIMIT 1) b
	CROSS JOIN %1$I.history h
	CROSS JOIN LATERAL (SELECT clv.slice(h.history, (b.as_of - interval '1 year')::date + 1, b.as_of + 1) AS year OFFSET 0) y) y
CROSS JOIN (
	SELECT clv.top_share(clv.concentration(clv.revenue(h.history)), 0.2)::numeric AS best_fifth,
		clv.gini(clv.concentration(clv.revenue(h.history)))::numeric AS gini
	FROM %1$I.history h) l
CROSS JOIN LATERAL (VALUES
	(1, 'activity', 'customers', t.customers::numeric, 'customers', 'customers with at least one order'),
	(2, 'activity', 'active customers', y.customers, 'customers', 'customers who ordered in the year up to the report date'),
	(3, 'activity', 'new customers', t.new_year, 'customers', 'customers who ordered for the first time in that year'),
	(4, 'activity', 'orders', t.orders, 'orders', 'all orders'),
	(5, 'activity', 'orders, last year', y.orders, 'orders', 'orders in the year up to the report date'),
	(6, 'activity', 'days since last order', t.recency_days, 'days', 'mean over all customers'),
	(7, 'effectiveness', 'repeat rate', t.repeaters::numeric / nullif(t.customers, 0), 'share', 'share of customers who bought on a second day'),
	(8, 'effectiveness', 'orders per customer', t.orders / nullif(t.customers, 0), 'orders', 'orders by customer, all time'),
	(9, 'effectiveness', 'orders per active customer', y.orders / nullif(y.customers, 0), 'orders', 'purchase frequency: orders in the year up to the report date by customer who ordered in it'),
	(10, 'effectiveness', 'days between orders', t.gap, 'days', 'mean gap between purchase days, averaged over the customers who have one'),
	(11, 'effectiveness', 'customers alive', t.alive, 'customers', 'expected number of customers who are still there: sum of p_alive'),
	(12, 'efficiency', 'average order', t.revenue / nullif(t.orders, 0), 'currency', 'revenue by order, all time'),
	(13, 'efficiency', 'average order, last year', y.revenue / nullif(y.orders, 0), 'currency', 'revenue by order in the year up to the report date'),
	(14, 'efficiency', 'revenue per customer', t.revenue / nullif(t.customers, 0), 'currency', 'revenue by customer, all time'),
	(15, 'efficiency', 'share of the best fifth', l.best_fifth, 'share', 'share of revenue made by the best 20 %% of the customers'),
	(16, 'efficiency', 'gini', l.gini, 'index', 'concentration of revenue: 0 if all customers are equal, 1 if one has it all'),
	(17, 'performance', 'revenue', t.revenue, 'currency', 'sum of all amounts, refunds deducted'),
	(18, 'performance', 'revenue, last year', y.revenue, 'currency', 'amounts of the year up to the report date'),
	(19, 'performance', 'historic value', t.historic_value, 'currency', 'profit so far: revenue less costs, or revenue times margin'),
	(20, 'performance', 'expected orders', t.expected_orders, 'orders', 'expected purchase days of known customers within the horizon'),
	(21, 'performance', 'expected value', t.expected_value, 'currency', 'expected profit from known customers within the horizon, not discounted'),
	(22, 'performance', 'customer equity', t.equity, 'currency', 'expected profit from all future orders of known customers, discounted; needs a discount rate')
	) k (place, kind, indicator, value, unit, meaning)
ORDER BY k.place
$template$;
COMMENT ON FUNCTION clv.view_kpi() IS 'template of the view kpi of a portfolio';

CREATE FUNCTION clv.view_reliability() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: can the figures be relied on: one row per check, at the report date
SELECT
	c.check_name AS "check",   --: what is checked
	trim_scale(round(c.value::numeric, 4)) AS value, --: what was found, rounded to four decimals
	c.threshold,               --: what it is compared with
	CASE WHEN c.passed THEN 'ok' WHEN c.passed IS NULL THEN 'unknown' ELSE c.severity END AS verdict, --: ok, caution, insufficient, or unknown where nothing can be said
	c.meaning                  --: why it matters
FROM (SELECT as_of FROM %1$I.report_basis LIMIT 1) b
CROSS JOIN (
	SELECT count(*) AS customers,
		count(*) FILTER (WHERE clv.purchase_days(h.history) > 1) AS repeaters,
		count(*) FILTER (WHERE clv.orders(h.history) > 2) AS regulars,
		min(clv.first_order(h.history)) AS first_order, max(clv.last_order(h.history)) AS last_order,
		max(clv.revenue(h.history)) / nullif(sum(greatest(clv.revenue(h.history), 0)), 0) AS largest
	FROM %1$I.history h) t
CROSS JOIN (
	SELECT corr((s.s).frequency, (s.s).spend) AS spend_correlation
	FROM (SELECT as_of FROM %1$I.report_basis LIMIT 1) b
	CROSS JOIN %1$I.history h
	CROSS JOIN LATERAL (SELECT clv.statistics(h.history, b.as_of) AS s OFFSET 0) s
	WHERE (s.s).frequency > 0) g
LEFT JOIN %1$I.model_version m ON m.active AND m.role = 'transactions'
LEFT JOIN %1$I.model_version n ON n.active AND n.role = 'spend'
CROSS JOIN LATERAL (VALUES
	(1, 'customers', t.customers::float8, 'at least 500', t.customers >= 500, CASE WHEN t.customers < 50 THEN 'insufficient' ELSE 'caution' END,
		'With fewer customers shares and means swing with every single one.'),
	(2, 'repeat customers', t.repeaters, 'at least 100', t.repeaters >= 100, CASE WHEN t.repeaters < 20 THEN 'insufficient' ELSE 'caution' END,
		'Only customers who came back tell how often customers come back.'),
	(3, 'customers with three orders', t.regulars, 'at least 1', t.regulars >= 1, 'insufficient',
		'Without them a rhythm of orders cannot be told from chance.'),
	(4, 'days of history', t.last_order - t.first_order + 1, 'at least 180', t.last_order - t.first_order + 1 >= 180, 'caution',
		'A short history does not show who stays away for good.'),
	(5, 'days since last order', b.as_of - t.last_order, 'at most 30', b.as_of - t.last_order <= 30, 'caution',
		'If orders are missing at the end, all customers look lost: is the report date right, and were orders loaded?'),
	(6, 'share of the largest customer', t.largest, 'at most 0.05', t.largest <= 0.05, 'caution',
		'The loss of this one customer would change every total by that much.'),
	(7, 'days since fit', b.as_of - m.as_of, 'between 0 and 31', b.as_of - m.as_of BETWEEN 0 AND 31, 'caution',
		'A model fitted for another time does not know what changed since, or knows what was still to come.'),
	(8, 'transactions model', clv.converged(m.model)::int, '1', clv.converged(m.model), 'insufficient',
		coalesce('The fit ended with status ' || clv.status(m.model) || '.', 'There is no active model yet: CALL clv.refresh.')),
	(9, 'spend model', clv.converged(n.model)::int, '1', clv.converged(n.model), 'insufficient',
		coalesce('The fit ended with status ' || clv.status(n.model) || '.', 'There is no active model yet: CALL clv.refresh.')),
	(10, 'correlation of frequency and spend', g.spend_correlation, 'between -0.3 and 0.3', abs(g.spend_correlation) <= 0.3, 'caution',
		'The spend model takes for granted that how often and how much are independent.')
	) c (place, check_name, value, threshold, passed, severity, meaning)
ORDER BY c.place
$template$;
COMMENT ON FUNCTION clv.view_reliability() IS 'template of the view reliability of a portfolio';

CREATE FUNCTION clv.view_data_quality() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $template$
--: what is odd about the rows of the source: one row per finding, counted when asked
SELECT
	p.problem,     --: what was looked for
	p.rows,        --: rows of the source in which it was found
	p.treatment,   --: what the portfolio does with them
	p.example      --: one of these rows
FROM (
	SELECT count(*) AS total,
		count(*) FILTER (WHERE q.kept IS NOT TRUE) AS filtered, min(q.example) FILTER (WHERE q.kept IS NOT TRUE) AS filtered_example,
		count(*) FILTER (WHERE q.kept AND q.customer IS NULL) AS no_customer, min(q.example) FILTER (WHERE q.kept AND q.customer IS NULL) AS no_customer_example,
		count(*) FILTER (WHERE q.kept AND q.ordered_on IS NULL) AS no_date, min(q.example) FILTER (WHERE q.kept AND q.ordered_on IS NULL) AS no_date_example,
		count(*) FILTER (WHERE q.kept AND q.amount IS NULL) AS no_amount, min(q.example) FILTER (WHERE q.kept AND q.amount IS NULL) AS no_amount_example,
		count(*) FILTER (WHERE q.kept AND q.no_order_id) AS no_order_id, min(q.example) FILTER (WHERE q.kept AND q.no_order_id) AS no_order_id_example,
		count(*) FILTER (WHERE q.kept AND q.no_cost) AS no_cost, min(q.example) FILTER (WHERE q.kept AND q.no_cost) AS no_cost_example,
		count(*) FILTER (WHERE q.kept AND NOT isfinite(q.ordered_on)) AS endless, min(q.example) FILTER (WHERE q.kept AND NOT isfinite(q.ordered_on)) AS endless_example,
		count(*) FILTER (WHERE q.kept AND q.ordered_on > r.as_of) AS future, min(q.example) FILTER (WHERE q.kept AND q.ordered_on > r.as_of) AS future_example,
		count(*) FILTER (WHERE q.kept AND abs(q.amount) >= 'Infinity') AS not_finite, min(q.example) FILTER (WHERE q.kept AND abs(q.amount) >= 'Infinity') AS not_finite_example,
		count(*) FILTER (WHERE q.kept AND q.amount = 0) AS zero, min(q.example) FILTER (WHERE q.kept AND q.amount = 0) AS zero_example,
		count(*) FILTER (WHERE q.kept AND q.amount < 0) AS negative, min(q.example) FILTER (WHERE q.kept AND q.amount < 0) AS negative_example,
		greatest(count(DISTINCT q.currency) FILTER (WHERE q.kept) - 1, 0) AS currencies,
		string_agg(DISTINCT q.currency, ', ') FILTER (WHERE q.kept) AS currencies_example
	FROM (SELECT clv.report_date(as_of, zone) AS as_of FROM %1$I.setting LIMIT 1) r
	CROSS JOIN (%2$s) q
	) t
CROSS JOIN (SELECT refunds FROM %1$I.setting LIMIT 1) s
CROSS JOIN LATERAL (VALUES
	(1, 'all rows', t.total, NULL, NULL),
	(2, 'not passed by the filter', t.filtered, 'ignored', t.filtered_example),
	(3, 'customer missing', t.no_customer, 'skipped', t.no_customer_example),
	(4, 'date missing', t.no_date, 'skipped', t.no_date_example),
	(5, 'amount missing', t.no_amount, 'skipped', t.no_amount_example),
	(6, 'order id missing', t.no_order_id, 'skipped', t.no_order_id_example),
	(7, 'cost missing', t.no_cost, 'counted as 0', t.no_cost_example),
	(8, 'date infinite', t.endless, 'refresh fails', t.endless_example),
	(9, 'date after the report date', t.future, 'left out of reports until then', t.future_example),
	(10, 'amount NaN or infinite', t.not_finite, 'refresh fails', t.not_finite_example),
	(11, 'amount zero', t.zero, 'counted as an order', t.zero_example),
	(12, 'amount negative', t.negative, CASE s.refunds WHEN 'net' THEN 'refund: lowers revenue, is no order'
		WHEN 'drop' THEN 'ignored' ELSE 'refresh fails' END, t.negative_example),
	(13, 'further currencies', t.currencies, 'refresh fails', t.currencies_example)
	) p (place, problem, rows, treatment, example)
ORDER BY p.place
$template$;
COMMENT ON FUNCTION clv.view_data_quality() IS 'template of the view data_quality of a portfolio';
--
-- Commands on portfolios: create, alter, refresh, activate, drop
--

-- The query behind data_quality: every row of the source as it is

CREATE FUNCTION clv.portfolio_rows_sql(s clv.portfolio_setting) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format($sql$SELECT %1$I::pg_catalog.text AS customer, %2$s AS ordered_on, %3$s AS amount, %4$s AS no_order_id, %5$s AS no_cost,
	%6$s AS currency, %7$s AS kept,
	pg_catalog.concat_ws(', ', 'customer ' OPERATOR(pg_catalog.||) COALESCE(%1$I::pg_catalog.text, 'NULL'),
		COALESCE(pg_catalog.to_jsonb(%8$I) OPERATOR(pg_catalog.#>>) '{}', 'NULL'), COALESCE(%9$I::pg_catalog.text, 'NULL')) AS example
FROM %10$s$sql$,
		s.customer, clv.portfolio_day(s), clv.portfolio_number(s.source, s.amount),
		coalesce(quote_ident(s.order_id) || ' IS NULL', 'false'), coalesce(quote_ident(s.cost) || ' IS NULL', 'false'),
		coalesce(quote_ident(s.currency) || '::pg_catalog.text', 'NULL::pg_catalog.text'),
		coalesce(E'(\n' || s.filter || E'\n)', 'true'), s.ordered_at, s.amount, s.source);
END
$$;
COMMENT ON FUNCTION clv.portfolio_rows_sql(clv.portfolio_setting) IS 'SQL query: every row of the source of a portfolio, also those that it does not count';

-- The equality by which customers are told apart, for their type's operator may be in any schema

CREATE FUNCTION clv.portfolio_equality(portfolio text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (
		SELECT format('%I.%s', n.nspname, o.oprname)
		FROM pg_index i
		JOIN pg_opclass c ON c.oid = i.indclass[0]
		JOIN pg_amop a ON a.amopfamily = c.opcfamily AND a.amoplefttype = c.opcintype
			AND a.amoprighttype = c.opcintype AND a.amopstrategy = 3
		JOIN pg_operator o ON o.oid = a.amopopr
		JOIN pg_namespace n ON n.oid = o.oprnamespace
		WHERE i.indrelid = format('%I.stored_history', portfolio)::regclass AND i.indisprimary);
END
$$;
COMMENT ON FUNCTION clv.portfolio_equality(text) IS 'qualified name of the operator that tells whether two customers of a portfolio are the same';

-- Views from templates

CREATE FUNCTION clv.portfolio_comment(portfolio text, view_name text, template text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	comments constant text[] := ARRAY(
		SELECT m[1] FROM regexp_matches(template, '--: (.*?)[ \t]*$', 'gn') m);
	columns constant name[] := ARRAY(
		SELECT attname FROM pg_attribute
		WHERE attrelid = format('%I.%I', portfolio, view_name)::regclass AND attnum > 0 ORDER BY attnum);
BEGIN
	IF cardinality(comments) <> cardinality(columns) + 1 THEN
		RAISE EXCEPTION 'view % has % columns and % comments', view_name, cardinality(columns), cardinality(comments);
	END IF;
	EXECUTE format('COMMENT ON VIEW %I.%I IS %L', portfolio, view_name, comments[1]);
	FOR i IN 1 .. cardinality(columns) LOOP
		EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', portfolio, view_name, columns[i], comments[i + 1]);
	END LOOP;
END
$$;
COMMENT ON FUNCTION clv.portfolio_comment(text, text, text) IS 'puts the comments that stand in a template on a view of a portfolio and on its columns';

CREATE FUNCTION clv.portfolio_define_view(portfolio text, view_name text, rows_sql text DEFAULT '', path text DEFAULT 'pg_catalog, pg_temp')
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	template text;
	definition text;
BEGIN
	EXECUTE format('SELECT clv.%I()', 'view_' || view_name) INTO template;
	definition := format('CREATE OR REPLACE VIEW %I.%I WITH (security_invoker = true) AS %s', portfolio, view_name,
		format(regexp_replace(template, '--: .*', '', 'gn'), portfolio, rows_sql, (clv.setting(portfolio)).source::text, clv.portfolio_equality(portfolio)));
	-- A filter means what it means to its author: it alone is read under the path of the author.
	PERFORM set_config('search_path', path, true);
	EXECUTE definition;
	PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
	PERFORM clv.portfolio_comment(portfolio, view_name, template);
END
$$;
COMMENT ON FUNCTION clv.portfolio_define_view(text, text, text, text) IS 'creates or replaces one view of a portfolio from its template; rows_sql is the query of the source that goes into it, read under the given search path';

CREATE FUNCTION clv.portfolio_views() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{history,report_basis,cutoff,customer_value,abc_segment,abc_summary,rfm_segment,rfm_summary,counted_period,cohort_retention,cohort_value,movement,value_bridge,cash_flow,model,kpi,reliability}'::text[];
COMMENT ON FUNCTION clv.portfolio_views() IS 'the views of a portfolio that read other views and tables of it, in the order in which they are created';

CREATE FUNCTION clv.portfolio_define_views(portfolio text, path text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	view_name text;
BEGIN
	PERFORM clv.portfolio_define_view(portfolio, 'accepted_order', clv.portfolio_orders_sql(s), path);
	FOREACH view_name IN ARRAY clv.portfolio_views() LOOP
		PERFORM clv.portfolio_define_view(portfolio, view_name);
	END LOOP;
	PERFORM clv.portfolio_define_view(portfolio, 'data_quality', clv.portfolio_rows_sql(s), path);
END
$$;
COMMENT ON FUNCTION clv.portfolio_define_views(text, text) IS 'creates or replaces all views of a portfolio';

-- Tables

CREATE FUNCTION clv.portfolio_type_sql(relation regclass, column_name name) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = relation AND attname = column_name);
END
$$;
COMMENT ON FUNCTION clv.portfolio_type_sql(regclass, name) IS 'SQL type of a column';

CREATE FUNCTION clv.portfolio_collation_sql(relation regclass, column_name name) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (
		SELECT format('COLLATE %I.%I', n.nspname, c.collname)
		FROM pg_attribute a
		JOIN pg_collation c ON c.oid = a.attcollation AND c.collname <> 'default'
		JOIN pg_namespace n ON n.oid = c.collnamespace
		WHERE a.attrelid = relation AND a.attname = column_name);
END
$$;
COMMENT ON FUNCTION clv.portfolio_collation_sql(regclass, name) IS 'COLLATE clause of a column; NULL for the default collation';

CREATE FUNCTION clv.portfolio_key_type(portfolio text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN clv.portfolio_type_sql(format('%I.stored_history', portfolio)::regclass, 'customer');
END
$$;
COMMENT ON FUNCTION clv.portfolio_key_type(text) IS 'SQL type of the customers of a portfolio';

CREATE FUNCTION clv.portfolio_create_tables(portfolio text, s clv.portfolio_setting) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE format($ddl$
		CREATE TABLE %1$I.setting OF clv.portfolio_setting (source WITH OPTIONS NOT NULL);
		COMMENT ON TABLE %1$I.setting IS 'description of the portfolio: change it with clv.alter_portfolio';
		CREATE UNIQUE INDEX setting_one_row ON %1$I.setting ((true));

		CREATE TABLE %1$I.stored_history (customer %2$s PRIMARY KEY, history clv.history NOT NULL, costs clv.history);
		COMMENT ON TABLE %1$I.stored_history IS 'histories of all customers as of the last refresh: read the view history instead';

		CREATE TABLE %1$I.stored_period (
			period text PRIMARY KEY, as_of date NOT NULL, cohorts clv.cohort_table, movements clv.movement_table);
		COMMENT ON TABLE %1$I.stored_period IS 'counted cohorts and movements as of the last refresh: read the view counted_period instead';

		CREATE TABLE %1$I.model_version (
			version int, role text CHECK (role IN ('transactions', 'spend')),
			model clv.model NOT NULL, as_of date NOT NULL, fitted_at timestamptz NOT NULL DEFAULT now(), active boolean NOT NULL,
			PRIMARY KEY (version, role));
		COMMENT ON TABLE %1$I.model_version IS 'fitted models: read the view model, switch with clv.activate';
		CREATE UNIQUE INDEX model_version_active ON %1$I.model_version (role) WHERE active;

		CREATE TABLE %1$I.rfm_rule (
			priority int PRIMARY KEY, segment text NOT NULL,
			r_from int NOT NULL DEFAULT 1, r_to int NOT NULL DEFAULT 5,
			f_from int NOT NULL DEFAULT 1, f_to int NOT NULL DEFAULT 5,
			m_from int NOT NULL DEFAULT 1, m_to int NOT NULL DEFAULT 5,
			meaning text);
		COMMENT ON TABLE %1$I.rfm_rule IS 'names of segments by ranges of scores, the first that fits counts: edit them as you like';

		CREATE TABLE %1$I.refresh_log (
			refresh int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mode text NOT NULL, as_of date NOT NULL,
			started_at timestamptz NOT NULL, customers bigint, added bigint, changed bigint, removed bigint,
			currency text, histories interval, periods interval, models interval);
		CREATE TABLE %1$I.change (customer %2$s);
		COMMENT ON TABLE %1$I.change IS 'customers whose orders changed since the last refresh, noted by triggers on the source; NULL is all of them';
		CREATE TABLE %1$I.tracked (relation oid PRIMARY KEY, state text NOT NULL);
		COMMENT ON TABLE %1$I.tracked IS 'the source and its partitions as the last refresh found them: what was written in another way than through triggers shows here';
		COMMENT ON TABLE %1$I.refresh_log IS 'what each refresh did, and how long its steps took';
	$ddl$, portfolio, concat_ws(' ', clv.portfolio_type_sql(s.source, s.customer), clv.portfolio_collation_sql(s.source, s.customer)));
EXCEPTION WHEN undefined_object THEN
	RAISE EXCEPTION 'column % of % cannot be used as customer', quote_ident(s.customer), s.source
		USING ERRCODE = 'datatype_mismatch', DETAIL = format('%s.', initcap(left(SQLERRM, 1)) || substr(SQLERRM, 2));
END
$$;
COMMENT ON FUNCTION clv.portfolio_create_tables(text, clv.portfolio_setting) IS 'creates the tables of a portfolio';

CREATE FUNCTION clv.portfolio_protect_tables(portfolio text, s clv.portfolio_setting) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	stored text;
BEGIN
	FOREACH stored IN ARRAY '{stored_history,stored_period,refresh_log}'::text[] LOOP
		EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', portfolio, stored);
		EXECUTE format('CREATE POLICY sees_every_row ON %I.%I USING (clv.sees_every_row(%L::pg_catalog.regclass))',
			portfolio, stored, s.source);
	END LOOP;
END
$$;
COMMENT ON FUNCTION clv.portfolio_protect_tables(text, clv.portfolio_setting) IS 'hides what was computed from all orders from roles that may not see all orders';

CREATE FUNCTION clv.portfolio_name_segments(portfolio text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE format($sql$
		INSERT INTO %I.rfm_rule (priority, segment, r_from, r_to, f_from, f_to, meaning) VALUES
			(1, 'champions', 5, 5, 4, 5, 'bought just now, and often'),
			(2, 'loyal', 3, 4, 4, 5, 'buy often'),
			(3, 'potential loyalists', 4, 5, 2, 3, 'bought recently, and more than once'),
			(4, 'new', 5, 5, 1, 1, 'bought just now, for the first time'),
			(5, 'promising', 4, 4, 1, 1, 'bought recently, and not often'),
			(6, 'need attention', 3, 3, 3, 3, 'middling in everything'),
			(7, 'about to sleep', 3, 3, 1, 2, 'seldom bought, and not lately'),
			(8, 'cannot lose', 1, 2, 5, 5, 'bought most often, and stay away'),
			(9, 'at risk', 1, 2, 3, 4, 'bought often, and stay away'),
			(10, 'hibernating', 1, 2, 1, 2, 'seldom bought, long ago')
	$sql$, portfolio);
END
$$;
COMMENT ON FUNCTION clv.portfolio_name_segments(text) IS 'fills the usual segments into the table rfm_rule of a portfolio: every pair of recency and frequency scores has one';

CREATE FUNCTION clv.portfolio_probe_filter(s clv.portfolio_setting, path text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	probe constant text := format(E'SELECT FROM %s WHERE (\n%s\n) LIMIT 0', s.source, coalesce(s.filter, 'true'));
	reason text;
	code text;
BEGIN
	BEGIN
		PERFORM set_config('search_path', path, true);
		EXECUTE probe;
		PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
	EXCEPTION WHEN OTHERS THEN
		reason := SQLERRM;
		code := SQLSTATE;
	END;
	IF reason IS NOT NULL THEN
		RAISE EXCEPTION 'filter does not fit %', s.source USING ERRCODE = code,
			DETAIL = format('The value is %L. The server says: %s.', s.filter, reason);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_probe_filter(clv.portfolio_setting, text) IS 'raises where the filter of a portfolio cannot be evaluated on its source, read under the given search path';

-- Create

CREATE FUNCTION clv.portfolio_create(portfolio text, setting clv.portfolio_setting, path text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_check_name(portfolio);
	setting := clv.portfolio_checked(setting);
	PERFORM clv.portfolio_probe_filter(setting, path);
	EXECUTE format('CREATE SCHEMA %I', portfolio);
	EXECUTE format('COMMENT ON SCHEMA %I IS %L', portfolio, format('clv portfolio of %s', setting.source));
	PERFORM clv.portfolio_create_tables(portfolio, setting);
	EXECUTE format('INSERT INTO %I.setting SELECT ($1).*', portfolio) USING setting;
	PERFORM clv.portfolio_name_segments(portfolio);
	PERFORM clv.portfolio_protect_tables(portfolio, setting);
	PERFORM clv.portfolio_define_views(portfolio, path);
	IF setting.track THEN
		PERFORM clv.portfolio_track(portfolio);
	END IF;
	RAISE NOTICE 'portfolio % is described, CALL clv.refresh(%) reads the orders', quote_ident(portfolio), quote_literal(portfolio);
	IF setting.discount_rate IS NULL THEN
		RAISE NOTICE 'portfolio % has no discount rate: residual and total values are NULL', quote_ident(portfolio)
			USING HINT = format('SELECT clv.alter_portfolio(%L, ''discount_rate'', ''0.1'') sets it to 10 %% a year.', portfolio);
	END IF;
	RETURN portfolio;
END
$$;
COMMENT ON FUNCTION clv.portfolio_create(text, clv.portfolio_setting, text) IS 'creates a portfolio from its description; a filter is read under the given search path';

CREATE FUNCTION clv.create_portfolio(
	name text, source regclass, customer name, ordered_at name, amount name,
	zone text DEFAULT NULL, filter text DEFAULT NULL, order_id name DEFAULT NULL, refunds text DEFAULT 'net',
	currency name DEFAULT NULL, cost name DEFAULT NULL, margin float8 DEFAULT 1,
	week_start text DEFAULT 'monday', periods text[] DEFAULT '{month,week}',
	family text DEFAULT 'mbg/nbd', horizon interval DEFAULT '1 year', discount_rate float8 DEFAULT NULL,
	refit interval DEFAULT '7 days', as_of date DEFAULT NULL, track boolean DEFAULT false, gap int DEFAULT 1) RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN clv.portfolio_create(name, ROW(source, customer, ordered_at, amount, zone, filter, order_id, refunds, currency, cost, margin,
	week_start, periods, family, horizon, discount_rate, refit, as_of, track, gap)::clv.portfolio_setting, pg_catalog.current_setting('search_path'));
COMMENT ON FUNCTION clv.create_portfolio(text, regclass, name, name, name, text, text, name, text, name, name, float8, text, text[], text, interval, float8, interval, date, boolean, int) IS
'creates a portfolio: a schema of that name with reports on the orders in a table or view; the options are described with the type clv.portfolio_setting; returns the name';

-- Alter

CREATE FUNCTION clv.portfolio_alter(portfolio text, option text, value text, path text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changed clv.portfolio_setting;
BEGIN
	PERFORM clv.portfolio_require(portfolio);
	IF option IS NULL OR NOT to_jsonb(clv.setting(portfolio)) ? option OR option = 'source' THEN
		RAISE EXCEPTION 'option % cannot be changed', coalesce(quote_ident(option), 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
			HINT = format('Options are %s.', (SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
				WHERE attrelid = 'clv.portfolio_setting'::regclass AND attname <> 'source'));
	END IF;
	PERFORM clv.portfolio_lock(portfolio);
	EXECUTE format('SELECT (jsonb_populate_record($1, jsonb_build_object($2, %s))).*',
		CASE WHEN option = 'periods' THEN 'to_jsonb($3::text[])' ELSE '$3' END)
		INTO changed USING clv.setting(portfolio), option, value;
	changed := clv.portfolio_checked(changed);
	PERFORM clv.portfolio_probe_filter(changed, path);
	EXECUTE format('UPDATE %I.setting SET %I = ($1).%I', portfolio, option, option) USING changed;
	PERFORM clv.portfolio_define_views(portfolio, path);
	-- What is not stored is counted when asked for.
	EXECUTE format('DELETE FROM %I.stored_period', portfolio);
	IF option = 'track' AND changed.track THEN
		PERFORM clv.portfolio_track(portfolio);
	ELSIF option = 'track' THEN
		PERFORM clv.portfolio_untrack(portfolio);
	ELSIF option = 'customer' AND changed.track THEN
		PERFORM clv.portfolio_create_note(portfolio, changed);
	ELSIF option IN ('ordered_at', 'amount', 'zone', 'filter', 'order_id', 'refunds', 'cost') THEN
		EXECUTE format('INSERT INTO %I.change VALUES (NULL)', portfolio);
		RAISE NOTICE 'the next refresh of portfolio % will read the orders so', quote_ident(portfolio);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_alter(text, text, text, text) IS 'changes an option of a portfolio; a filter is read under the given search path';

CREATE FUNCTION clv.alter_portfolio(name text, option text, value text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN clv.portfolio_alter(name, option, value, pg_catalog.current_setting('search_path'));
COMMENT ON FUNCTION clv.alter_portfolio(text, text, text) IS 'changes an option of a portfolio: alter_portfolio(''shop'', ''discount_rate'', ''0.1''); all but the source; customer only for a column of the same type; NULL where the option may be NULL';

-- Refresh

CREATE FUNCTION clv.portfolio_lock(portfolio text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_require(portfolio);
	-- Written, not just locked: at REPEATABLE READ, who waited for another refresh must not go on with a snapshot from before it.
	EXECUTE format('UPDATE %I.setting SET track = track', portfolio);
END
$$;
COMMENT ON FUNCTION clv.portfolio_lock(text) IS 'waits for a refresh or change of the portfolio that is under way; readers do not';

CREATE FUNCTION clv.portfolio_report_date(portfolio text) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
BEGIN
	RETURN clv.report_date(s.as_of, s.zone);
END
$$;
COMMENT ON FUNCTION clv.portfolio_report_date(text) IS 'report date of a portfolio';

CREATE FUNCTION clv.portfolio_check_rights(portfolio text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
BEGIN
	IF NOT clv.sees_every_row(s.source) THEN
		RAISE EXCEPTION 'row-level security hides orders of % from role %', s.source, quote_ident(current_user)
			USING ERRCODE = 'insufficient_privilege',
			HINT = 'Refresh as the owner of the orders, or as a role with BYPASSRLS.';
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_rights(text) IS 'raises where row-level security hides orders of a portfolio from who wants to refresh it';

CREATE FUNCTION clv.portfolio_check_refunds(portfolio text, scope text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET datestyle = iso
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	found bigint;
	example text;
BEGIN
	IF s.refunds <> 'error' THEN
		RETURN;
	END IF;
	EXECUTE format($sql$
		SELECT count(*), min(concat('customer ', customer, ' on ', ordered_on, ': ', amount)) FROM %I.accepted_order s WHERE amount < 0 AND %s
		$sql$, portfolio, scope) INTO found, example;
	IF found > 0 THEN
		RAISE EXCEPTION '% orders of % have a negative amount', found, s.source USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('One is %s.', example),
			HINT = 'Decide what they are: option refunds ''net'' or ''drop'', or a filter.';
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_refunds(text, text) IS 'raises where there are refunds and the portfolio promises that there are none';

CREATE FUNCTION clv.portfolio_check_currency(portfolio text, scope text, known text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	found text[];
BEGIN
	IF s.currency IS NULL THEN
		RETURN NULL;
	END IF;
	EXECUTE format($sql$
		SELECT array_agg(DISTINCT c.currency) FROM (SELECT currency FROM %I.accepted_order s WHERE %s UNION SELECT $1) c WHERE c.currency IS NOT NULL
		$sql$, portfolio, scope) INTO found USING known;
	IF cardinality(found) > 1 THEN
		RAISE EXCEPTION 'orders of % are in several currencies', s.source USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('There are %s.', array_to_string(found, ', ')),
			HINT = 'Create one portfolio for each, with a filter, or a view that converts the amounts.';
	END IF;
	RETURN found[1];
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_currency(text, text, text) IS 'the currency of the orders in scope and of those known before; raises if there are several';

CREATE FUNCTION clv.portfolio_scan_sql(portfolio text, what text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format('SELECT customer, history FROM clv.histories(%L, NULL::%s)',
		format('SELECT customer, ordered_on, %I, orders FROM %I.accepted_order', what, portfolio),
		clv.portfolio_key_type(portfolio));
END
$$;
COMMENT ON FUNCTION clv.portfolio_scan_sql(text, text) IS 'SQL query: histories of the amounts or of the costs of all orders of a portfolio, in one scan';

CREATE FUNCTION clv.portfolio_fresh_sql(portfolio text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF (clv.setting(portfolio)).cost IS NULL THEN
		RETURN format('SELECT customer, history, NULL::clv.history AS costs FROM (%s) h', clv.portfolio_scan_sql(portfolio, 'amount'));
	END IF;
	RETURN format('SELECT h.customer, h.history, c.history AS costs FROM (%s) h JOIN (%s) c ON c.customer OPERATOR(%s) h.customer',
		clv.portfolio_scan_sql(portfolio, 'amount'), clv.portfolio_scan_sql(portfolio, 'cost'), clv.portfolio_equality(portfolio));
END
$$;
COMMENT ON FUNCTION clv.portfolio_fresh_sql(text) IS 'SQL query: the histories of all customers of a portfolio, read from the orders';

CREATE FUNCTION clv.portfolio_store(portfolio text, fresh_sql text, scope text DEFAULT 'true',
	OUT added bigint, OUT changed bigint, OUT removed bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- One statement, one snapshot; a row that did not change is not written.
	EXECUTE format($sql$
		WITH fresh AS MATERIALIZED (%2$s),
		removed AS (
			DELETE FROM %1$I.stored_history s
			WHERE %3$s AND NOT EXISTS (SELECT FROM fresh f WHERE f.customer OPERATOR(%4$s) s.customer)
			RETURNING 1),
		changed AS (
			UPDATE %1$I.stored_history s SET history = f.history, costs = f.costs
			FROM fresh f
			WHERE f.customer OPERATOR(%4$s) s.customer
			AND (f.history OPERATOR(clv.<>) s.history OR (f.costs IS NULL) <> (s.costs IS NULL) OR f.costs OPERATOR(clv.<>) s.costs)
			RETURNING 1),
		added AS (
			INSERT INTO %1$I.stored_history (customer, history, costs)
			SELECT f.customer, f.history, f.costs FROM fresh f
			WHERE NOT EXISTS (SELECT FROM %1$I.stored_history s WHERE s.customer OPERATOR(%4$s) f.customer)
			RETURNING 1)
		SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM removed)
		$sql$, portfolio, fresh_sql, scope, clv.portfolio_equality(portfolio)) INTO added, changed, removed;
	-- What changes a few rows is left to autovacuum.
	IF scope = 'true' AND added + changed + removed > 0 THEN
		EXECUTE format('ANALYZE %I.stored_history', portfolio);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_store(text, text, text) IS 'makes the stored histories of a portfolio equal to the rows of a query, or those of them that a condition names';

CREATE FUNCTION clv.portfolio_store_periods(portfolio text, changed boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	counted date;
BEGIN
	EXECUTE format('SELECT min(as_of) FROM %I.stored_period', portfolio) INTO counted;
	IF NOT changed AND counted = clv.portfolio_report_date(portfolio) THEN
		RETURN;
	END IF;
	EXECUTE format('DELETE FROM %I.stored_period', portfolio);
	EXECUTE format($sql$
		INSERT INTO %1$I.stored_period (period, as_of, cohorts, movements)
		SELECT u.period, $1, c.*
		FROM %1$I.setting s CROSS JOIN LATERAL unnest(s.periods) u (period)
		CROSS JOIN LATERAL (
			SELECT clv.cohort_state(h.history, u.period, $1, s.week_start), clv.movement_state(h.history, u.period, $1, s.gap, s.week_start)
			FROM %1$I.stored_history h) c
		$sql$, portfolio) USING clv.portfolio_report_date(portfolio);
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_periods(text, boolean) IS 'counts the cohorts and movements of a portfolio at the report date, unless no history changed and they are of that date';

CREATE FUNCTION clv.portfolio_wants_fit(portfolio text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	today constant date := clv.portfolio_report_date(portfolio);
	fitted clv.model;
	fitted_as_of date;
BEGIN
	EXECUTE format('SELECT model, as_of FROM %I.model_version WHERE active AND role = ''transactions''', portfolio)
		INTO fitted, fitted_as_of;
	RETURN fitted IS NULL OR clv.family(fitted) <> s.family
		OR today < fitted_as_of OR today >= fitted_as_of + s.refit;
END
$$;
COMMENT ON FUNCTION clv.portfolio_wants_fit(text) IS 'true where a portfolio has no model, one of another family or one fitted too far from the report date: see the option refit';

CREATE FUNCTION clv.portfolio_tell_fit(portfolio text, role text, model clv.model) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF model IS NULL THEN
		RAISE NOTICE 'portfolio %: no % model', quote_ident(portfolio), role;
	ELSIF clv.status(model) = 'ok' THEN
		RAISE NOTICE 'portfolio %: % model % (ok)', quote_ident(portfolio), role, clv.family(model);
	ELSE
		RAISE NOTICE 'portfolio %: % model % (%)', quote_ident(portfolio), role, clv.family(model), clv.status(model)
			USING DETAIL = clv.status_reason(model);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_tell_fit(text, text, clv.model) IS 'says how a fit ended';

CREATE FUNCTION clv.portfolio_fit(portfolio text) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET datestyle = iso
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	today constant date := clv.portfolio_report_date(portfolio);
	order_model clv.model;
	spend_model clv.model;
	new_version int;
BEGIN
	EXECUTE format('SELECT clv.fit($1, history, $2), clv.fit_spend(history, $2) FROM %I.stored_history', portfolio)
		INTO order_model, spend_model USING s.family, today;
	EXECUTE format('SELECT coalesce(max(version), 0) + 1 FROM %I.model_version', portfolio) INTO new_version;
	EXECUTE format($sql$
		INSERT INTO %I.model_version (version, role, model, as_of, active)
		SELECT $1, role, model, $2, false
		FROM (VALUES ('transactions', $3), ('spend', $4)) v (role, model) WHERE model IS NOT NULL
		$sql$, portfolio) USING new_version, today, order_model, spend_model;
	IF order_model IS NULL THEN
		RAISE NOTICE 'portfolio %: no customer has ordered by %, nothing to fit', quote_ident(portfolio), today;
		RETURN NULL;
	END IF;
	PERFORM clv.activate(portfolio, new_version);
	PERFORM clv.portfolio_tell_fit(portfolio, 'transactions', order_model);
	PERFORM clv.portfolio_tell_fit(portfolio, 'spend', spend_model);
	RETURN new_version;
END
$$;
COMMENT ON FUNCTION clv.portfolio_fit(text) IS 'fits the models of a portfolio to its stored histories as of the report date, keeps them as a new version and makes it active; returns its number';

CREATE FUNCTION clv.activate(name text, version int) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	exists_already boolean;
BEGIN
	PERFORM clv.portfolio_require(name);
	EXECUTE format('SELECT EXISTS (SELECT FROM %I.model_version v WHERE v.version = $1)', name) INTO exists_already USING version;
	IF NOT exists_already THEN
		RAISE EXCEPTION 'portfolio % has no model version %', quote_ident(name), coalesce(version::text, 'NULL')
			USING ERRCODE = 'undefined_object', HINT = format('SELECT version, family, as_of FROM %I.model lists them.', name);
	END IF;
	EXECUTE format('UPDATE %I.model_version SET active = false WHERE active', name);
	EXECUTE format('UPDATE %I.model_version v SET active = true WHERE v.version = $1', name) USING version;
END
$$;
COMMENT ON FUNCTION clv.activate(text, int) IS 'makes the models of a version those that the reports of a portfolio use: to roll back to an older fit';

CREATE FUNCTION clv.portfolio_warn(portfolio text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET datestyle = iso
AS $$
DECLARE
	today constant date := clv.portfolio_report_date(portfolio);
	last_order date;
BEGIN
	EXECUTE format('SELECT max(clv.last_order(history)) FROM %I.stored_history', portfolio) INTO last_order;
	IF today - last_order > 90 THEN
		RAISE NOTICE 'portfolio %: the last order is of %, % days before the report date %', quote_ident(portfolio), last_order,
			today - last_order, today
			USING HINT = format('If no later orders exist, look at them as of that day: SELECT clv.alter_portfolio(%L, ''as_of'', %L).',
				portfolio, last_order);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_warn(text) IS 'tells where the report date of a portfolio is far from its orders';

CREATE FUNCTION clv.portfolio_store_all(portfolio text, OUT mode text, OUT currency text,
	OUT added bigint, OUT changed bigint, OUT removed bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	mode := 'full';
	PERFORM clv.portfolio_remember_tracked(portfolio);
	PERFORM clv.portfolio_check_refunds(portfolio, 'true');
	currency := clv.portfolio_check_currency(portfolio, 'true', NULL);
	RAISE NOTICE 'portfolio %: reading %', quote_ident(portfolio), (clv.setting(portfolio)).source;
	SELECT s.added, s.changed, s.removed INTO added, changed, removed
	FROM clv.portfolio_store(portfolio, clv.portfolio_fresh_sql(portfolio)) s;
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_all(text) IS 'reads all orders of a portfolio and stores the histories';

CREATE FUNCTION clv.portfolio_store_changed(portfolio text, customers text, OUT mode text, OUT currency text,
	OUT added bigint, OUT changed bigint, OUT removed bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	scope constant text := format('s.customer OPERATOR(%s) ANY (%L::%s[])', clv.portfolio_equality(portfolio), customers,
		clv.portfolio_key_type(portfolio));
	known text;
BEGIN
	mode := 'incremental';
	EXECUTE format('SELECT l.currency FROM %I.refresh_log l ORDER BY refresh DESC LIMIT 1', portfolio) INTO known;
	RAISE NOTICE 'portfolio %: reading the orders of % changed customers', quote_ident(portfolio), cardinality(customers::text[]);
	PERFORM clv.portfolio_check_refunds(portfolio, scope);
	currency := clv.portfolio_check_currency(portfolio, scope, known);
	SELECT s.added, s.changed, s.removed INTO added, changed, removed
	FROM clv.portfolio_store(portfolio, format($sql$
		SELECT s.customer, clv.order_history(s.ordered_on, s.amount, s.orders) AS history,
			clv.order_history(s.ordered_on, s.cost, s.orders) FILTER (WHERE s.cost IS NOT NULL) AS costs
		FROM %I.accepted_order s WHERE %s GROUP BY s.customer
		$sql$, portfolio, scope), scope) s;
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_changed(text, text) IS 'reads the orders of some customers of a portfolio, given as the text of an array, and stores their histories';

CREATE FUNCTION clv.portfolio_check_mode(portfolio text, mode text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF mode NOT IN ('full', 'incremental') THEN
		RAISE EXCEPTION 'unknown mode' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('The mode is %L.', mode),
			HINT = 'Modes are ''full'' and ''incremental''; NULL is incremental where changes are tracked.';
	ELSIF mode = 'incremental' AND NOT (clv.setting(portfolio)).track THEN
		RAISE EXCEPTION 'changes of portfolio % are not tracked', quote_ident(portfolio) USING ERRCODE = 'object_not_in_prerequisite_state',
			HINT = format('SELECT clv.alter_portfolio(%L, ''track'', ''true'') starts that.', portfolio);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_mode(text, text) IS 'raises unless a portfolio can be refreshed in a mode';

CREATE FUNCTION clv.portfolio_store_orders(portfolio text, wanted_mode text, OUT mode text, OUT currency text,
	OUT added bigint, OUT changed bigint, OUT removed bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	customers constant text := clv.portfolio_take_changes(portfolio);
BEGIN
	IF customers IS NOT NULL AND (clv.setting(portfolio)).track AND coalesce(wanted_mode, 'incremental') = 'incremental' THEN
		SELECT s.* INTO mode, currency, added, changed, removed FROM clv.portfolio_store_changed(portfolio, customers) s;
	ELSE
		SELECT s.* INTO mode, currency, added, changed, removed FROM clv.portfolio_store_all(portfolio) s;
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_orders(text, text) IS 'brings the stored histories of a portfolio up to date: those of changed customers where that suffices, else all';

CREATE PROCEDURE clv.refresh(name text, mode text DEFAULT NULL, refit boolean DEFAULT NULL)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	started constant timestamptz := clock_timestamp();
	stored timestamptz;
	counted timestamptz;
	done record;
	total bigint;
BEGIN
	PERFORM clv.portfolio_lock(name);
	PERFORM clv.portfolio_check_mode(name, mode);
	PERFORM clv.portfolio_check_rights(name);
	done := clv.portfolio_store_orders(name, mode);
	EXECUTE format('SELECT count(*) FROM %I.stored_history', name) INTO total;
	RAISE NOTICE 'portfolio %: % customers (% new, % changed, % gone)', quote_ident(name), total, done.added, done.changed, done.removed;
	stored := clock_timestamp();
	PERFORM clv.portfolio_store_periods(name, done.added + done.changed + done.removed > 0);
	counted := clock_timestamp();
	IF coalesce(refit, clv.portfolio_wants_fit(name)) THEN
		PERFORM clv.portfolio_fit(name);
	END IF;
	EXECUTE format($sql$
		INSERT INTO %I.refresh_log (mode, as_of, started_at, customers, added, changed, removed, currency, histories, periods, models)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		$sql$, name) USING done.mode, clv.portfolio_report_date(name), started, total, done.added, done.changed, done.removed, done.currency,
			stored - started, counted - stored, clock_timestamp() - counted;
	PERFORM clv.portfolio_warn(name);
END
$$;
COMMENT ON PROCEDURE clv.refresh(text, text, boolean) IS 'brings a portfolio up to date: mode full reads all orders, incremental those of customers that changed, NULL is incremental where changes are tracked; stores what is different, counts cohorts and movements, fits models; refit NULL leaves that to the option refit; concurrent refreshes wait for each other, readers see the old state until it is done';

-- Drop

CREATE FUNCTION clv.drop_portfolio(name text, cascade boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	own text[];
BEGIN
	PERFORM clv.portfolio_require(name);
	IF NOT cascade THEN
		-- Without what clv made the schema is empty, and nothing depends on it: anything else is an error of DROP.
		own := clv.portfolio_views() || '{accepted_order,data_quality}';
		EXECUTE 'DROP VIEW IF EXISTS ' || (SELECT string_agg(format('%I.%I', name, v), ', ') FROM unnest(own) v);
		PERFORM clv.portfolio_untrack(name);
		own := '{setting,stored_history,stored_period,model_version,rfm_rule,change,tracked,refresh_log}';
		EXECUTE 'DROP TABLE IF EXISTS ' || (SELECT string_agg(format('%I.%I', name, t), ', ') FROM unnest(own) t);
	END IF;
	EXECUTE format('DROP SCHEMA %I %s', name, CASE WHEN cascade THEN 'CASCADE' END);
END
$$;
COMMENT ON FUNCTION clv.drop_portfolio(text, boolean) IS 'drops a portfolio, its reports, models and log, never the orders; what others built on it is in the way unless cascade is true';
--
-- Tracking: which customers changed since the last refresh
--
-- Statement triggers note the customers of written rows in the table "change".
-- A refresh takes the notes and reads the orders of these customers anew.
-- Noting customers, not amounts, needs nothing to be exact but that no change
-- is missed: whatever the order of transactions, late or repeated notes do no
-- harm, and filters, order lines and refund policies need no second
-- implementation.
--

CREATE FUNCTION clv.portfolio_trigger_name(portfolio text, event text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format('clv_%s_%s', event, left(md5(portfolio), 16));
END
$$;
COMMENT ON FUNCTION clv.portfolio_trigger_name(text, text) IS 'name of a trigger by which a portfolio tracks changes: two portfolios may track one table';

CREATE FUNCTION clv.portfolio_tree(source regclass) RETURNS SETOF regclass
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY SELECT source UNION SELECT relid FROM pg_partition_tree(source);
END
$$;
COMMENT ON FUNCTION clv.portfolio_tree(regclass) IS 'a table and all its partitions';

CREATE FUNCTION clv.portfolio_create_note(portfolio text, s clv.portfolio_setting) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- It runs as whoever writes orders, and must never be what makes that fail: where the column has another name
	-- by now, all customers count as changed.
	EXECUTE format($ddl$
		CREATE OR REPLACE FUNCTION %1$I.note_change() RETURNS trigger LANGUAGE plpgsql AS %2$L;
		COMMENT ON FUNCTION %1$I.note_change() IS 'notes the customers of written orders in the table change';
		GRANT USAGE ON SCHEMA %1$I TO PUBLIC;
		GRANT INSERT ON %1$I.change TO PUBLIC;
	$ddl$, portfolio, format($body$
BEGIN
	IF pg_catalog.to_regclass(%1$L) IS NULL THEN
		RAISE WARNING 'changes for portfolio %% are lost: its schema has another name', %2$L;
	ELSIF TG_OP OPERATOR(pg_catalog.=) 'TRUNCATE' OR NOT EXISTS (
			SELECT FROM pg_catalog.pg_attribute
			WHERE attrelid OPERATOR(pg_catalog.=) TG_RELID AND attname OPERATOR(pg_catalog.=) %3$L AND NOT attisdropped) THEN
		INSERT INTO %1$s (customer) VALUES (NULL);
	ELSE
		INSERT INTO %1$s (customer)
		SELECT DISTINCT w.%4$I FROM written w WHERE w.%4$I IS NOT NULL;
	END IF;
	RETURN NULL;
END
$body$, format('%I.change', portfolio), portfolio, s.customer, s.customer));
END
$$;
COMMENT ON FUNCTION clv.portfolio_create_note(text, clv.portfolio_setting) IS 'creates the trigger function of a portfolio';

CREATE FUNCTION clv.portfolio_create_triggers(portfolio text, relation regclass) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	event record;
BEGIN
	FOR event IN VALUES ('insert', 'INSERT', 'REFERENCING NEW TABLE AS written'), ('delete', 'DELETE', 'REFERENCING OLD TABLE AS written'),
		('before', 'UPDATE', 'REFERENCING OLD TABLE AS written'), ('after', 'UPDATE', 'REFERENCING NEW TABLE AS written'), ('truncate', 'TRUNCATE', '')
	LOOP
		EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION %I.note_change()',
			clv.portfolio_trigger_name(portfolio, event.column1), event.column2, relation, event.column3, portfolio);
		EXECUTE format('COMMENT ON TRIGGER %I ON %s IS %L', clv.portfolio_trigger_name(portfolio, event.column1), relation,
			format('tells portfolio %s whose orders changed', quote_ident(portfolio)));
	END LOOP;
END
$$;
COMMENT ON FUNCTION clv.portfolio_create_triggers(text, regclass) IS 'creates the triggers by which a portfolio tracks changes of one table';

CREATE FUNCTION clv.portfolio_track(portfolio text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	relation regclass;
BEGIN
	IF (SELECT relkind FROM pg_class WHERE oid = s.source) NOT IN ('r', 'p') THEN
		RAISE EXCEPTION 'changes of % cannot be tracked', s.source USING ERRCODE = 'feature_not_supported',
			DETAIL = 'It is not a table.', HINT = 'Refresh in mode full, or create the portfolio on the table.';
	ELSIF current_setting('transaction_isolation') <> 'read committed' THEN
		RAISE EXCEPTION 'tracking cannot start in a transaction of isolation level %', current_setting('transaction_isolation')
			USING ERRCODE = 'active_sql_transaction', HINT = 'Start it in a transaction of its own.';
	END IF;
	PERFORM clv.portfolio_create_note(portfolio, s);
	FOR relation IN SELECT clv.portfolio_tree(s.source) LOOP
		PERFORM clv.portfolio_create_triggers(portfolio, relation);
	END LOOP;
	EXECUTE format('INSERT INTO %I.change VALUES (NULL)', portfolio);
	RAISE NOTICE 'changes of % are tracked; the next refresh of portfolio % still reads all orders', s.source, quote_ident(portfolio);
	IF NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			WHERE i.indrelid = s.source AND a.attname = s.customer AND i.indisvalid AND i.indpred IS NULL) THEN
		RAISE NOTICE 'no index of % begins with column %', s.source, quote_ident(s.customer)
			USING HINT = format('CREATE INDEX ON %s (%I) lets a refresh find the orders of changed customers.', s.source, s.customer);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_track(text) IS 'starts to track changes of the source of a portfolio';

CREATE FUNCTION clv.portfolio_untrack(portfolio text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	installed record;
BEGIN
	FOR installed IN
		SELECT t.tgname, t.tgrelid::regclass AS relation
		FROM pg_trigger t
		WHERE t.tgfoid = to_regprocedure(format('%I.note_change()', portfolio)) AND t.tgparentid = 0
	LOOP
		EXECUTE format('DROP TRIGGER %I ON %s', installed.tgname, installed.relation);
	END LOOP;
	IF to_regprocedure(format('%I.note_change()', portfolio)) IS NOT NULL THEN
		EXECUTE format('DROP FUNCTION %I.note_change()', portfolio);
	END IF;
	EXECUTE format('DELETE FROM %I.change', portfolio);
	EXECUTE format('REVOKE INSERT ON %I.change FROM PUBLIC', portfolio);
END
$$;
COMMENT ON FUNCTION clv.portfolio_untrack(text) IS 'stops tracking changes of the source of a portfolio';

-- What triggers cannot see: partitions that come and go, and tables written anew

CREATE FUNCTION clv.portfolio_tracked_now(portfolio text) RETURNS TABLE (relation oid, state text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- A table that is rewritten gets another file, a trigger that is disabled or enabled another row version.
	RETURN QUERY
	SELECT r::oid, format('file %s, triggers %s', pg_relation_filenode(r), (
		SELECT string_agg(format('%s/%s/%s', t.oid, t.xmin, t.ctid), ' ' ORDER BY t.oid) FROM pg_trigger t
		WHERE t.tgrelid = r AND t.tgfoid = to_regprocedure(format('%I.note_change()', portfolio))))
	FROM clv.portfolio_tree((clv.setting(portfolio)).source) r;
END
$$;
COMMENT ON FUNCTION clv.portfolio_tracked_now(text) IS 'the source of a portfolio and its partitions, with what changes where they are written in another way than through triggers';

CREATE FUNCTION clv.portfolio_tracked_whole(portfolio text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	whole boolean;
BEGIN
	EXECUTE format($sql$
		SELECT bool_and(coalesce(n.state = t.state, false))
		FROM clv.portfolio_tracked_now($1) n FULL JOIN %I.tracked t USING (relation)
		$sql$, portfolio) INTO whole USING portfolio;
	RETURN whole;
END
$$;
COMMENT ON FUNCTION clv.portfolio_tracked_whole(text) IS 'true where triggers have seen everything that happened to the source of a portfolio since the last refresh';

CREATE FUNCTION clv.portfolio_remember_tracked(portfolio text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	relation regclass;
BEGIN
	IF NOT s.track THEN
		RETURN;
	END IF;
	FOR relation IN SELECT clv.portfolio_tree(s.source) LOOP
		IF NOT EXISTS (SELECT FROM pg_trigger t
				WHERE t.tgrelid = relation AND t.tgfoid = to_regprocedure(format('%I.note_change()', portfolio))) THEN
			PERFORM clv.portfolio_create_triggers(portfolio, relation);
		END IF;
	END LOOP;
	EXECUTE format('DELETE FROM %I.tracked', portfolio);
	EXECUTE format('INSERT INTO %I.tracked SELECT * FROM clv.portfolio_tracked_now($1)', portfolio) USING portfolio;
END
$$;
COMMENT ON FUNCTION clv.portfolio_remember_tracked(text) IS 'notes the source of a portfolio and its partitions as they are, and gives triggers to new partitions';

CREATE FUNCTION clv.portfolio_take_changes(portfolio text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	customers text;
	changed bigint;
	everything boolean;
	stored bigint;
BEGIN
	-- Taken before the orders are read, so that what is noted later is read again later.
	EXECUTE format($sql$
		WITH taken AS (DELETE FROM %I.change RETURNING customer)
		SELECT coalesce(array_agg(DISTINCT customer)::text, '{}'), count(DISTINCT customer), coalesce(bool_or(customer IS NULL), false) FROM taken
		$sql$, portfolio) INTO customers, changed, everything;
	EXECUTE format('SELECT count(*) FROM %I.stored_history', portfolio) INTO stored;
	-- From a tenth of the customers on, one scan of all orders is cheaper.
	IF everything OR changed > 1000 + stored / 10 OR NOT clv.portfolio_tracked_whole(portfolio) THEN
		RETURN NULL;
	END IF;
	RETURN customers;
END
$$;
COMMENT ON FUNCTION clv.portfolio_take_changes(text) IS 'takes the notes of changed customers and returns them as the text of an array; NULL if all orders have to be read';
--
-- Checks of a portfolio's predictions against what happened
--

CREATE FUNCTION clv.backtest(name text, families text[], cut_dates date[], horizon interval)
RETURNS TABLE (family text, cut_date date, customers bigint, actual float8, predicted float8, bias float8, mae float8, rmse float8,
	rank_correlation float8, decile_lift float8, status text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_require(name);
	RETURN QUERY EXECUTE format($sql$
		WITH base AS MATERIALIZED (
			SELECT h.history, c.cut, (c.cut + $3)::date AS until, (clv.statistics(h.history, c.cut)).*,
				clv.purchase_days(clv.slice(h.history, c.cut + 1, (c.cut + $3)::date + 1))::float8 AS actual
			FROM %I.history h CROSS JOIN unnest($2) c (cut)
			WHERE clv.first_order(h.history) <= c.cut),
		fitted AS MATERIALIZED (
			SELECT f.family, b.cut, clv.fit(f.family, b.history, b.cut) AS model
			FROM base b CROSS JOIN unnest($1) f (family) GROUP BY f.family, b.cut),
		scored AS (
			SELECT f.family, b.cut, clv.status(f.model) AS status, b.actual,
				clv.expected_orders(f.model, b.history, b.cut, $3) AS predicted
			FROM base b JOIN fitted f ON f.cut = b.cut
			UNION ALL
			SELECT 'same rate', b.cut, 'baseline', b.actual, coalesce(b.frequency / nullif(b.age, 0) * (b.until - b.cut), 0)
			FROM base b
			UNION ALL
			SELECT 'same as before', b.cut, 'baseline', b.actual,
				clv.purchase_days(clv.slice(b.history, b.cut - (b.until - b.cut) + 1, b.cut + 1))
			FROM base b),
		ranked AS (
			SELECT s.*,
				rank() OVER p + (count(*) OVER (PARTITION BY s.family, s.cut, s.predicted) - 1) / 2.0 AS predicted_rank,
				rank() OVER a + (count(*) OVER (PARTITION BY s.family, s.cut, s.actual) - 1) / 2.0 AS actual_rank,
				ntile(10) OVER p AS decile
			FROM scored s
			WINDOW p AS (PARTITION BY s.family, s.cut ORDER BY s.predicted DESC), a AS (PARTITION BY s.family, s.cut ORDER BY s.actual DESC))
		SELECT r.family, r.cut, count(*), sum(r.actual), sum(r.predicted), sum(r.predicted) / nullif(sum(r.actual), 0) - 1,
			avg(abs(r.predicted - r.actual)), sqrt(avg((r.predicted - r.actual) ^ 2)),
			corr(r.predicted_rank, r.actual_rank),
			avg(r.actual) FILTER (WHERE r.decile = 1) / nullif(avg(r.actual), 0), min(r.status)
		FROM ranked r
		GROUP BY r.family, r.cut
		ORDER BY r.cut, min(r.status) = 'baseline', avg(abs(r.predicted - r.actual))
		$sql$, name) USING families, cut_dates, horizon;
END
$$;
COMMENT ON FUNCTION clv.backtest(text, text[], date[], interval) IS 'how well models would have foretold: each family is fitted to the orders up to each cut date and predicts the purchase days of each customer within the horizon after it; actual and predicted are totals, bias is predicted/actual - 1, mae and rmse are the mean absolute and the root mean squared error per customer, rank_correlation is that of Spearman, decile_lift how many times the average the tenth with the highest predictions bought; besides two baselines, the rate of each customer so far and the purchase days of a window as long before the cut; the horizon should end before the report date';

CREATE FUNCTION clv.calibration(name text, family text, cut_date date, horizon interval, top int DEFAULT 7)
RETURNS TABLE (frequency int, customers bigint, actual float8, predicted float8)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 8 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_require(name);
	IF top NOT BETWEEN 1 AND 1000 THEN
		RAISE EXCEPTION 'number of frequencies out of range' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('top is %s.', top), HINT = 'Frequencies from top on are one group: 1 to 1000.';
	END IF;
	RETURN QUERY EXECUTE format($sql$
		WITH base AS MATERIALIZED (
			SELECT h.history, least((clv.statistics(h.history, $2)).frequency, $4) AS frequency,
				clv.purchase_days(clv.slice(h.history, $2 + 1, ($2 + $3)::date + 1)) AS actual
			FROM %I.history h WHERE clv.first_order(h.history) <= $2)
		SELECT b.frequency, count(*), avg(b.actual)::float8, avg(clv.expected_orders(m.model, b.history, $2, $3))
		FROM base b CROSS JOIN (SELECT clv.fit($1, history, $2) AS model FROM base) m
		GROUP BY b.frequency ORDER BY b.frequency
		$sql$, name) USING family, cut_date, horizon, top;
END
$$;
COMMENT ON FUNCTION clv.calibration(text, text, date, interval, int) IS 'purchase days per customer within the horizon after a cut date, actual and predicted by a model fitted to the orders up to it, by the frequency at the cut; frequencies from top on are one group';

CREATE FUNCTION clv.tracking(name text, period text DEFAULT 'week')
RETURNS TABLE (period_start date, actual bigint, expected float8, actual_cumulative bigint, expected_cumulative float8, calibration boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_require(name);
	RETURN QUERY EXECUTE format($sql$
		WITH basis AS MATERIALIZED (SELECT b.as_of, b.week_start, clv.in_unit(b.order_model, '1 day') AS model FROM %1$I.report_basis b),
		first AS MATERIALIZED (SELECT clv.first_order(h.history) AS day, count(*) AS customers FROM %1$I.history h GROUP BY 1),
		bought AS (
			SELECT clv.period_start(p.day, $1, b.week_start) AS start, count(*) FILTER (WHERE p.day > clv.first_order(h.history)) AS repeats
			FROM basis b CROSS JOIN %1$I.history h CROSS JOIN LATERAL clv.purchases(h.history) p
			WHERE p.orders > 0 GROUP BY 1),
		ends AS (
			SELECT clv.period_start(d::date, $1, b.week_start) AS start, least(max(d::date), b.as_of) AS last
			FROM basis b CROSS JOIN LATERAL generate_series((SELECT min(day) FROM first)::timestamp, b.as_of::timestamp, '1 day') d
			GROUP BY 1, b.as_of),
		counted AS (
			SELECT e.start, e.last, coalesce(max(g.repeats), 0) AS repeats,
				sum(f.customers * clv.expected_orders_new(b.model, e.last - f.day)) AS expected
			FROM ends e CROSS JOIN basis b
			LEFT JOIN bought g ON g.start = e.start
			LEFT JOIN first f ON f.day < e.last
			GROUP BY e.start, e.last)
		SELECT c.start, c.repeats, coalesce(c.expected, 0) - lag(coalesce(c.expected, 0), 1, 0::float8) OVER w,
			(sum(c.repeats) OVER w)::bigint, coalesce(c.expected, 0),
			c.last <= (SELECT v.as_of FROM %1$I.model_version v WHERE v.active AND v.role = 'transactions')
		FROM counted c WINDOW w AS (ORDER BY c.start) ORDER BY c.start
		$sql$, name) USING period;
END
$$;
COMMENT ON FUNCTION clv.tracking(text, text) IS 'repeat purchase days of all customers period by period, actual and expected by the active model from the days of their first orders alone; calibration tells the periods that the model was fitted to, the others are a test of it';

CREATE FUNCTION clv.frequency_fit(name text, top int DEFAULT 7)
RETURNS TABLE (frequency int, actual bigint, expected float8)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 8 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_require(name);
	IF top NOT BETWEEN 1 AND 1000 THEN
		RAISE EXCEPTION 'number of frequencies out of range' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('top is %s.', top), HINT = 'Frequencies from top on are one group: 1 to 1000.';
	END IF;
	RETURN QUERY EXECUTE format($sql$
		WITH fitted AS MATERIALIZED (
			SELECT clv.in_unit(v.model, '1 day') AS model, v.as_of FROM %1$I.model_version v WHERE v.active AND v.role = 'transactions'),
		customer AS MATERIALIZED (
			SELECT (clv.statistics(h.history, f.as_of)).* FROM fitted f CROSS JOIN %1$I.history h),
		ages AS MATERIALIZED (SELECT age, count(*) AS customers FROM customer WHERE age IS NOT NULL GROUP BY age),
		expected AS (
			SELECT n, sum(a.customers * clv.order_probability(f.model, a.age, n)) AS expected
			FROM fitted f CROSS JOIN ages a CROSS JOIN generate_series(0, $1 - 1) n GROUP BY n)
		SELECT n, (SELECT count(*) FROM customer c WHERE least(c.frequency, $1) = n),
			CASE WHEN n < $1 THEN e.expected ELSE (SELECT sum(a.customers) FROM ages a) - (SELECT sum(o.expected) FROM expected o) END
		FROM generate_series(0, $1) n LEFT JOIN expected e USING (n)
		ORDER BY n
		$sql$, name) USING top;
END
$$;
COMMENT ON FUNCTION clv.frequency_fit(text, int) IS 'customers by their number of repeat purchase days, actual and expected by the active model, on the day it was fitted for; the last row holds all from top on';

CREATE FUNCTION clv.alive_history(name text, customer anyelement, step text DEFAULT 'week')
RETURNS TABLE (day date, p_alive float8, purchase boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_require(name);
	PERFORM clv.period_start('2000-01-01', step);
	RETURN QUERY EXECUTE format($sql$
		SELECT d.day, clv.p_alive(b.order_model, h.history, d.day), bool_or(d.purchase)
		FROM (SELECT * FROM %1$I.report_basis LIMIT 1) b
		CROSS JOIN (SELECT c.history FROM %1$I.history c WHERE c.customer OPERATOR(%2$s) $1::%3$s) h
		CROSS JOIN LATERAL (
			SELECT clv.period_end(s::date, $2, b.week_start) AS day, false AS purchase
			FROM generate_series(clv.first_order(h.history)::timestamp, b.as_of::timestamp, '1 day') s
			UNION ALL SELECT p.day, true FROM clv.purchases(h.history) p WHERE p.orders > 0
			UNION ALL SELECT b.as_of, false) d
		WHERE d.day <= b.as_of
		GROUP BY d.day, b.order_model, h.history
		ORDER BY d.day
		$sql$, name, clv.portfolio_equality(name), clv.portfolio_key_type(name)) USING customer, step;
END
$$;
COMMENT ON FUNCTION clv.alive_history(text, anyelement, text) IS 'probability that one customer was still one, by the active model, on each purchase day and at the end of each day, week, month, quarter or year from the first order to the report date';
