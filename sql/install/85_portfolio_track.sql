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
	RETURN QUERY
	WITH RECURSIVE tree (relation) AS (
		SELECT source::oid
		UNION
		SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation WHERE NOT i.inhdetachpending)
	SELECT t.relation::regclass FROM tree t;
END
$$;
COMMENT ON FUNCTION clv.portfolio_tree(regclass) IS 'a table with all its partitions and all tables that inherit from it';

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
	stored := clv.portfolio_size(portfolio);
	-- From a tenth of the customers on, one scan of all orders is cheaper.
	IF everything OR changed > 1000 + stored / 10 OR NOT clv.portfolio_tracked_whole(portfolio) THEN
		RETURN NULL;
	END IF;
	RETURN customers;
END
$$;
COMMENT ON FUNCTION clv.portfolio_take_changes(text) IS 'takes the notes of changed customers and returns them as the text of an array; NULL if all orders have to be read';
