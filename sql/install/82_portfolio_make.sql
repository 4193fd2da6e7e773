--
-- Making portfolios: create, alter, complete, drop
--

-- The query behind data_quality: every row of the source as it is

CREATE FUNCTION clv.portfolio_rows_sql(s clv.portfolio_setting) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format($sql$SELECT %1$I::pg_catalog.text AS customer, %2$s AS ordered_on, %3$s AS amount, %4$s AS no_order_id, %5$s AS no_cost,
	%6$s AS currency, %12$s AS no_currency, %7$s AND NOT (%11$s) AS kept, %7$s AND %11$s AS cancelled,
	%8$I AS moment, %9$I AS given
FROM %10$s$sql$,
		s.customer, clv.portfolio_day(s), clv.portfolio_number(s.source, s.amount),
		coalesce(quote_ident(s.order_id) || ' IS NULL', 'false'), coalesce(quote_ident(s.cost) || ' IS NULL', 'false'),
		clv.portfolio_word(s.currency),
		coalesce(E'(\n' || s.filter || E'\n)', 'true'), s.ordered_at, s.amount, s.source, coalesce(E'(\n' || s.cancelled || E'\n) IS TRUE', 'false'),
		coalesce(quote_ident(s.currency) || ' IS NULL', 'false'));
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
		WHERE i.indrelid IN (to_regclass(format('%I.stored_history', portfolio)), to_regclass(format('%I.stored_origin', portfolio)))
			AND i.indisprimary
		LIMIT 1);
END
$$;
COMMENT ON FUNCTION clv.portfolio_equality(text) IS 'qualified name of the operator that tells whether two customers of a portfolio are the same';

-- The query behind customer_origin

CREATE FUNCTION clv.portfolio_origin_sql(portfolio text, scope text DEFAULT 'true') RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	orders constant text := format('%I.accepted_order s WHERE s.orders > 0 AND %s', portfolio, scope);
	first constant text := format($sql$
		SELECT DISTINCT ON (s.customer) s.customer, s.channel, s.referrer
		FROM %s ORDER BY s.customer, s.ordered_time, s.channel, s.referrer
		$sql$, orders);
	owners constant text := format($sql$
		SELECT w.customer, array_agg(w.ordered_on ORDER BY w.ordered_on) AS owner_since, array_agg(w.owner ORDER BY w.ordered_on) AS owners
		FROM (
			SELECT d.*, row_number() OVER t = 1 OR lag(d.owner) OVER t IS DISTINCT FROM d.owner AS new
			FROM (
				SELECT DISTINCT ON (s.customer, s.ordered_on) s.customer, s.ordered_on, s.owner
				FROM %s ORDER BY s.customer, s.ordered_on, s.ordered_time DESC, s.owner) d
			WINDOW t AS (PARTITION BY d.customer ORDER BY d.ordered_on)) w
		WHERE w.new GROUP BY w.customer
		$sql$, orders);
BEGIN
	RETURN CASE WHEN coalesce(s.channel, s.owner, s.referrer) IS NULL THEN format('SELECT o.* FROM %I.stored_origin o WHERE false', portfolio)
		WHEN s.owner IS NULL THEN format('SELECT f.customer, f.channel, f.referrer, NULL::date[] AS owner_since, NULL::text[] AS owners FROM (%s) f', first)
		ELSE format('SELECT f.customer, f.channel, f.referrer, o.owner_since, o.owners FROM (%s) f JOIN (%s) o ON o.customer OPERATOR(%s) f.customer',
			first, owners, clv.portfolio_equality(portfolio)) END;
END
$$;
COMMENT ON FUNCTION clv.portfolio_origin_sql(text, text) IS 'SQL query: channel and referrer of the first order of each customer of a portfolio, and the owners with the days since which they were, from the orders that a condition names';

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
		format(regexp_replace(template, '--: .*', '', 'gn'), portfolio, rows_sql, (clv.setting(portfolio)).source::text, clv.portfolio_equality(portfolio), format('%I.history', portfolio)));
	-- A filter means what it means to its author: it alone is read under the path of the author.
	PERFORM set_config('search_path', path, true);
	EXECUTE definition;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	PERFORM clv.portfolio_comment(portfolio, view_name, template);
