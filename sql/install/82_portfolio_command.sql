--
-- Commands on portfolios: create, alter, refresh, activate, drop
--

-- The query behind data_quality: every row of the source as it is

CREATE FUNCTION clv.portfolio_rows_sql(s clv.portfolio_setting) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format($sql$SELECT %1$I::pg_catalog.text AS customer, %2$s AS ordered_on, %3$s AS amount, %4$s AS no_order_id, %5$s AS no_cost,
	%6$s AS currency, %7$s AND NOT (%11$s) AS kept, %7$s AND %11$s AS cancelled,
	%8$I AS moment, %9$I AS given
FROM %10$s$sql$,
		s.customer, clv.portfolio_day(s), clv.portfolio_number(s.source, s.amount),
		coalesce(quote_ident(s.order_id) || ' IS NULL', 'false'), coalesce(quote_ident(s.cost) || ' IS NULL', 'false'),
		coalesce(quote_ident(s.currency) || '::pg_catalog.text', 'NULL::pg_catalog.text'),
		coalesce(E'(\n' || s.filter || E'\n)', 'true'), s.ordered_at, s.amount, s.source, coalesce(E'(\n' || s.cancelled || E'\n) IS TRUE', 'false'));
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
RETURN '{history,report_basis,cutoff,customer_value,abc_segment,abc_summary,rfm_segment,rfm_summary,counted_period,cohort_retention,cohort_value,movement,value_bridge,observation,cash_flow,model,parameter_drift,kpi,reliability,verdict,customer_origin,cohort_channel_value,acquisition,profit_signal,customer_signal,owner_value,referral_value}'::text[];
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
			CREATE TABLE %1$I.stored_cutoff (as_of date PRIMARY KEY, latest date, cutoffs clv.cutoff_values);
			COMMENT ON TABLE %1$I.stored_cutoff IS 'values that divide the customers into classes and scores as of the last refresh: read the view cutoff instead';
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
	ELSIF option IN ('ordered_at', 'amount', 'zone', 'filter', 'order_id', 'refunds', 'cost', 'cancelled') THEN
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
		RAISE EXCEPTION '% of % a negative amount', found || CASE WHEN found = 1 THEN ' order' ELSE ' orders' END,
			s.source || CASE WHEN found = 1 THEN ' has' ELSE ' have' END USING ERRCODE = 'invalid_parameter_value',
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
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	number constant regtype := clv.portfolio_column_type(s.source, s.amount, 'amount');
	-- Of lines of one order, the first day is not always that of the first moment: clocks are set back.
	line text := format('SELECT customer, %s, %I FROM %I.accepted_order', CASE WHEN s.order_id IS NULL THEN 'moment' ELSE 'ordered_on' END, what, portfolio);
BEGIN
	IF what <> 'amount' THEN
		-- Whether a row is a refund is seen from its amount.
		line := format('SELECT customer, ordered_on, %I, orders FROM %I.accepted_order', what, portfolio);
	ELSIF s.order_id IS NULL AND s.filter IS NULL AND s.cancelled IS NULL AND s.refunds <> 'drop' THEN
		-- Rows as they are, of which clv.histories takes what the view would show, faster.
		line := format('SELECT %I, %I, %s FROM %s', s.customer, s.ordered_at,
			CASE WHEN number IN ('real'::regtype, 'money'::regtype) THEN clv.portfolio_number(s.source, s.amount) ELSE quote_ident(s.amount) END, s.source);
	END IF;
	RETURN format('SELECT customer, history FROM clv.histories(%L, NULL::%s, %L, false)', line, clv.portfolio_key_type(portfolio), s.zone);
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

