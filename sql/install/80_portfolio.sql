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
	gap int,
	version text,
	cancelled text,
	channel name,
	owner name,
	referrer name,
	paid_at name,
	discount name,
	spend pg_catalog.regclass,
	spend_on name,
	spend_amount name,
	spend_channel name,
	spend_per text
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
COMMENT ON COLUMN clv.portfolio_setting.family IS 'model family of the orders, or auto: at each fit the one that would have foretold best, see the table family_choice of the portfolio';
COMMENT ON COLUMN clv.portfolio_setting.horizon IS 'how far ahead orders are predicted';
COMMENT ON COLUMN clv.portfolio_setting.discount_rate IS 'annual rate at which future money is discounted, 0.1 is 10 %; NULL: there are no residual values';
COMMENT ON COLUMN clv.portfolio_setting.refit IS 'models are fitted again once the report date is that far from the one they were fitted for';
COMMENT ON COLUMN clv.portfolio_setting.as_of IS 'report date; NULL for today in the zone; the parameter clv.as_of goes before';

COMMENT ON COLUMN clv.portfolio_setting.track IS 'triggers on the source note which customers changed, so that a refresh reads only their orders';

COMMENT ON COLUMN clv.portfolio_setting.gap IS 'movements: for how many periods, that of the order counted, an order keeps a customer in the base';
COMMENT ON COLUMN clv.portfolio_setting.cancelled IS 'boolean expression over the columns of the source: rows of cancelled orders, which count in cancellation rates and nowhere else; NULL if there are none';
COMMENT ON COLUMN clv.portfolio_setting.channel IS 'column of the source: channel through which the order came; the channel of a customer is that of the first order';
COMMENT ON COLUMN clv.portfolio_setting.owner IS 'column of the source: who looks after the customer, such as an account manager; the owner of a customer is that of the last order';
COMMENT ON COLUMN clv.portfolio_setting.referrer IS 'column of the source, of the type of the customer: customer who recommended the shop; the referrer of a customer is that of the first order';
COMMENT ON COLUMN clv.portfolio_setting.paid_at IS 'column of the source: when the order was paid; date, timestamp or timestamptz; NULL in a row means not yet';
COMMENT ON COLUMN clv.portfolio_setting.discount IS 'column of the source: what was taken off the price, in the currency of the amount, which is after discount; NULL counts as 0';
COMMENT ON COLUMN clv.portfolio_setting.spend IS 'table or view with what was spent to win customers';
COMMENT ON COLUMN clv.portfolio_setting.spend_on IS 'column of the spend table: day of the spend; date, timestamp or timestamptz; NULL for a column named period';
COMMENT ON COLUMN clv.portfolio_setting.spend_amount IS 'column of the spend table: amount, in the currency of the orders; NULL for a column named amount';
COMMENT ON COLUMN clv.portfolio_setting.spend_channel IS 'column of the spend table: channel, in the words of the channel column of the orders; NULL for a column named channel, if there is one';
COMMENT ON COLUMN clv.portfolio_setting.spend_per IS 'period for which a row of the spend table stands: week, month, quarter or year, over whose days it is spread evenly; NULL for its day';

COMMENT ON COLUMN clv.portfolio_setting.version IS 'version of clv that defined the tables and views of the portfolio; NULL is 0.1.0; the next refresh of its owner brings them up to date';

-- The report date

CREATE FUNCTION clv.report_date(as_of date DEFAULT NULL, zone text DEFAULT NULL) RETURNS date
	AS 'MODULE_PATHNAME', 'clv_report_date' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.report_date(date, text) IS 'the last day that reports look at: the parameter clv.as_of where it is set, else the given day, else today in the zone (by default that of the session)';

-- May the role that asks see every row of the source?

CREATE FUNCTION clv.sees_every_row_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'clv_sees_every_row_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.sees_every_row_support(internal) IS 'planner support of clv.sees_every_row: makes a constant of it where the relation is a table';

CREATE FUNCTION clv.sees_every_row(source regclass) RETURNS boolean
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SUPPORT clv.sees_every_row_support SET search_path = pg_catalog, pg_temp
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

-- What views find in all histories, in functions, so that plans that do not need it do not count its cost

CREATE FUNCTION clv.portfolio_margin(histories regclass) RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found float8;
BEGIN
	EXECUTE format('SELECT 1 - (sum(clv.revenue(h.costs)) / nullif(sum(clv.revenue(h.history)), 0))::float8 FROM %s h', histories) INTO found;
	RETURN found;
