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
	AS 'MODULE_PATHNAME', 'clv_cohort_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.cohort_state_trans(clv.cohort_table, clv.history, text, date) IS 'transition function of clv.cohort_state';

CREATE FUNCTION clv.cohort_state_trans(clv.cohort_table, clv.history, text, date, text) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.cohort_state_trans(clv.cohort_table, clv.history, text, date, text) IS 'transition function of clv.cohort_state';

CREATE FUNCTION clv.cohort_state_rolling_trans(clv.cohort_table, clv.history, text, date) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_rolling_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.cohort_state_rolling_trans(clv.cohort_table, clv.history, text, date) IS 'transition function of clv.cohort_state_rolling';

CREATE FUNCTION clv.cohort_state_rolling_trans(clv.cohort_table, clv.history, text, date, text) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_rolling_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.cohort_state_rolling_trans(clv.cohort_table, clv.history, text, date, text) IS 'transition function of clv.cohort_state_rolling';

CREATE FUNCTION clv.cohort_state_brackets_trans(clv.cohort_table, clv.history, text, date, int[]) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_brackets_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.cohort_state_brackets_trans(clv.cohort_table, clv.history, text, date, int[]) IS 'transition function of clv.cohort_state_brackets';

CREATE FUNCTION clv.cohort_state_brackets_trans(clv.cohort_table, clv.history, text, date, int[], text) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_brackets_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.cohort_state_brackets_trans(clv.cohort_table, clv.history, text, date, int[], text) IS 'transition function of clv.cohort_state_brackets';

CREATE FUNCTION clv.cohort_state_recurring_trans(clv.cohort_table, clv.history, text, date) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_recurring_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clv.cohort_state_recurring_trans(clv.cohort_table, clv.history, text, date) IS 'transition function of clv.cohort_state_recurring';

CREATE FUNCTION clv.cohort_state_recurring_trans(clv.cohort_table, clv.history, text, date, text) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_state_recurring_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
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

CREATE FUNCTION clv.recount(total clv.cohort_table, removed clv.cohort_table, added clv.cohort_table, as_of date) RETURNS clv.cohort_table
	AS 'MODULE_PATHNAME', 'clv_cohort_recount' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.recount(clv.cohort_table, clv.cohort_table, clv.cohort_table, date) IS 'a cohort table after some customers changed: removed counts them as they were, on the day of total, added as they are on the day as_of, no other customer having bought between the two days; NULL in removed or added for none; NULL where all customers have to be counted again: for rolling windows and brackets, and where amounts may have fewer decimals than before';

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
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_cohort_curve' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50;
COMMENT ON FUNCTION clv.cohort_curve(clv.cohort_table, text) IS 'mean retention over the cohorts whose cell is complete, and how many those are: weighted by the customers of each cohort, with the 95 % Wilson interval of all customers together, and the simple mean of the rates; later periods rest on older cohorts alone';

CREATE FUNCTION clv.cohort_extent(t clv.cohort_table,
		OUT cohorts bigint, OUT customers bigint, OUT returned bigint, OUT smallest bigint, OUT complete_periods bigint, OUT running_cells bigint, OUT as_of date)
	AS 'MODULE_PATHNAME', 'clv_cohort_extent' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.cohort_extent(clv.cohort_table) IS 'what a table rests on: cohorts, customers in them (several times where cohorts recur), those who came back in a later period, customers of the smallest cohort, complete periods of the cohort that has most, cells that still run, last day observed';

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

