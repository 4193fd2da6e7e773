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
	AS 'MODULE_PATHNAME', 'clv_remove' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clv.remove(clv.history, clv.history) IS 'the first history without the orders of the second; orders that it does not have leave negative entries, so that remove undoes merge in any order';

CREATE FUNCTION clv.truncate(h clv.history, as_of date) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_truncate' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clv.truncate(clv.history, date) IS 'the history up to and including a day';

CREATE FUNCTION clv.slice(h clv.history, from_date date, to_date date) RETURNS clv.history
	AS 'MODULE_PATHNAME', 'clv_slice' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clv.slice(clv.history, date, date) IS 'the history from one day (included) to another (excluded); infinite days are no bound';

-- What is read off a history

CREATE FUNCTION clv.orders(h clv.history) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clv_orders' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clv.orders(clv.history) IS 'number of orders';

CREATE FUNCTION clv.purchase_days(h clv.history) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clv_purchase_days' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clv.purchase_days(clv.history) IS 'number of days with at least one order';

CREATE FUNCTION clv.revenue(h clv.history) RETURNS numeric
	AS 'MODULE_PATHNAME', 'clv_revenue' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clv.revenue(clv.history) IS 'exact sum of all amounts, refunds included, in the currency of the orders';

CREATE FUNCTION clv.first_order(h clv.history) RETURNS date
	AS 'MODULE_PATHNAME', 'clv_first_order' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clv.first_order(clv.history) IS 'day of the first order; NULL if there is none';

CREATE FUNCTION clv.last_order(h clv.history) RETURNS date
	AS 'MODULE_PATHNAME', 'clv_last_order' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clv.last_order(clv.history) IS 'day of the last order; NULL if there is none';

CREATE FUNCTION clv.statistics(h clv.history, as_of date,
		OUT frequency int, OUT t_x float8, OUT age float8, OUT spend float8)
	AS 'MODULE_PATHNAME', 'clv_statistics' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
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