END
$$;
COMMENT ON FUNCTION clv.portfolio_margin(regclass) IS 'share of revenue that is profit in the histories and costs of a view; NULL without revenue';

CREATE FUNCTION clv.portfolio_distribution(histories regclass, as_of date, scope text DEFAULT 'true') RETURNS clv.rfm_distribution
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found clv.rfm_distribution;
BEGIN
	EXECUTE format('SELECT (c.d).* FROM (SELECT clv.rfm_state(clv.truncate(s.history, $1)) AS d FROM %s s WHERE %s OFFSET 0) c', histories, scope)
		INTO found USING as_of;
	RETURN found;
END
$$;
COMMENT ON FUNCTION clv.portfolio_distribution(regclass, date, text) IS 'distribution of last orders, purchase days and revenues up to a day in the histories of a view or store, or those of them that a condition names';

CREATE FUNCTION clv.portfolio_counts(histories regclass, periods text[], as_of date, gap int, week_start text, scope text DEFAULT 'true')
RETURNS TABLE (period text, cohorts clv.cohort_table, movements clv.movement_table, latest date)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 2 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY EXECUTE format($sql$
		SELECT u.period, c.*
		FROM unnest($1) u (period)
		CROSS JOIN LATERAL (
			SELECT clv.cohort_state(s.history, u.period, $2, $4), clv.movement_state(s.history, u.period, $2, $3, $4),
				max(clv.last_order(s.history))
			FROM %s s WHERE %s) c
		$sql$, histories, scope) USING periods, as_of, gap, week_start;
END
$$;
COMMENT ON FUNCTION clv.portfolio_counts(regclass, text[], date, int, text, text) IS 'cohorts and movements of the histories in a table or view, or those of them that a condition names, for each of some periods of the calendar, and the last day of their orders, which may lie behind as_of';

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
	SELECT p.portfolio, p.owner,
		(p.setting).source, (p.setting).customer, (p.setting).ordered_at, (p.setting).amount, (p.setting).zone, (p.setting).filter, (p.setting).order_id,
		(p.setting).refunds, (p.setting).currency, (p.setting).cost, (p.setting).margin, (p.setting).week_start, (p.setting).periods, (p.setting).family,
		(p.setting).horizon, (p.setting).discount_rate, (p.setting).refit, (p.setting).as_of, (p.setting).track, (p.setting).gap, (p.setting).version, (p.setting).cancelled,
		(p.setting).channel, (p.setting).owner AS owner_column, (p.setting).referrer, (p.setting).paid_at, (p.setting).discount, (p.setting).spend, (p.setting).spend_on,
		(p.setting).spend_amount, (p.setting).spend_channel, (p.setting).spend_per
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