CREATE FUNCTION clv.portfolio_fill(store regclass, query text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clv_portfolio_fill' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION clv.portfolio_fill(regclass, text) IS 'writes the rows of a query of the same columns into a table, many at once; returns their number, or NULL, with nothing done, where only INSERT knows what to do: for indexes, triggers, checks, policies, types with modifiers';

CREATE FUNCTION clv.portfolio_store_first(portfolio text, fresh_sql text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	store constant regclass := format('%I.stored_history', portfolio)::regclass;
	added bigint := clv.portfolio_fill(store, format('SELECT f.customer, f.history, f.costs FROM (%s) f', fresh_sql));
BEGIN
	IF added IS NULL THEN
		EXECUTE format('INSERT INTO %s (customer, history, costs) SELECT f.customer, f.history, f.costs FROM (%s) f', store, fresh_sql);
		GET DIAGNOSTICS added = ROW_COUNT;
	END IF;
	-- Of a lock that lets others read; a primary key would not.
	IF NOT EXISTS (SELECT FROM pg_index WHERE indrelid = store AND indisunique) THEN
		EXECUTE format('CREATE UNIQUE INDEX stored_history_customer ON %s (customer)', store);
	END IF;
	RETURN added;
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_first(text, text) IS 'writes the rows of a query into the store of a portfolio, which is empty, then the key of the store; returns their number';

CREATE FUNCTION clv.portfolio_store(portfolio text, fresh_sql text, scope text DEFAULT 'true',
	OUT added bigint, OUT changed bigint, OUT removed bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF clv.portfolio_store_empty(portfolio) THEN
		added := clv.portfolio_store_first(portfolio, fresh_sql);
		changed := 0;
		removed := 0;
	ELSE
		-- One statement, one snapshot; a row that did not change is not written. What did is found by its place:
		-- of thousands of customers the planner would rather read the whole key of the store.
		EXECUTE format($sql$
			WITH different AS MATERIALIZED (
				SELECT f.customer, f.history, f.costs, s.place
				FROM (%2$s) f
				FULL JOIN (SELECT s.ctid AS place, s.* FROM %1$I.stored_history s WHERE %3$s) s ON f.customer OPERATOR(%4$s) s.customer
				WHERE (f.history OPERATOR(clv.=) s.history AND (f.costs IS NULL) = (s.costs IS NULL) AND f.costs OPERATOR(clv.=) s.costs IS NOT FALSE) IS NOT TRUE),
			removed AS (
				DELETE FROM %1$I.stored_history s USING different d
				WHERE d.history IS NULL AND s.ctid OPERATOR(pg_catalog.=) d.place
				RETURNING 1),
			changed AS (
				UPDATE %1$I.stored_history s SET history = d.history, costs = d.costs FROM different d
				WHERE d.history IS NOT NULL AND s.ctid OPERATOR(pg_catalog.=) d.place
				RETURNING 1),
			added AS (
				INSERT INTO %1$I.stored_history (customer, history, costs)
				SELECT d.customer, d.history, d.costs FROM different d WHERE d.place IS NULL
				RETURNING 1)
			SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM removed)
			$sql$, portfolio, fresh_sql, scope, clv.portfolio_equality(portfolio)) INTO added, changed, removed;
	END IF;
	-- What changes a few rows is left to autovacuum.
	IF scope = 'true' AND added + changed + removed > 0 THEN
		EXECUTE format('ANALYZE %I.stored_history', portfolio);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_store(text, text, text) IS 'makes the stored histories of a portfolio equal to the rows of a query, or those of them that a condition names';

CREATE FUNCTION clv.portfolio_store_origin(portfolio text, scope text DEFAULT 'true') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	stored boolean;
BEGIN
	IF coalesce(s.channel, s.owner, s.referrer) IS NULL THEN
		RETURN;
	END IF;
	EXECUTE format('SELECT EXISTS (SELECT FROM %I.stored_origin)', portfolio) INTO stored;
	IF NOT stored THEN
		scope := 'true';
	END IF;
	EXECUTE format($sql$
		WITH fresh AS MATERIALIZED (%2$s),
		removed AS (
			DELETE FROM %1$I.stored_origin s
			WHERE %3$s AND NOT EXISTS (SELECT FROM fresh f WHERE f.customer OPERATOR(%4$s) s.customer)),
		changed AS (
			UPDATE %1$I.stored_origin s
			SET channel = f.channel, referrer = f.referrer, owner_since = f.owner_since, owners = f.owners
			FROM fresh f WHERE f.customer OPERATOR(%4$s) s.customer AND f IS DISTINCT FROM s)
		INSERT INTO %1$I.stored_origin SELECT f.* FROM fresh f
		WHERE NOT EXISTS (SELECT FROM %1$I.stored_origin s WHERE s.customer OPERATOR(%4$s) f.customer)
		$sql$, portfolio, clv.portfolio_origin_sql(portfolio, scope), scope, clv.portfolio_equality(portfolio));
	IF scope = 'true' THEN
		EXECUTE format('ANALYZE %I.stored_origin', portfolio);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_origin(text, text) IS 'stores where the customers of a portfolio, or those of them that a condition names, came from; all of them where none is stored';

CREATE FUNCTION clv.portfolio_size(portfolio text, count boolean DEFAULT false) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	customers bigint;
BEGIN
	IF NOT count THEN
		EXECUTE format('SELECT l.customers FROM %I.refresh_log l ORDER BY l.refresh DESC LIMIT 1', portfolio) INTO customers;
	END IF;
	IF customers IS NULL THEN
		EXECUTE format('SELECT count(*) FROM %I.stored_history', portfolio) INTO customers;
	END IF;
	RETURN customers;
END
$$;
COMMENT ON FUNCTION clv.portfolio_size(text, boolean) IS 'customers with a stored history: as noted by the last refresh, or counted';

CREATE FUNCTION clv.portfolio_count(portfolio text, as_of date, wanted text[], scope text DEFAULT 'true')
RETURNS TABLE (period text, cohorts clv.cohort_table, movements clv.movement_table, latest date)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY EXECUTE format($sql$
		SELECT u.period, c.*
		FROM %1$I.setting p CROSS JOIN unnest($2) u (period)
		CROSS JOIN LATERAL (
			SELECT clv.cohort_state(s.history, u.period, $1, p.week_start), clv.movement_state(s.history, u.period, $1, p.gap, p.week_start),
				max(clv.last_order(s.history))
			FROM %1$I.stored_history s WHERE %2$s) c
		$sql$, portfolio, scope) USING as_of, wanted;
END
$$;
COMMENT ON FUNCTION clv.portfolio_count(text, date, text[], text) IS 'cohorts and movements of the stored histories of a portfolio, or those of them that a condition names, and the last day of their orders, which may lie behind as_of';

CREATE FUNCTION clv.portfolio_store_periods(portfolio text, changed boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	today constant date := clv.portfolio_report_date(portfolio);
	missing text[];
BEGIN
	EXECUTE format('DELETE FROM %I.stored_period WHERE $1 OR as_of <> $2', portfolio) USING changed, today;
	EXECUTE format('SELECT ARRAY(SELECT unnest(periods) FROM %1$I.setting EXCEPT SELECT period FROM %1$I.stored_period)', portfolio) INTO missing;
	IF missing <> '{}' THEN
		EXECUTE format($sql$
			INSERT INTO %I.stored_period (period, as_of, cohorts, movements, latest)
			SELECT c.period, $2, c.cohorts, c.movements, c.latest FROM clv.portfolio_count($1, $2, $3) c
			$sql$, portfolio) USING portfolio, today, missing;
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_periods(text, boolean) IS 'counts the cohorts and movements of a portfolio at the report date, unless no history changed and they are of that date';

CREATE FUNCTION clv.portfolio_store_cutoffs(portfolio text, changed boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	today constant date := clv.portfolio_report_date(portfolio);
	known boolean;
BEGIN
	IF to_regclass(format('%I.stored_cutoff', portfolio)) IS NULL THEN
		RETURN;
	END IF;
	EXECUTE format('DELETE FROM %I.stored_cutoff WHERE $1 OR as_of <> $2 AND (latest <= least($2, as_of)) IS NOT TRUE', portfolio) USING changed, today;
	EXECUTE format('SELECT EXISTS (SELECT FROM %I.stored_cutoff)', portfolio) INTO known;
	IF NOT known THEN
		EXECUTE format($sql$
			INSERT INTO %1$I.stored_cutoff (as_of, latest, cutoffs)
			SELECT $1, (SELECT max(p.latest) FROM %1$I.stored_period p), clv.cutoffs(clv.truncate(s.history, $1)) FROM %1$I.stored_history s
			$sql$, portfolio) USING today;
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_cutoffs(text, boolean) IS 'finds the cutoffs of a portfolio at the report date, unless no history changed and no order lies between their date and it; nothing in a portfolio that its owner has not completed';

CREATE FUNCTION clv.portfolio_wants_fit(portfolio text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	today constant date := clv.portfolio_report_date(portfolio);
	fitted clv.model;
	fitted_as_of date;
	chosen boolean;
BEGIN
	EXECUTE format($sql$
		SELECT model, as_of, EXISTS (SELECT FROM %1$I.family_choice c WHERE c.version = v.version AND c.chosen)
		FROM %1$I.model_version v WHERE active AND role = 'transactions'
		$sql$, portfolio) INTO fitted, fitted_as_of, chosen;
	RETURN fitted IS NULL OR CASE s.family WHEN 'auto' THEN NOT chosen ELSE clv.family(fitted) <> s.family END
		OR today < fitted_as_of OR today >= fitted_as_of + s.refit;
END
$$;
COMMENT ON FUNCTION clv.portfolio_wants_fit(text) IS 'true where a portfolio has no model, one of another family or one fitted too far from the report date: see the option refit';

CREATE FUNCTION clv.portfolio_tell_fit(portfolio text, role text, model clv.model) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF model IS NULL THEN
		RAISE NOTICE 'portfolio %: no % model', quote_ident(portfolio), role
			USING DETAIL = 'No customer came back and spent something.';
	ELSIF clv.status(model) = 'ok' THEN
		RAISE NOTICE 'portfolio %: % model % (ok)', quote_ident(portfolio), role, clv.family(model);
	ELSE
		RAISE NOTICE 'portfolio %: % model % (%)', quote_ident(portfolio), role, clv.family(model), clv.status(model)
			USING DETAIL = clv.status_reason(model);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_tell_fit(text, text, clv.model) IS 'says how a fit ended';

CREATE FUNCTION clv.portfolio_choose(portfolio text, new_version int) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET datestyle = iso
AS $$
DECLARE
	usual constant text := 'mbg/nbd';
	s constant clv.portfolio_setting := clv.setting(portfolio);
	today constant date := clv.portfolio_report_date(portfolio);
	days int;
	repeaters bigint;
	family text;
	reason text;
BEGIN
	EXECUTE format('DELETE FROM %I.family_choice c WHERE c.version = $1', portfolio) USING new_version;
	-- The holdout is as long as the horizon if two thirds of the history are left before it.
	EXECUTE format('SELECT ($1 - min(clv.first_order(history))) / 3 FROM %I.stored_history WHERE clv.first_order(history) <= $1', portfolio)
		INTO days USING today;
	days := CASE WHEN days < (today + s.horizon)::date - today THEN days WHEN days IS NOT NULL THEN (today + s.horizon)::date - today END;
	EXECUTE format('SELECT count(*) FROM %I.stored_history WHERE (clv.statistics(history, $1)).frequency > 0', portfolio)
		INTO repeaters USING today - days;
	IF days IS NULL THEN
		reason := format('no customer has ordered by %s', today);
	ELSIF days < 28 THEN
		reason := 'the history is shorter than twelve weeks';
	ELSIF repeaters < 100 THEN
		reason := format('%s customer%s came back before %s', CASE repeaters WHEN 0 THEN 'no' ELSE format('only %s', repeaters) END,
			CASE WHEN repeaters > 1 THEN 's' END, today - days + 1);
	ELSE
		EXECUTE format($sql$
			INSERT INTO %1$I.family_choice (version, family, chosen, cut, customers, actual, predicted, bias, error, mae, rmse, log_likelihood)
			SELECT $1, c.family, c.chosen, $2 - $3, c.customers, c.actual, c.predicted, c.bias, c.error, c.mae, c.rmse, c.log_likelihood
			FROM (SELECT clv.choose(history, $2, pg_catalog.make_interval(days => $3)) AS choices FROM %1$I.stored_history) h
			CROSS JOIN LATERAL unnest(h.choices) c
			$sql$, portfolio) USING new_version, today, days;
		EXECUTE format('UPDATE %I.family_choice c SET reason = ''the smallest error'' WHERE c.version = $1 AND c.chosen RETURNING c.family', portfolio)
			INTO family USING new_version;
		reason := 'no family could be fitted to a part of it';
	END IF;
	IF family IS NULL THEN
		IF days IS NOT NULL THEN
			RAISE NOTICE 'portfolio %: family % is taken unseen, %', quote_ident(portfolio), usual, reason;
		END IF;
		EXECUTE format($sql$
			INSERT INTO %I.family_choice AS c (version, family, chosen, reason) VALUES ($1, $2, true, $3)
			ON CONFLICT (version, family) DO UPDATE SET chosen = true, reason = EXCLUDED.reason
			$sql$, portfolio) USING new_version, usual, reason;
		RETURN usual;
	END IF;
	RAISE NOTICE 'portfolio %: family % would have foretold the last % days best', quote_ident(portfolio), family, days;
	RETURN family;
END
$$;
COMMENT ON FUNCTION clv.portfolio_choose(text, int) IS 'the family that foretold the end of the stored histories best, for a new version of the models of a portfolio; fills the table family_choice; where the history is too short, mbg/nbd';

CREATE FUNCTION clv.portfolio_fit(portfolio text) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET datestyle = iso
AS $$
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
	today constant date := clv.portfolio_report_date(portfolio);
	family text := s.family;
	order_model clv.model;
	spend_model clv.model;
	new_version int;
BEGIN
	EXECUTE format('SELECT coalesce(max(version), 0) + 1 FROM %I.model_version', portfolio) INTO new_version;
	IF family = 'auto' THEN
		family := clv.portfolio_choose(portfolio, new_version);
	END IF;
	EXECUTE format('SELECT clv.fit($1, history, $2), clv.fit_spend(history, $2) FROM %I.stored_history', portfolio)
		INTO order_model, spend_model USING family, today;
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
	EXECUTE format('SELECT max(latest) FROM %I.stored_period', portfolio) INTO last_order;
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
	PERFORM clv.portfolio_store_origin(portfolio);
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_all(text) IS 'reads all orders of a portfolio and stores the histories';

CREATE FUNCTION clv.portfolio_store_changed(portfolio text, customers text, OUT mode text, OUT currency text,
	OUT added bigint, OUT changed bigint, OUT removed bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
DECLARE
	scope constant text := format('s.customer OPERATOR(%s) ANY (%L::%s[])', clv.portfolio_equality(portfolio), customers,
		clv.portfolio_key_type(portfolio));
	many constant int := cardinality(customers::text[]);
	today constant date := clv.portfolio_report_date(portfolio);
	counted date;
	periods text[];
	cohorts clv.cohort_table[];
	movements clv.movement_table[];
	known text;
BEGIN
	mode := 'incremental';
	EXECUTE format('SELECT l.currency FROM %I.refresh_log l ORDER BY refresh DESC LIMIT 1', portfolio) INTO known;
	RAISE NOTICE 'portfolio %: %', quote_ident(portfolio), CASE many WHEN 0 THEN 'no orders changed'
		ELSE format('reading the orders of %s changed customer%s', many, CASE WHEN many > 1 THEN 's' END) END;
	PERFORM clv.portfolio_check_refunds(portfolio, scope);
	currency := clv.portfolio_check_currency(portfolio, scope, known);
	-- Of the counts, those can be carried on after which no unchanged customer ordered until today.
	EXECUTE format('DELETE FROM %I.stored_period WHERE as_of <> $1 AND NOT (as_of < $1 AND latest <= as_of) IS TRUE', portfolio) USING today;
	EXECUTE format('SELECT min(as_of), array_agg(period) FROM %I.stored_period', portfolio) INTO counted, periods;
	SELECT array_agg(c.cohorts ORDER BY c.period), array_agg(c.movements ORDER BY c.period), array_agg(c.period ORDER BY c.period)
		INTO cohorts, movements, periods
		FROM clv.portfolio_count(portfolio, counted, periods, scope) c;
	-- The limit is no limit, but tells the planner how few they are.
	SELECT s.added, s.changed, s.removed INTO added, changed, removed
	FROM clv.portfolio_store(portfolio, format($sql$
		SELECT s.customer, clv.order_history(s.ordered_on, s.amount, s.orders) AS history,
			clv.order_history(s.ordered_on, s.cost, s.orders) FILTER (WHERE s.cost IS NOT NULL) AS costs
		FROM %I.accepted_order s WHERE %s GROUP BY s.customer LIMIT %s
		$sql$, portfolio, scope, many), scope) s;
	PERFORM clv.portfolio_store_origin(portfolio, scope);
	EXECUTE format($sql$
		UPDATE %I.stored_period p
		SET as_of = $2, latest = greatest(p.latest, c.latest),
			cohorts = clv.recount(p.cohorts, b.cohorts, c.cohorts, $2), movements = clv.recount(p.movements, b.movements, c.movements, $2)
		FROM unnest($3, $4, $5) b (period, cohorts, movements), clv.portfolio_count($1, $2, $3, $6) c
		WHERE b.period = p.period AND c.period = p.period
		$sql$, portfolio) USING portfolio, today, periods, cohorts, movements, scope;
	EXECUTE format('DELETE FROM %I.stored_period WHERE cohorts IS NULL OR movements IS NULL', portfolio);
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_changed(text, text) IS 'reads the orders of some customers of a portfolio, given as the text of an array, stores their histories and corrects the counts by them; counts that cannot be corrected are deleted';

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

CREATE FUNCTION clv.portfolio_refresh(portfolio text, mode text, refit boolean, path text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	started constant timestamptz := clock_timestamp();
	stored timestamptz;
	counted timestamptz;
	completed boolean;
	done record;
	size bigint;
	total bigint;
BEGIN
	PERFORM clv.portfolio_lock(portfolio);
	PERFORM clv.portfolio_check_mode(portfolio, mode);
	PERFORM clv.portfolio_check_rights(portfolio);
	completed := clv.portfolio_complete(portfolio, path);
	size := clv.portfolio_size(portfolio);
	done := clv.portfolio_store_orders(portfolio, mode);
	total := CASE WHEN done.mode = 'incremental' OR size = 0 THEN size + done.added - done.removed ELSE clv.portfolio_size(portfolio, true) END;
	RAISE NOTICE 'portfolio %: % customers (% new, % changed, % gone)', quote_ident(portfolio), total, done.added, done.changed, done.removed;
	stored := clock_timestamp();
	PERFORM clv.portfolio_store_periods(portfolio, completed OR done.mode = 'full' AND done.added + done.changed + done.removed > 0);
	PERFORM clv.portfolio_store_cutoffs(portfolio, completed OR done.added + done.changed + done.removed > 0);
	counted := clock_timestamp();
	IF coalesce(refit, clv.portfolio_wants_fit(portfolio)) THEN
		PERFORM clv.portfolio_fit(portfolio);
	END IF;
	EXECUTE format($sql$
		INSERT INTO %I.refresh_log (mode, as_of, started_at, customers, added, changed, removed, currency, histories, periods, models)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		$sql$, portfolio) USING done.mode, clv.portfolio_report_date(portfolio), started, total, done.added, done.changed, done.removed, done.currency,
			stored - started, counted - stored, clock_timestamp() - counted;
	PERFORM clv.portfolio_warn(portfolio);
END
$$;
COMMENT ON FUNCTION clv.portfolio_refresh(text, text, boolean, text) IS 'refreshes a portfolio; where another version of clv defined its views, they are made anew and a filter is read under the given search path';

CREATE PROCEDURE clv.refresh(name text, mode text DEFAULT NULL, refit boolean DEFAULT NULL)
LANGUAGE sql
BEGIN ATOMIC
	SELECT clv.portfolio_refresh(name, mode, refit, pg_catalog.current_setting('search_path'));
END;
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
