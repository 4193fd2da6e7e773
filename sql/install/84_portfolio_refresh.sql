--
-- Refreshing portfolios: histories, cohorts and movements, cutoffs
--

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
	PERFORM clv.portfolio_check_source(s.source);
	IF NOT clv.sees_every_row(s.source) THEN
		RAISE EXCEPTION 'row-level security hides orders of % from role %', s.source, quote_ident(current_user)
			USING ERRCODE = 'insufficient_privilege',
			HINT = 'Refresh as the owner of the orders, or as a role with BYPASSRLS.';
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_rights(text) IS 'raises where the source of a portfolio is gone, or row-level security hides orders from who wants to refresh it';

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
	IF cardinality(found) > 1 AND known IS NOT NULL THEN
		-- What was known may be gone.
		RETURN clv.portfolio_check_currency(portfolio, 'true', NULL);
	ELSIF cardinality(found) > 1 THEN
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
DECLARE
	s constant clv.portfolio_setting := clv.setting(portfolio);
BEGIN
	RETURN QUERY SELECT c.* FROM clv.portfolio_counts(format('%I.stored_history', portfolio), wanted, as_of, s.gap, s.week_start, scope) c;
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

CREATE FUNCTION clv.portfolio_stored_distribution(portfolio text, today date, OUT as_of date, OUT distribution clv.rfm_distribution)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	stored record;
BEGIN
	IF to_regclass(format('%I.stored_cutoff', portfolio)) IS NOT NULL THEN
		EXECUTE format($sql$
			SELECT c.as_of, ROW(c.last_order_distribution, c.purchase_days_distribution, c.revenue_distribution)::clv.rfm_distribution AS distribution
			FROM %I.stored_cutoff c WHERE c.as_of = $1 OR c.latest <= least($1, c.as_of)
			$sql$, portfolio) INTO stored USING today;
		as_of := stored.as_of;
		distribution := stored.distribution;
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_stored_distribution(text, date) IS 'distribution in a portfolio as stored, and its day, where no order lies between that and today; NULL elsewhere';

CREATE FUNCTION clv.portfolio_write_cutoffs(portfolio text, as_of date, distribution clv.rfm_distribution) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found constant clv.cutoff_values := clv.cutoffs(distribution);
BEGIN
	EXECUTE format('DELETE FROM %I.stored_cutoff', portfolio);
	EXECUTE format('INSERT INTO %1$I.stored_cutoff SELECT $1, (SELECT max(p.latest) FROM %1$I.stored_period p), ($2).*, ($3).*', portfolio)
		USING as_of, found, distribution;
END
$$;
COMMENT ON FUNCTION clv.portfolio_write_cutoffs(text, date, clv.rfm_distribution) IS 'stores a distribution in a portfolio, and the cutoffs that it has';

CREATE FUNCTION clv.portfolio_store_cutoffs(portfolio text, changed boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	today constant date := clv.portfolio_report_date(portfolio);
BEGIN
	IF to_regclass(format('%I.stored_cutoff', portfolio)) IS NOT NULL
			AND (changed OR (clv.portfolio_stored_distribution(portfolio, today)).as_of IS NULL) THEN
		PERFORM clv.portfolio_write_cutoffs(portfolio, today, clv.portfolio_distribution(format('%I.stored_history', portfolio), today));
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_store_cutoffs(text, boolean) IS 'finds the cutoffs of a portfolio at the report date, unless no history changed and no order lies between their date and it; nothing in a portfolio that its owner has not completed';

CREATE FUNCTION clv.portfolio_recount_cutoffs(portfolio text, as_of date, total clv.rfm_distribution, removed clv.rfm_distribution, added clv.rfm_distribution) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	corrected clv.rfm_distribution;
BEGIN
	corrected.last_order := clv.recount(total.last_order, removed.last_order, added.last_order);
	corrected.purchase_days := clv.recount(total.purchase_days, removed.purchase_days, added.purchase_days);
	corrected.revenue := clv.recount(total.revenue, removed.revenue, added.revenue);
	IF corrected.revenue IS NOT NULL THEN
		PERFORM clv.portfolio_write_cutoffs(portfolio, as_of, corrected);
	ELSIF to_regclass(format('%I.stored_cutoff', portfolio)) IS NOT NULL THEN
		EXECUTE format('DELETE FROM %I.stored_cutoff', portfolio);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.portfolio_recount_cutoffs(text, date, clv.rfm_distribution, clv.rfm_distribution, clv.rfm_distribution) IS 'corrects the stored distribution of a portfolio, total, by customers as they were and as they are, and its cutoffs; deleted where that cannot be';

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
	store constant regclass := format('%I.stored_history', portfolio);
	stored record;
	removed_values clv.rfm_distribution;
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
	stored := clv.portfolio_stored_distribution(portfolio, today);
	removed_values := clv.portfolio_distribution(store, stored.as_of, scope);
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
	PERFORM clv.portfolio_recount_cutoffs(portfolio, today, stored.distribution, removed_values, clv.portfolio_distribution(store, today, scope));
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
	rewritten boolean;
	done record;
	size bigint;
	total bigint;
BEGIN
	PERFORM clv.portfolio_lock(portfolio);
	PERFORM clv.portfolio_check_mode(portfolio, mode);
	PERFORM clv.portfolio_check_rights(portfolio);
	completed := clv.portfolio_complete(portfolio, path);
	PERFORM clv.portfolio_restore_views(portfolio, path);
	size := clv.portfolio_size(portfolio);
	done := clv.portfolio_store_orders(portfolio, mode);
	total := CASE WHEN done.mode = 'incremental' OR size = 0 THEN size + done.added - done.removed ELSE clv.portfolio_size(portfolio, true) END;
	RAISE NOTICE 'portfolio %: % customers (% new, % changed, % gone)', quote_ident(portfolio), total, done.added, done.changed, done.removed;
	stored := clock_timestamp();
	rewritten := completed OR done.mode = 'full' AND done.added + done.changed + done.removed > 0;
	PERFORM clv.portfolio_store_periods(portfolio, rewritten);
	PERFORM clv.portfolio_store_cutoffs(portfolio, rewritten);
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
