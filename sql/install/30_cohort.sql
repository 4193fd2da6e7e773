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

