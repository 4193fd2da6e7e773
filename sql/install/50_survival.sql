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