CREATE FUNCTION clv.portfolio_check_filter(filter text, argument text DEFAULT 'filter') RETURNS void
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
	RAISE EXCEPTION '% is not an expression', argument USING ERRCODE = 'syntax_error',
		DETAIL = format('The value is %L. %s', filter, reason),
		HINT = 'Give what may stand behind WHERE, such as status <> ''cancelled''.';
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_filter(text, text) IS 'raises syntax_error unless a filter, or another argument of a portfolio, is one SQL expression or NULL';

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
	IF source IS NULL THEN
		RAISE EXCEPTION 'a portfolio needs a source' USING ERRCODE = 'null_value_not_allowed',
			HINT = 'Name the table or view with the orders.';
	ELSIF relation.oid IS NULL THEN
		RAISE EXCEPTION 'source % no longer exists', source USING ERRCODE = 'undefined_table',
			DETAIL = 'The table or view was dropped; the number is what its name was for the server.',
			HINT = 'Drop the portfolio with clv.drop_portfolio, and create it anew on the table that has the orders.';
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
	ELSIF s.discount_rate IS NOT NULL AND NOT (s.discount_rate > 0 AND s.discount_rate < 'Infinity') THEN
		PERFORM clv.portfolio_refuse('discount rate out of range', s.discount_rate::text, 'Give an annual rate such as 0.1 for 10 %.');
	ELSIF s.horizon IS NULL OR (days + s.horizon)::date <= days THEN
		PERFORM clv.portfolio_refuse('horizon out of range', s.horizon::text, 'Give an interval of at least a day, such as ''1 year''.');
	ELSIF s.refit IS NULL OR days + s.refit < days THEN
		PERFORM clv.portfolio_refuse('refit out of range', s.refit::text, 'Give an interval such as ''7 days'', or ''0'' for every refresh.');
	ELSIF s.track IS NULL THEN
		PERFORM clv.portfolio_refuse('track must be true or false', NULL, 'true follows changes by triggers, false reads all orders at each refresh.');
	ELSIF s.gap IS NULL OR s.gap NOT BETWEEN 1 AND 1000 THEN
		PERFORM clv.portfolio_refuse('gap out of range', s.gap::text, 'An order keeps a customer in the base for 1 to 1000 periods.');
	ELSIF s.as_of IS NOT NULL AND NOT isfinite(s.as_of) THEN
		PERFORM clv.portfolio_refuse('report date must be finite', s.as_of::text, 'Leave as_of NULL for today.');
	ELSIF s.family IS NULL OR s.family NOT IN ('bg/nbd', 'mbg/nbd', 'pareto/nbd', 'nbd', 'bg/cnbd-k', 'mbg/cnbd-k', 'auto') THEN
		PERFORM clv.portfolio_refuse('unknown family of order models', s.family,
			'Families are ''mbg/nbd'', ''bg/nbd'', ''pareto/nbd'', ''nbd'', ''mbg/cnbd-k'' and ''bg/cnbd-k''; ''auto'' takes the one that foretells best.');
	ELSIF coalesce(cardinality(s.periods), 0) = 0 THEN
		PERFORM clv.portfolio_refuse('a portfolio needs at least one period', s.periods::text, 'Periods are ''day'', ''week'', ''month'', ''quarter'' and ''year''.');
	END IF;
	FOREACH unit IN ARRAY s.periods || s.spend_per LOOP
		PERFORM clv.period_start(days, unit, s.week_start);
	END LOOP;
	PERFORM timezone(s.zone, days::timestamp);
	IF s.discount_rate >= 1 THEN
		RAISE NOTICE 'a discount rate of % is % %% a year', s.discount_rate, round(100 * s.discount_rate::numeric)
			USING HINT = 'It is a share: 0.1 for 10 %.';
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_options(clv.portfolio_setting) IS 'raises where an option of a portfolio is out of its range';

