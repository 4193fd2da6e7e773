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
	AS 'MODULE_PATHNAME', 'clv_movement_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION clv.movement_state_trans(clv.movement_table, clv.history, text, date) IS 'transition function of clv.movement_state';

CREATE FUNCTION clv.movement_state_trans(clv.movement_table, clv.history, text, date, int) RETURNS clv.movement_table
	AS 'MODULE_PATHNAME', 'clv_movement_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION clv.movement_state_trans(clv.movement_table, clv.history, text, date, int) IS 'transition function of clv.movement_state';

CREATE FUNCTION clv.movement_state_trans(clv.movement_table, clv.history, text, date, int, text) RETURNS clv.movement_table
	AS 'MODULE_PATHNAME', 'clv_movement_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
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

CREATE FUNCTION clv.recount(total clv.movement_table, removed clv.movement_table, added clv.movement_table, as_of date) RETURNS clv.movement_table
	AS 'MODULE_PATHNAME', 'clv_movement_recount' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.recount(clv.movement_table, clv.movement_table, clv.movement_table, date) IS 'a movement table after some customers changed: removed counts them as they were, on the day of total, added as they are on the day as_of, no other customer having bought between the two days; NULL in removed or added for none; NULL where all customers have to be counted again: where as_of is in another period, and where amounts may have fewer decimals than before';

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