END
$$;
COMMENT ON FUNCTION clv.portfolio_define_view(text, text, text, text) IS 'creates or replaces one view of a portfolio from its template; rows_sql is the query of the source that goes into it, read under the given search path';

CREATE FUNCTION clv.portfolio_views() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{history,report_basis,cutoff,distribution,customer_value,abc_segment,abc_summary,rfm_segment,rfm_summary,counted_period,cohort_retention,cohort_value,movement,value_bridge,observation,cash_flow,model,parameter_drift,kpi,reliability,verdict,customer_origin,cohort_channel_value,acquisition,profit_signal,customer_signal,owner_value,referral_value}'::text[];
COMMENT ON FUNCTION clv.portfolio_views() IS 'the views of a portfolio that read other views and tables of it, in the order in which they are created';

CREATE FUNCTION clv.portfolio_define_views(portfolio text, path text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	view_name text;
BEGIN
	PERFORM clv.portfolio_define_view(portfolio, 'accepted_order', clv.portfolio_orders_sql(s), path);
	PERFORM clv.portfolio_define_view(portfolio, 'cancelled_order', clv.portfolio_cancelled_sql(s), path);
	PERFORM clv.portfolio_define_view(portfolio, 'acquisition_spend', clv.portfolio_spend_sql(s));
	FOREACH view_name IN ARRAY clv.portfolio_views() LOOP
		PERFORM clv.portfolio_define_view(portfolio, view_name, CASE view_name WHEN 'customer_origin' THEN clv.portfolio_origin_sql(portfolio) ELSE '' END);
	END LOOP;
	PERFORM clv.portfolio_define_view(portfolio, 'data_quality', clv.portfolio_rows_sql(s), path);
END
$$;
COMMENT ON FUNCTION clv.portfolio_define_views(text, text) IS 'creates or replaces all views of a portfolio';

-- Tables

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
	EXECUTE format('INSERT INTO %I.rfm_rule (priority, segment, r_from, r_to, f_from, f_to, meaning)
		SELECT n.priority, n.segment, n.r_from, n.r_to, n.f_from, n.f_to, n.meaning FROM clv.segment_rules() n', portfolio);
END
$$;
COMMENT ON FUNCTION clv.portfolio_name_segments(text) IS 'fills the usual segments into the table rfm_rule of a portfolio: every pair of recency and frequency scores has one';

CREATE FUNCTION clv.portfolio_probe_filter(s clv.portfolio_setting, path text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	argument text;
	given text;
	reason text;
	code text;
BEGIN
	FOR argument, given IN VALUES ('filter', s.filter), ('cancelled', s.cancelled) LOOP
		BEGIN
			PERFORM set_config('search_path', path, true);
			EXECUTE pg_catalog.format(E'SELECT FROM %s WHERE (\n%s\n) LIMIT 0', s.source, coalesce(given, 'true'));
			PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
		EXCEPTION WHEN OTHERS THEN
			reason := SQLERRM;
			code := SQLSTATE;
		END;
		IF reason IS NOT NULL THEN
			RAISE EXCEPTION '% does not fit %', argument, s.source USING ERRCODE = code,
				DETAIL = format('The value is %L. The server says: %s.', given, reason);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION clv.portfolio_probe_filter(clv.portfolio_setting, text) IS 'raises where the filter of a portfolio, or what tells cancelled orders, cannot be evaluated on its source, read under the given search path';

-- What a portfolio has, whichever version made it

CREATE FUNCTION clv.portfolio_version() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT extversion FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) 'clv');
COMMENT ON FUNCTION clv.portfolio_version() IS 'version of the extension: portfolios are completed to what it defines';

CREATE FUNCTION clv.portfolio_store_empty(portfolio text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	empty boolean;
BEGIN
	EXECUTE format('SELECT NOT EXISTS (SELECT FROM %I.stored_history)', portfolio) INTO empty;
	RETURN empty;
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_empty(text) IS 'true where no history of a portfolio is stored';

CREATE FUNCTION clv.portfolio_complete(portfolio text, path text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	now_version constant text := clv.portfolio_version();
BEGIN
	IF s.version = now_version THEN
		RETURN false;
	ELSIF NOT (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = portfolio) THEN
		RAISE NOTICE 'portfolio % is still as clv % defined it: its owner''s next refresh completes it', quote_ident(portfolio), coalesce(s.version, '0.1.0');
		RETURN false;
	END IF;
	PERFORM clv.portfolio_probe_filter(s, path);
	-- Tables and columns that 0.1.0 did not have stand here, with IF NOT EXISTS, and defaults for options that are NULL in older portfolios.
	EXECUTE format($ddl$
		ALTER TABLE %1$I.stored_period ADD COLUMN IF NOT EXISTS latest date;
		COMMENT ON COLUMN %1$I.stored_period.latest IS 'no stored history has an order after this day, which may lie behind as_of';
		CREATE TABLE IF NOT EXISTS %1$I.family_choice (
			version int, family text, chosen boolean NOT NULL, cut date, customers bigint, actual float8, predicted float8, bias float8,
			error float8, mae float8, rmse float8, log_likelihood float8, reason text, PRIMARY KEY (version, family));
		COMMENT ON TABLE %1$I.family_choice IS 'with the option family at auto: how well each family, fitted to the orders up to the day cut, foretold those from then on to the day of the fit; the smallest error is chosen, see clv.choose';
	$ddl$, portfolio);
	IF to_regclass(format('%I.stored_origin', portfolio)) IS NULL THEN
		EXECUTE format($ddl$
			CREATE TABLE %1$I.stored_origin (
				customer %2$s PRIMARY KEY, channel text, referrer %2$s, owner_since date[], owners text[]);
			COMMENT ON TABLE %1$I.stored_origin IS 'where customers came from, and who looked after them since which days, as of the last refresh: read the view customer_origin instead';
			ALTER TABLE %1$I.stored_origin ENABLE ROW LEVEL SECURITY;
			CREATE POLICY sees_every_row ON %1$I.stored_origin USING (clv.sees_every_row(%3$L::pg_catalog.regclass));
		$ddl$, portfolio, concat_ws(' ', clv.portfolio_key_type(portfolio), clv.portfolio_collation_sql(format('%I.stored_history', portfolio)::regclass, 'customer')), s.source);
	END IF;
	IF to_regclass(format('%I.stored_cutoff', portfolio)) IS NULL THEN
		EXECUTE format($ddl$
			CREATE TABLE %1$I.stored_cutoff (
				as_of date PRIMARY KEY, latest date, a_revenue numeric, b_revenue numeric, last_order date[], purchase_days bigint[], revenue numeric[],
				last_order_distribution clv.lorenz, purchase_days_distribution clv.lorenz, revenue_distribution clv.lorenz);
			ALTER TABLE %1$I.stored_cutoff ALTER COLUMN revenue_distribution SET STORAGE external;
			COMMENT ON TABLE %1$I.stored_cutoff IS 'values that divide the customers into classes and scores as of the last refresh, and what they are found from: read the views cutoff and distribution instead';
			COMMENT ON COLUMN %1$I.stored_cutoff.latest IS 'no stored history has an order after this day, which may lie behind as_of';
			ALTER TABLE %1$I.stored_cutoff ENABLE ROW LEVEL SECURITY;
			CREATE POLICY sees_every_row ON %1$I.stored_cutoff USING (clv.sees_every_row(%2$L::pg_catalog.regclass));
		$ddl$, portfolio, s.source);
	END IF;
	EXECUTE format($ddl$
		ALTER TABLE %1$I.stored_history ALTER COLUMN history SET STATISTICS 0, ALTER COLUMN costs SET STATISTICS 0;
		-- A publication of all tables would refuse changes of a table without a primary key.
		ALTER TABLE %1$I.stored_history REPLICA IDENTITY FULL;
		ALTER TABLE %1$I.change REPLICA IDENTITY FULL;
	$ddl$, portfolio);
	IF clv.portfolio_store_empty(portfolio) THEN
		-- A key of rows that are there is made in a fraction of the time that it takes row by row: see portfolio_store.
		EXECUTE format($ddl$
			ALTER TABLE %1$I.stored_history DROP CONSTRAINT IF EXISTS stored_history_pkey;
			ALTER TABLE %1$I.stored_history ALTER COLUMN customer SET NOT NULL;
		$ddl$, portfolio);
	END IF;
	PERFORM clv.portfolio_define_views(portfolio, path);
	IF to_regprocedure(format('%I.note_change()', portfolio)) IS NOT NULL THEN
		PERFORM clv.portfolio_create_note(portfolio, s);
	END IF;
	EXECUTE format('UPDATE %I.setting SET version = $1', portfolio) USING now_version;
	RETURN true;
END
$$;
COMMENT ON FUNCTION clv.portfolio_complete(text, text) IS 'gives a portfolio the tables, columns and views that this version of clv defines, if another one defined those it has; a filter is read under the given search path; returns whether anything was done';

CREATE FUNCTION clv.portfolio_check_types(portfolio text, s clv.portfolio_setting) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	customer constant text := clv.portfolio_type_sql(s.source, s.customer);
	moment constant regtype := clv.portfolio_column_type(s.source, s.ordered_at, 'ordered_at');
	known constant regtype := (SELECT atttypid FROM pg_attribute WHERE attrelid = to_regclass(format('%I.accepted_order', portfolio)) AND attname = 'moment');
	stored constant text := clv.portfolio_key_type(portfolio);
BEGIN
	IF customer <> stored THEN
		RAISE EXCEPTION 'customers of portfolio % are of type %', quote_ident(portfolio), replace(stored, 'pg_catalog.', '') USING ERRCODE = 'datatype_mismatch',
			DETAIL = format('Column %I of %s is of type %s.', s.customer, s.source, replace(customer, 'pg_catalog.', '')),
			HINT = format('Histories are stored by customer: drop the portfolio, SELECT clv.drop_portfolio(%L), and create it anew.', portfolio);
	ELSIF moment <> known THEN
		RAISE EXCEPTION 'times of portfolio % are of type %', quote_ident(portfolio), known USING ERRCODE = 'datatype_mismatch',
			DETAIL = format('Column %I of %s is of type %s.', s.ordered_at, s.source, moment),
			HINT = format('First DROP VIEW %1$I.accepted_order, %1$I.cancelled_order, %1$I.data_quality CASCADE: all views are then made anew.', portfolio);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_types(text, clv.portfolio_setting) IS 'raises where customers or times of the source are of another type than those that a portfolio has stored and its views show';

CREATE FUNCTION clv.portfolio_restore_views(portfolio text, path text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
BEGIN
	-- Those that read the source: the others go with them.
	IF EXISTS (SELECT FROM unnest('{accepted_order,cancelled_order,acquisition_spend,data_quality}'::text[]) v
			WHERE to_regclass(format('%I.%I', portfolio, v)) IS NULL) THEN
		PERFORM clv.portfolio_check_columns(s);
		PERFORM clv.portfolio_check_types(portfolio, s);
		PERFORM clv.portfolio_probe_filter(s, path);
		PERFORM clv.portfolio_define_views(portfolio, path);
		RAISE NOTICE 'views of portfolio % were missing and have been made anew: grant them again', quote_ident(portfolio);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_restore_views(text, text) IS 'makes the views of a portfolio anew where some that read the source are missing: they go with a column that is dropped with CASCADE, and have to be dropped to change its type; a filter is read under the given search path';

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
	PERFORM clv.portfolio_complete(portfolio, path);
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
	refit interval DEFAULT '7 days', as_of date DEFAULT NULL, track boolean DEFAULT false, gap int DEFAULT 1,
	cancelled text DEFAULT NULL, channel name DEFAULT NULL, owner name DEFAULT NULL, referrer name DEFAULT NULL,
	paid_at name DEFAULT NULL, discount name DEFAULT NULL, spend regclass DEFAULT NULL, spend_on name DEFAULT NULL,
	spend_amount name DEFAULT NULL, spend_channel name DEFAULT NULL, spend_per text DEFAULT NULL) RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN clv.portfolio_create(name, ROW(source, customer, ordered_at, amount, zone, filter, order_id, refunds, currency, cost, margin,
	week_start, periods, family, horizon, discount_rate, refit, as_of, track, gap, NULL,
	cancelled, channel, owner, referrer, paid_at, discount, spend, spend_on, spend_amount, spend_channel, spend_per)::clv.portfolio_setting, pg_catalog.current_setting('search_path'));
COMMENT ON FUNCTION clv.create_portfolio(text, regclass, name, name, name, text, text, name, text, name, name, float8, text, text[], text, interval, float8, interval, date, boolean, int, text, name, name, name, name, name, regclass, name, name, name, text) IS
'creates a portfolio: a schema of that name with reports on the orders in a table or view; the options are described with the type clv.portfolio_setting; returns the name';

-- Alter

CREATE FUNCTION clv.portfolio_alter(portfolio text, option text, value text, path text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changed clv.portfolio_setting;
BEGIN
	PERFORM clv.portfolio_require(portfolio);
	IF option IS NULL OR NOT to_jsonb(clv.setting(portfolio)) ? option OR option IN ('source', 'version') THEN
		RAISE EXCEPTION 'option % cannot be changed', coalesce(quote_ident(option), 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
			HINT = format('Options are %s.', (SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
				WHERE attrelid = 'clv.portfolio_setting'::regclass AND attname NOT IN ('source', 'version')));
	END IF;
	PERFORM clv.portfolio_check_source((clv.setting(portfolio)).source);
	PERFORM clv.portfolio_lock(portfolio);
	PERFORM clv.portfolio_complete(portfolio, path);
	IF option = 'spend' THEN
		PERFORM set_config('search_path', path, true);
		value := value::pg_catalog.regclass::pg_catalog.oid;
		PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	END IF;
	EXECUTE format('SELECT (jsonb_populate_record($1, jsonb_build_object($2, %s))).*',
		CASE WHEN option = 'periods' THEN 'to_jsonb($3::text[])' ELSE '$3' END)
		INTO changed USING clv.setting(portfolio), option, value;
	changed := clv.portfolio_checked(changed);
	PERFORM clv.portfolio_check_types(portfolio, changed);
	PERFORM clv.portfolio_probe_filter(changed, path);
	EXECUTE format('UPDATE %I.setting SET %I = ($1).%I', portfolio, option, option) USING changed;
	PERFORM clv.portfolio_define_views(portfolio, path);
	-- What is not stored is counted when asked for.
	EXECUTE format('DELETE FROM %I.stored_period', portfolio);
	IF option IN ('channel', 'owner', 'referrer') THEN
		EXECUTE format('DELETE FROM %I.stored_origin', portfolio);
	END IF;
	IF option = 'track' AND changed.track THEN
		PERFORM clv.portfolio_track(portfolio);
	ELSIF option = 'track' THEN
		PERFORM clv.portfolio_untrack(portfolio);
	ELSIF option = 'customer' AND changed.track THEN
		PERFORM clv.portfolio_create_note(portfolio, changed);
	ELSIF option IN ('ordered_at', 'amount', 'zone', 'filter', 'order_id', 'refunds', 'currency', 'cost', 'cancelled') THEN
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
		own := clv.portfolio_views() || '{accepted_order,cancelled_order,acquisition_spend,data_quality}';
		EXECUTE 'DROP VIEW IF EXISTS ' || (SELECT string_agg(format('%I.%I', name, v), ', ') FROM unnest(own) v);
		PERFORM clv.portfolio_untrack(name);
		own := '{setting,stored_history,stored_origin,stored_period,stored_cutoff,model_version,family_choice,rfm_rule,change,tracked,refresh_log}';
		EXECUTE 'DROP TABLE IF EXISTS ' || (SELECT string_agg(format('%I.%I', name, t), ', ') FROM unnest(own) t);
	END IF;
	EXECUTE format('DROP SCHEMA %I %s', name, CASE WHEN cascade THEN 'CASCADE' END);
END
$$;
COMMENT ON FUNCTION clv.drop_portfolio(text, boolean) IS 'drops a portfolio, its reports, models and log, never the orders; what others built on it is in the way unless cascade is true';