CREATE FUNCTION clv.portfolio_check_time(source regclass, column_name name, argument text, zone text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	type constant regtype := clv.portfolio_column_type(source, column_name, argument,
		'{date,"timestamp without time zone","timestamp with time zone"}');
BEGIN
	IF type = 'timestamptz'::regtype AND zone IS NULL THEN
		RAISE EXCEPTION 'column % of % needs a time zone', quote_ident(column_name), source
			USING ERRCODE = 'invalid_parameter_value',
			DETAIL = 'Its type is timestamp with time zone: which day an order belongs to depends on where the clock hangs.',
			HINT = 'Add zone => ''Europe/Paris'' or wherever the shop is.';
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_time(regclass, name, text, text) IS 'raises where a column holds no dates or times, or where their day depends on a time zone and none was given';

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
	PERFORM clv.portfolio_check_time(s.source, s.ordered_at, 'ordered_at', s.zone);
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
	PERFORM clv.portfolio_check_filter(s.cancelled, 'cancelled');
	IF s.channel IS NOT NULL THEN
		PERFORM clv.portfolio_column_type(s.source, s.channel, 'channel');
	END IF;
	IF s.owner IS NOT NULL THEN
		PERFORM clv.portfolio_column_type(s.source, s.owner, 'owner');
	END IF;
	IF s.referrer IS NOT NULL THEN
		PERFORM clv.portfolio_column_type(s.source, s.referrer, 'referrer', ARRAY[key]);
	END IF;
	IF s.discount IS NOT NULL THEN
		PERFORM clv.portfolio_column_type(s.source, s.discount, 'discount', number);
	END IF;
	IF s.paid_at IS NOT NULL THEN
		PERFORM clv.portfolio_check_time(s.source, s.paid_at, 'paid_at', s.zone);
	END IF;
	IF s.spend IS NOT NULL THEN
		PERFORM clv.portfolio_check_source(s.spend);
		PERFORM clv.portfolio_check_time(s.spend, coalesce(s.spend_on, 'period'), 'spend_on', s.zone);
		PERFORM clv.portfolio_column_type(s.spend, coalesce(s.spend_amount, 'amount'), 'spend_amount', number);
		IF s.spend_channel IS NOT NULL THEN
			PERFORM clv.portfolio_column_type(s.spend, s.spend_channel, 'spend_channel');
		END IF;
	END IF;
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

CREATE FUNCTION clv.portfolio_time(source regclass, column_name name, zone text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE clv.portfolio_column_type(source, column_name, 'time')
		WHEN 'timestamptz'::regtype THEN format('pg_catalog.timezone(%L::pg_catalog.text, %I::pg_catalog.timestamptz)', zone, column_name)
		ELSE format('%I', column_name) END;
END
$$;
COMMENT ON FUNCTION clv.portfolio_time(regclass, name, text) IS 'SQL expression: a date or time of a row as a clock in the zone shows it';

CREATE FUNCTION clv.portfolio_day(s clv.portfolio_setting) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN clv.portfolio_time(s.source, s.ordered_at, s.zone) || '::pg_catalog.date';
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

CREATE FUNCTION clv.portfolio_type_sql(relation regclass, column_name name) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- Types with modifiers are words of SQL, or not of pg_catalog and so qualified by format_type.
	RETURN (
		SELECT CASE WHEN a.atttypmod < 0 THEN format('%I.%I', n.nspname, t.typname) ELSE format_type(a.atttypid, a.atttypmod) END
		FROM pg_attribute a
		JOIN pg_type t ON t.oid = a.atttypid
		JOIN pg_namespace n ON n.oid = t.typnamespace
		WHERE a.attrelid = relation AND a.attname = column_name);
END
$$;
COMMENT ON FUNCTION clv.portfolio_type_sql(regclass, name) IS 'SQL type of a column, the same under every search path';

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

CREATE FUNCTION clv.portfolio_word(column_name name) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- With one type and collation whatever the column has, for the columns of a view keep theirs.
	RETURN coalesce(quote_ident(column_name), 'NULL') || '::pg_catalog.text COLLATE pg_catalog."default"';
END
$$;
COMMENT ON FUNCTION clv.portfolio_word(name) IS 'SQL expression: a column as text; NULL if there is none';

CREATE FUNCTION clv.portfolio_lines_sql(s clv.portfolio_setting, condition text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	key constant text := concat_ws(' ', format('%s::%s', coalesce(quote_ident(s.referrer), 'NULL'), clv.portfolio_type_sql(s.source, s.customer)),
		clv.portfolio_collation_sql(s.source, s.customer));
BEGIN
	RETURN format('SELECT %I AS customer, %s AS ordered_on, %s AS amount, %s AS cost, %s AS currency, %s AS order_id, ',
		s.customer, clv.portfolio_day(s), clv.portfolio_number(s.source, s.amount),
		coalesce('COALESCE(' || clv.portfolio_number(s.source, s.cost) || ', 0)', 'NULL::pg_catalog.numeric'),
		clv.portfolio_word(s.currency),
		coalesce(quote_ident(s.order_id), 'NULL::pg_catalog.text'))
	|| format('%I::pg_catalog.%I AS moment, %s::pg_catalog.timestamp AS ordered_time, %s AS channel, %s AS owner, %s AS referrer, %s AS discount, %s::pg_catalog.date AS paid_on, %s AS cancelled FROM %s WHERE %s',
		s.ordered_at, (SELECT typname FROM pg_type WHERE oid = clv.portfolio_column_type(s.source, s.ordered_at, 'ordered_at')), clv.portfolio_time(s.source, s.ordered_at, s.zone), clv.portfolio_word(s.channel), clv.portfolio_word(s.owner), key,
		coalesce('COALESCE(' || clv.portfolio_number(s.source, s.discount) || ', 0)', 'NULL::pg_catalog.numeric'),
		CASE WHEN s.paid_at IS NULL THEN 'NULL' ELSE clv.portfolio_time(s.source, s.paid_at, s.zone) END,
		coalesce(E'(\n' || s.cancelled || E'\n) IS TRUE', 'false'), s.source,
		format('%I IS NOT NULL AND %I IS NOT NULL AND %I IS NOT NULL', s.customer, s.ordered_at, s.amount))
	|| coalesce(' AND ' || quote_ident(s.order_id) || ' IS NOT NULL', '')
	|| coalesce(E' AND (\n' || s.filter || E'\n)', '') || condition;
END
$$;
COMMENT ON FUNCTION clv.portfolio_lines_sql(clv.portfolio_setting, text) IS 'SQL query: the rows of the source that pass the filter of a portfolio and a further condition';

CREATE FUNCTION clv.portfolio_orders_sql(s clv.portfolio_setting) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	line text := clv.portfolio_lines_sql(s, coalesce(E' AND (\n' || s.cancelled || E'\n) IS NOT TRUE', ''));
	purchase constant text := 'CASE WHEN amount OPERATOR(pg_catalog.<) 0::pg_catalog.numeric THEN 0 ELSE 1 END';
	unrefunded constant text := 'amount OPERATOR(pg_catalog.>=) 0::pg_catalog.numeric';
BEGIN
	IF s.order_id IS NOT NULL THEN
		line := format('SELECT customer, pg_catalog.min(ordered_on) AS ordered_on, pg_catalog.sum(amount) AS amount, pg_catalog.sum(cost) AS cost, currency, '
			|| 'pg_catalog.min(moment) AS moment, pg_catalog.min(ordered_time) AS ordered_time, pg_catalog.min(channel) AS channel, pg_catalog.min(owner) AS owner, '
			|| 'pg_catalog.percentile_disc(0) WITHIN GROUP (ORDER BY referrer) AS referrer, pg_catalog.sum(discount) AS discount, '
			|| 'CASE WHEN pg_catalog.count(paid_on) OPERATOR(pg_catalog.=) pg_catalog.count(*) THEN pg_catalog.max(paid_on) END AS paid_on '
			|| 'FROM (%s) line GROUP BY customer, order_id, currency', line);
	END IF;
	RETURN format('SELECT customer, ordered_on, amount, %s AS orders, cost, currency, ordered_time, channel, owner, referrer, discount, paid_on, moment FROM (%s) accepted', purchase, line)
		|| CASE WHEN s.refunds = 'drop' THEN ' WHERE ' || unrefunded ELSE '' END;
END
$$;
COMMENT ON FUNCTION clv.portfolio_orders_sql(clv.portfolio_setting) IS 'SQL query: the orders of the source as a portfolio counts them';

CREATE FUNCTION clv.portfolio_cancelled_sql(s clv.portfolio_setting) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF s.order_id IS NULL OR s.cancelled IS NULL THEN
		RETURN clv.portfolio_lines_sql(s, coalesce(E' AND (\n' || s.cancelled || E'\n)', ' AND false'));
	END IF;
	RETURN format('SELECT customer, pg_catalog.min(ordered_on) AS ordered_on, pg_catalog.sum(amount) AS amount FROM (%s) line GROUP BY customer, order_id HAVING pg_catalog.bool_and(cancelled)',
		clv.portfolio_lines_sql(s, ''));
END
$$;
COMMENT ON FUNCTION clv.portfolio_cancelled_sql(clv.portfolio_setting) IS 'SQL query: the cancelled orders of the source; of orders with lines those of which every line was cancelled';

CREATE FUNCTION clv.portfolio_spend_sql(s clv.portfolio_setting) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	spent_on constant name := coalesce(s.spend_on, 'period');
	amount constant name := coalesce(s.spend_amount, 'amount');
	channel constant name := coalesce(s.spend_channel, (
		SELECT attname FROM pg_attribute WHERE attrelid = s.spend AND attname = 'channel' AND attnum > 0 AND NOT attisdropped));
BEGIN
	IF s.spend IS NULL THEN
		RETURN 'SELECT NULL::pg_catalog.date AS spent_on, NULL::pg_catalog.text COLLATE pg_catalog."default" AS channel, NULL::pg_catalog.numeric AS amount WHERE false';
	END IF;
	-- Who sees some orders only would divide the spend for all customers by those few, unless the spend is shared out by policies as well.
	RETURN format('SELECT %s::pg_catalog.date AS spent_on, %s AS channel, %s AS amount FROM %s WHERE %I IS NOT NULL AND %I IS NOT NULL AND (clv.sees_every_row(%L::pg_catalog.regclass) OR NOT clv.sees_every_row(%L::pg_catalog.regclass))',
		clv.portfolio_time(s.spend, spent_on, s.zone), clv.portfolio_word(channel), clv.portfolio_number(s.spend, amount), s.spend, spent_on, amount, s.source, s.spend);
END
$$;
COMMENT ON FUNCTION clv.portfolio_spend_sql(clv.portfolio_setting) IS 'SQL query: what was spent to win customers; no rows for roles from which row-level security hides orders and no spend';
