-- Portfolios: reference data, key types, names, options, what refresh writes, privileges.
BEGIN;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT * FROM no_plan();

CREATE SCHEMA orders_test;
SET search_path = orders_test, public;

-- What is the first column of the first row of a query?
CREATE FUNCTION one(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	EXECUTE query INTO answer;
	RETURN answer;
END $$;

CREATE FUNCTION refresh(portfolio text, refit boolean DEFAULT NULL, mode text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	CALL clv.refresh(portfolio, mode, refit);
END $$;

-- A small shop: customers 1 to 60, some of them often.
CREATE TABLE orders AS
	SELECT 1 + (n * n) % 60 AS customer_id, date '2023-01-01' + (n * 37 % 500) AS ordered_on, round((n * 7 % 100 + 1) / 4.0, 2) AS amount, n AS order_id
	FROM generate_series(1, 600) n;

SELECT is(clv.create_portfolio('shop', 'orders', 'customer_id', 'ordered_on', 'amount', as_of => '2024-06-30', discount_rate => 0.1), 'shop', 'a portfolio has its name');
SELECT is(clv.portfolio_fill('shop.stored_history', 'SELECT * FROM shop.stored_history'), 0::bigint, 'whose store is ready to be filled at once');
SELECT lives_ok($$ SELECT refresh('shop') $$, 'it can be refreshed');

SELECT is(one('SELECT count(*) FROM shop.history'), one('SELECT count(DISTINCT customer_id) FROM orders'), 'every customer has a history');
SELECT is(one('SELECT sum(revenue) FROM shop.customer_value'), one('SELECT sum(amount) FROM orders'), 'revenue is exact');
SELECT is(one('SELECT sum(orders) FROM shop.customer_value'), '600', 'orders are all there');
SELECT results_eq('SELECT customer, history FROM shop.history ORDER BY 1',
	'SELECT customer_id, clv.order_history(ordered_on, amount) FROM orders GROUP BY 1 ORDER BY 1', 'histories are those of the orders');
SELECT has_index('shop'::name, 'stored_history'::name, 'stored_history_customer'::name, '{customer}'::name[], 'the first refresh makes the key of the store');
SELECT throws_ok('INSERT INTO shop.stored_history SELECT * FROM shop.stored_history LIMIT 1', '23505', NULL, 'which is unique');
SELECT throws_ok('UPDATE shop.stored_history SET customer = NULL', '23502', NULL, 'and knows no customer without a name');

-- Writing many rows at once: the same rows as by INSERT, or nothing where INSERT would do more
CREATE TABLE few (n int, word text NOT NULL);
SELECT is(clv.portfolio_fill('few', $$ SELECT g, repeat(md5(g::text), 1 + g % 300) FROM generate_series(1, 5000) g $$), 5000::bigint, 'portfolio_fill counts what it writes');
SELECT is(clv.portfolio_fill('few', 'SELECT n + 5000, word FROM few'), 5000::bigint, 'and does not read what it writes');
SELECT results_eq('SELECT n, word FROM few ORDER BY n', 'SELECT g, repeat(md5(h::text), 1 + h % 300) FROM generate_series(1, 10000) g, LATERAL (SELECT 1 + (g - 1) % 5000) x (h) ORDER BY g', 'long rows and short ones');
SELECT is(clv.portfolio_fill('few', 'SELECT n, word FROM few WHERE false'), 0::bigint, 'or nothing');
SELECT throws_ok($$ SELECT clv.portfolio_fill('few', 'SELECT n, NULL::text FROM few') $$, '23502', 'null value in column "word" of relation "few"');
SELECT throws_ok($$ SELECT clv.portfolio_fill('few', 'SELECT n, n FROM few') $$, '42804', 'query does not answer the columns of "few"');
SELECT throws_ok($$ SELECT clv.portfolio_fill('few', 'DELETE FROM few RETURNING *') $$, '22023', 'query is not a single SELECT');
SELECT is(count(*), 10000::bigint, 'what fails writes nothing') FROM few;
CREATE TABLE kept AS SELECT customer, p_alive, residual_value, segment FROM shop.customer_value WITH NO DATA;
SELECT is(clv.portfolio_fill('kept', 'SELECT customer, p_alive, residual_value, segment FROM shop.customer_value'), 12::bigint, 'values of customers can be kept');
SELECT results_eq('SELECT * FROM kept ORDER BY 1', 'SELECT customer, p_alive, residual_value, segment FROM shop.customer_value ORDER BY 1', 'and are those of the view');
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SAVEPOINT nothing_written;
SELECT is(clv.portfolio_fill('few', 'SELECT n, word FROM few WHERE n > 5000'), 5000::bigint, 'parallel workers may read what a transaction writes first');
RELEASE nothing_written;
SET LOCAL parallel_setup_cost TO DEFAULT;
SET LOCAL parallel_tuple_cost TO DEFAULT;
SET LOCAL min_parallel_table_scan_size TO DEFAULT;
CREATE TABLE few_indexed (n int PRIMARY KEY, word text);
CREATE TABLE few_checked (n int CHECK (n < 3), word text);
CREATE TABLE few_short (n int, word varchar(3));
CREATE TABLE few_doubled (n int, twice int GENERATED ALWAYS AS (2 * n) STORED);
CREATE TABLE few_triggered (n int, word text);
CREATE TRIGGER no BEFORE INSERT ON few_triggered FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TABLE few_parts (n int, word text) PARTITION BY LIST (n);
CREATE TABLE few_part PARTITION OF few_parts FOR VALUES IN (1);
CREATE VIEW few_seen AS SELECT * FROM few;
SELECT is(clv.portfolio_fill(t::regclass, 'SELECT 1/0'), NULL, t || ' is left to INSERT')
	FROM unnest('{few_indexed,few_checked,few_short,few_doubled,few_triggered,few_parts,few_part,few_seen,pg_class,pg_toast.pg_toast_2619}'::text[]) t;
CREATE ROLE few_writer;
GRANT USAGE ON SCHEMA orders_test TO few_writer;
SET LOCAL ROLE few_writer;
SELECT throws_ok($$ SELECT clv.portfolio_fill('few', 'SELECT 1, ''a''') $$, '42501', 'permission denied for table few');
RESET ROLE;
GRANT INSERT ON few TO few_writer;
ALTER TABLE few ENABLE ROW LEVEL SECURITY;
SET LOCAL ROLE few_writer;
SELECT is(clv.portfolio_fill('few', $$ SELECT 1, 'a' $$), NULL, 'policies are left to INSERT');
RESET ROLE;
SAVEPOINT read_only;
SET LOCAL transaction_read_only = on;
SELECT throws_ok($$ SELECT clv.portfolio_fill('few', 'SELECT 1, ''a''') $$, '25006', 'cannot execute clv.portfolio_fill() in a read-only transaction');
RELEASE read_only;

-- The contract: names of views and their columns
SELECT has_view('shop', v, 'view ' || v) FROM unnest('{history,customer_value,cohort_retention,cohort_value,abc_segment,abc_summary,rfm_segment,rfm_summary,movement,value_bridge,cash_flow,model,kpi,reliability,verdict,data_quality}'::text[]) v;
SELECT columns_are('shop'::name, 'cohort_retention'::name, '{period,cohort,cohort_size,period_number,period_start,active,rate,lower,upper,complete}'::name[], 'columns of cohort_retention');
SELECT is_empty($$ SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind = 'v' AND col_description(c.oid, a.attnum) IS NULL $$, 'every column of a view is described');
SELECT is_empty($$ SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') IS NULL $$,
	'every table and view is described');
SELECT is_empty($$ SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind = 'v'
	AND NOT 'security_invoker=true' = ANY (c.reloptions) $$, 'every view reads with the rights of the caller');
SELECT lives_ok(format('SELECT * FROM shop.%I', relname), 'view ' || relname || ' can be read')
	FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'v';

-- Classes and scores say the same as the window functions
SELECT results_eq('SELECT customer, class FROM shop.abc_segment ORDER BY 1',
	'SELECT customer, clv.abc(revenue) OVER () FROM shop.customer_value ORDER BY 1', 'classes of abc_segment are those of clv.abc');
SELECT is_empty($$ SELECT * FROM shop.customer_value a JOIN shop.abc_segment b USING (customer) WHERE a.abc <> b.class $$, 'customer_value has the same classes');
SELECT results_eq('SELECT customer, r_score, f_score, m_score FROM shop.rfm_segment ORDER BY 1', $$
	SELECT customer, 1 + floor(5 * (rank() OVER (ORDER BY last_order) - 1) / count(*) OVER ())::int,
		1 + floor(5 * (rank() OVER (ORDER BY purchase_days) - 1) / count(*) OVER ())::int,
		1 + floor(5 * (rank() OVER (ORDER BY revenue) - 1) / count(*) OVER ())::int
	FROM shop.customer_value ORDER BY 1 $$, 'scores are one more than five times the share of those who are worse');
SELECT is_empty($$ SELECT r, f FROM generate_series(1, 5) r, generate_series(1, 5) f
	WHERE NOT EXISTS (SELECT FROM shop.rfm_rule WHERE r BETWEEN r_from AND r_to AND f BETWEEN f_from AND f_to) $$, 'every pair of scores has a segment');
SELECT is(one('SELECT sum(customers) FROM shop.rfm_summary'), one('SELECT count(*) FROM shop.history'), 'segments hold every customer');
SELECT is(one('SELECT sum(customers) FROM shop.abc_summary'), one('SELECT count(*) FROM shop.history'), 'classes hold every customer');

-- Identities
SELECT is_empty($$ SELECT * FROM shop.movement WHERE closing <> opening + new + reactivated - lost OR opening <> kept + lost $$, 'movements add up');
SELECT results_eq($$ SELECT period_start, closing FROM shop.movement WHERE period = 'month' ORDER BY 1 $$, $$
	SELECT m::date, count(DISTINCT customer_id) FROM generate_series(date '2023-01-01', '2024-06-01', interval '1 month') m
	LEFT JOIN orders ON date_trunc('month', ordered_on) = m GROUP BY 1 ORDER BY 1 $$, 'closing counts who bought in the month');
SELECT is_empty($$ SELECT * FROM shop.customer_value WHERE p_alive NOT BETWEEN 0 AND 1 OR expected_orders < 0 OR residual_value < 0
	OR p_alive IS NULL OR expected_orders IS NULL OR residual_value IS NULL OR expected_value IS NULL $$, 'predictions are in their range');
SELECT ok(abs((SELECT sum(expected_orders) FROM shop.cash_flow) / (SELECT sum(expected_orders) FROM shop.customer_value) - 1) < 1e-9, 'the months of the cash flow make the horizon');
SELECT ok(abs((SELECT sum(expected_value) FROM shop.cash_flow) / (SELECT sum(expected_value) FROM shop.customer_value) - 1) < 1e-9, 'in money too');
SELECT is(one('SELECT concat_ws($$ $$, count(*), min(month_start), max(month_end)) FROM shop.cash_flow'), '12 2024-07-01 2025-06-30', 'twelve months make a year');
SELECT results_eq('SELECT customer, total_value FROM shop.customer_value ORDER BY 1', 'SELECT customer, historic_value::float8 + residual_value FROM shop.customer_value ORDER BY 1', 'total is historic and residual');
SELECT is(one($$ SELECT value FROM shop.kpi WHERE indicator = 'revenue' $$)::numeric, (SELECT sum(amount) FROM orders), 'a KPI is exact');
SELECT is(one($$ SELECT value FROM shop.kpi WHERE indicator = 'customer equity' $$), one('SELECT trim_scale(round(sum(residual_value)::numeric, 4)) FROM shop.customer_value'), 'equity is the sum of residual values');

-- Refresh writes what changed and nothing else
CREATE TEMP TABLE before AS SELECT customer, xmin::text AS written FROM shop.stored_history;
INSERT INTO orders VALUES (999, '2024-03-03', 12.34, 601), (1, '2024-03-03', 1, 602);
DELETE FROM orders WHERE customer_id = 5;
SELECT refresh('shop');
SELECT is(one('SELECT ROW(mode, customers, added, changed, removed) FROM shop.refresh_log ORDER BY refresh DESC LIMIT 1'),
	format('(full,%s,1,1,1)', (SELECT count(DISTINCT customer_id) FROM orders)), 'refresh counts new, changed and gone customers');
SELECT results_eq('SELECT customer, history FROM shop.history ORDER BY 1',
	'SELECT customer_id, clv.order_history(ordered_on, amount) FROM orders GROUP BY 1 ORDER BY 1', 'and stores them');
SELECT refresh('shop');
SELECT is(one('SELECT ROW(added, changed, removed) FROM shop.refresh_log ORDER BY refresh DESC LIMIT 1'), '(0,0,0)', 'a refresh without news writes no history');

-- Models: versions, activation, policy
SELECT is(one('SELECT count(*) FROM shop.model WHERE version = 1'), '2', 'the first refresh fitted two models');
SELECT is(one('SELECT max(version) FROM shop.model'), '1', 'later ones left them, for the report date is the same');
SELECT refresh('shop', refit => true);
SELECT is(one($$ SELECT string_agg(version || role, ', ' ORDER BY role) FROM shop.model WHERE active $$), '2spend, 2transactions', 'refit on demand');
SELECT clv.activate('shop', 1);
SELECT is(one($$ SELECT string_agg(version || role, ', ' ORDER BY role) FROM shop.model WHERE active $$), '1spend, 1transactions', 'roll back to an older fit');
SELECT throws_ok($$ SELECT clv.activate('shop', 7) $$, '42704', 'portfolio shop has no model version 7');
SET LOCAL clv.as_of = '2024-07-06';
SELECT is(one($$ SELECT clv.portfolio_wants_fit('shop') $$), 'false', 'six days later the model is good enough');
SET LOCAL clv.as_of = '2024-07-07';
SELECT is(one($$ SELECT clv.portfolio_wants_fit('shop') $$), 'true', 'after seven it is not');

-- As of any day: the parameter goes before the option
SET LOCAL clv.as_of = '2023-06-30';
SELECT results_eq('SELECT customer, history FROM shop.history ORDER BY 1', $$
	SELECT customer_id, clv.order_history(ordered_on, amount) FROM orders WHERE ordered_on <= '2023-06-30' GROUP BY 1 ORDER BY 1 $$, 'histories as of a past day');
SELECT is(one('SELECT sum(revenue) FROM shop.customer_value'), one($$ SELECT sum(amount) FROM orders WHERE ordered_on <= '2023-06-30' $$), 'values as of a past day');
SELECT is(one($$ SELECT sum(orders) FROM shop.cohort_value WHERE period = 'month' $$), one($$ SELECT count(*) FROM orders WHERE ordered_on <= '2023-06-30' $$), 'cohorts as of a past day');
SELECT is(one($$ SELECT max(period_start) FROM shop.movement WHERE period = 'month' $$), '2023-06-01', 'movements as of a past day');
SET LOCAL clv.as_of = '';
SELECT is(one('SELECT as_of FROM shop.report_basis'), '2024-06-30', 'without it the option counts');
SELECT clv.alter_portfolio('shop', 'as_of', NULL);
SELECT is(one('SELECT as_of FROM shop.report_basis'), one('SELECT (now() AT TIME ZONE (SELECT zone FROM shop.setting))::date'), 'without both it is today');
SELECT clv.alter_portfolio('shop', 'as_of', '2024-06-30');

-- Options
SELECT clv.alter_portfolio('shop', 'discount_rate', NULL);
SELECT is(one('SELECT count(*) FROM shop.customer_value WHERE residual_value IS NOT NULL OR total_value IS NOT NULL'), '0', 'no discount rate, no residual value');
SELECT clv.alter_portfolio('shop', 'margin', '0.3');
SELECT is(one('SELECT sum(historic_value) FROM shop.customer_value')::numeric, (SELECT sum(amount) * 0.3 FROM orders), 'margin');
SELECT clv.alter_portfolio('shop', 'periods', '{quarter}');
SELECT is(one('SELECT string_agg(DISTINCT period, $$,$$) FROM shop.cohort_retention'), 'quarter', 'periods of cohorts follow at once');
SELECT is(one('SELECT string_agg(DISTINCT period, $$,$$) FROM shop.movement'), 'quarter', 'and those of movements');
SELECT throws_ok($$ SELECT clv.alter_portfolio('shop', 'source', 'orders') $$, '22023', 'option source cannot be changed');
SELECT throws_ok($$ SELECT clv.alter_portfolio('shop', 'colour', 'red') $$, '22023', 'option colour cannot be changed');
SELECT throws_ok($$ SELECT clv.alter_portfolio('shop', 'margin', '2') $$, '22023', 'margin out of range');
SELECT throws_ok($$ SELECT clv.alter_portfolio('shop', 'margin', 'much') $$, '22P02', NULL, 'a margin is a number');

-- Report date before and after everything, and no orders at all
SET LOCAL clv.as_of = '1990-01-01';
SELECT is_empty('SELECT * FROM shop.customer_value', 'before the first order there is no customer');
SELECT lives_ok('SELECT * FROM shop.kpi; SELECT * FROM shop.reliability; SELECT * FROM shop.movement; SELECT * FROM shop.cohort_retention', 'and no error');
SET LOCAL clv.as_of = '2400-01-01';
SELECT is_empty('SELECT * FROM shop.customer_value WHERE p_alive NOT BETWEEN 0 AND 1', 'centuries later values are finite');
SET LOCAL clv.as_of = '';
CREATE TABLE nothing (customer uuid, ordered_at timestamp, amount float8);
SELECT clv.create_portfolio('empty', 'nothing', 'customer', 'ordered_at', 'amount');
SELECT lives_ok($$ SELECT refresh('empty') $$, 'no orders, no error');
SELECT lives_ok(format('SELECT * FROM empty.%I', relname), 'view ' || relname || ' without orders')
	FROM pg_class WHERE relnamespace = 'empty'::regnamespace AND relkind = 'v';
SELECT is(one($$ SELECT clv.drop_portfolio('empty') $$), '', 'an empty portfolio can be dropped');

-- Key types
CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%');
CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TYPE tier AS ENUM ('gold', 'silver', 'bronze');
CREATE FUNCTION shop_of(key_type text, expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	EXECUTE format('CREATE TABLE key_orders (customer %s, day date, amount numeric)', key_type);
	EXECUTE format('INSERT INTO key_orders SELECT %s, date ''2024-01-01'' + n, n FROM generate_series(1, 60) n', expression);
	PERFORM clv.create_portfolio('keys', 'key_orders', 'customer', 'day', 'amount', as_of => '2024-06-30');
	CALL clv.refresh('keys');
	EXECUTE 'INSERT INTO key_orders SELECT customer, day + 1, amount FROM key_orders WHERE amount = 7';
	CALL clv.refresh('keys');
	EXECUTE 'SELECT concat_ws('' '', (SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = ''keys.customer_value''::regclass AND attname = ''customer''),
		(SELECT count(*) FROM keys.customer_value), (SELECT sum(revenue) FROM keys.abc_segment),
		(SELECT ROW(added, changed, removed) FROM keys.refresh_log ORDER BY refresh DESC LIMIT 1))' INTO answer;
	PERFORM clv.drop_portfolio('keys');
	DROP TABLE key_orders;
	RETURN answer;
END $$;
SELECT is(shop_of(t, e), format('%s %s 1837 (0,1,0)', d, c), 'customers are ' || t) FROM (VALUES
	('integer', 'n % 20', 'integer', 20), ('bigint', '10000000000 + n % 20', 'bigint', 20), ('smallint', 'n % 20', 'smallint', 20),
	('text', '''customer '' || n % 20', 'text', 20), ('varchar(30)', '''customer '' || n % 20', 'character varying(30)', 20),
	('char(8)', '''c'' || n % 20', 'character(8)', 20), ('uuid', 'md5((n % 20)::text)::uuid', 'uuid', 20),
	('numeric(12,2)', '(n % 20) / 4.0', 'numeric(12,2)', 20), ('date', 'date ''2000-01-01'' + n % 20', 'date', 20),
	('mail', '(n % 20) || ''@example.org''', 'mail', 20), ('tier', '(enum_range(NULL::tier))[1 + n % 3]', 'tier', 3),
	('text COLLATE folded', 'CASE WHEN n % 2 = 0 THEN ''Ann'' ELSE ''ANN'' END || n % 20 / 2', 'text', 10),
	('bytea', 'decode(lpad((n % 20)::text, 2, ''0''), ''hex'')', 'bytea', 20), ('inet', '(''10.0.0.'' || n % 20)::inet', 'inet', 20)) v (t, e, d, c);
SELECT throws_ok($$ SELECT shop_of('json', '''{}''::json') $$, '42804', 'column customer of orders_test.key_orders cannot be used as customer');
SELECT throws_ok($$ SELECT shop_of('point', 'point(n, n)') $$, '42804', 'column customer of orders_test.key_orders cannot be used as customer');

-- Names of every kind
CREATE FUNCTION named(portfolio text, relation text, customer text, day text, amount text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	EXECUTE format('CREATE TABLE %I (%I int, %I date, %I numeric)', relation, customer, day, amount);
	EXECUTE format('INSERT INTO %I SELECT n %% 9, date ''2024-01-01'' + n, n FROM generate_series(1, 45) n', relation);
	PERFORM clv.create_portfolio(portfolio, format('%I', relation)::regclass, customer, day, amount, as_of => '2024-06-30',
		filter => format('%I > 0', amount));
	CALL clv.refresh(portfolio);
	CALL clv.refresh(portfolio);
	EXECUTE format('SELECT sum(revenue) FROM %I.customer_value', portfolio) INTO answer;
	EXECUTE format('SELECT $1 || '' '' || count(*) FROM %1$I.kpi, %1$I.reliability, %1$I.data_quality', portfolio) INTO answer USING answer;
	PERFORM clv.alter_portfolio(portfolio, 'horizon', '6 months');
	PERFORM clv.activate(portfolio, 1);
	PERFORM clv.drop_portfolio(portfolio);
	EXECUTE format('DROP TABLE %I', relation);
	RETURN answer;
END $$;
SELECT is(named(n, n, 'a' || n, 'b' || n, 'c' || n), '1035 3520', 'name ' || n) FROM unnest(ARRAY[
	'My Shop', 'select', 'customer', 'a"b', 'a''b', 'a.b', 'a\b', 'a%sb', '%1$I', '%2$s', '{schema}', 'a--b', 'a/*b', '$$', '; drop table orders; --',
	'"; drop table orders; --', ''');--', E'line\nbreak', '顧客', 'tab	le', rpad('long', 62, 'g'), '1', ' ', 'pg', 'NULL', '--: x']) n;
SELECT is(named('customer_value', 'history', 'customer', 'orders', 'amount'), '1035 3520', 'names that clv uses itself');
SELECT is(named('order', 'setting', 'ordered_on', 'customer', 'order_id'), '1035 3520', 'columns named after others');
SELECT throws_ok($$ SELECT named('orders_test', 'x', 'a', 'b', 'c') $$, '42P06', 'schema orders_test already exists');
SELECT throws_ok($$ SELECT named(repeat('x', 64), 'x', 'a', 'b', 'c') $$, '42622', 'portfolio name is too long');
SELECT throws_ok($$ SELECT named(repeat('é', 32), 'x', 'a', 'b', 'c') $$, '42622', 'portfolio name is too long');
SELECT throws_ok($$ SELECT named('', 'x', 'a', 'b', 'c') $$, '42602', 'a portfolio needs a name');
SELECT throws_ok($$ SELECT named('pg_shop', 'x', 'a', 'b', 'c') $$, '42939', NULL, 'names that start with pg_ are the server''s');
SELECT throws_ok($$ SELECT clv.create_portfolio(NULL, 'orders', 'customer_id', 'ordered_on', 'amount') $$, '22004', 'a portfolio needs a name');
SELECT throws_ok($$ SELECT clv.create_portfolio('shop', 'orders', 'customer_id', 'ordered_on', 'amount') $$, '42710', 'portfolio shop already exists');

-- Filters are one expression
SELECT throws_ok(format('SELECT clv.create_portfolio(%L, %L, %L, %L, %L, filter => %L)', 'bad', 'orders', 'customer_id', 'ordered_on', 'amount', f), '42601', 'filter is not an expression', 'filter ' || f)
	FROM unnest(ARRAY['true); DROP TABLE orders; SELECT (true', 'true) UNION SELECT (1', 'amount > 0 ORDER BY 1', '', 'true; SELECT 1', 'true) FROM orders WHERE (true', 'a AS b']) f;
SELECT throws_ok($$ SELECT clv.create_portfolio('bad', 'orders', 'customer_id', 'ordered_on', 'amount', filter => 'colour = 1') $$, '42703', 'filter does not fit orders_test.orders');
SELECT throws_ok($$ SELECT clv.create_portfolio('bad', 'orders', 'customer_id', 'ordered_on', 'amount', filter => 'amount + 1') $$, '42804', NULL, 'a filter is boolean');
CREATE FUNCTION wanted(numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 20';
SELECT lives_ok($$ SELECT clv.create_portfolio('filtered', 'orders', 'customer_id', 'ordered_on', 'amount', as_of => '2024-06-30',
	filter => E'wanted(amount) -- of the author''s path\n AND orders.order_id <> ALL (ARRAY(SELECT 5))') $$, 'a filter is read as its author would');
SELECT refresh('filtered');
SELECT is(one('SELECT sum(revenue) FROM filtered.customer_value'), one('SELECT sum(amount) FROM orders WHERE amount > 20 AND order_id <> 5'), 'and holds');
SELECT is(one($$ SELECT rows FROM filtered.data_quality WHERE problem = 'not passed by the filter' $$), one('SELECT count(*) FROM orders WHERE NOT (amount > 20 AND order_id <> 5)'), 'what it left out is counted');
SELECT clv.alter_portfolio('filtered', 'filter', 'wanted(amount)');
SELECT refresh('filtered');
SELECT is(one('SELECT sum(revenue) FROM filtered.customer_value'), one('SELECT sum(amount) FROM orders WHERE amount > 20'), 'a filter can be changed');

-- Odd rows: skipped and counted, refunds by policy, costs, lines of orders
CREATE TABLE odd (id int, who text, at timestamptz, paid float8, cost numeric, currency text);
INSERT INTO odd VALUES
	(1, 'ann', '2024-01-31 23:30+00', 0.1, 0.05, 'EUR'), (1, 'ann', '2024-01-31 23:30+00', 0.2, 0.05, 'EUR'),
	(2, 'ann', '2024-02-10 12:00+00', 30, 10, 'EUR'), (3, 'ann', '2024-02-11 12:00+00', -30, -10, 'EUR'),
	(4, 'bob', '2024-03-01 12:00+00', 5, NULL, 'EUR'), (5, 'bob', '2024-03-02 12:00+00', 0, 0, 'EUR'),
	(6, NULL, '2024-03-01 12:00+00', 5, 1, 'EUR'), (7, 'bob', NULL, 5, 1, 'EUR'), (8, 'bob', '2024-03-01 12:00+00', NULL, 1, 'EUR'),
	(NULL, 'bob', '2024-03-01 12:00+00', 1000, 1, 'EUR'), (9, 'eve', '2024-03-01 12:00+00', -7, -1, 'EUR'), (10, 'bob', '2025-03-01 12:00+00', 3, 1, 'EUR');
SELECT throws_ok($$ SELECT clv.create_portfolio('odd', 'odd', 'who', 'at', 'paid') $$, '22023', 'column at of orders_test.odd needs a time zone');
SELECT throws_ok($$ SELECT clv.create_portfolio('odd', 'odd', 'who', 'at', 'paid', zone => 'Europe/Atlantis') $$, '22023', NULL, 'zones exist');
SELECT clv.create_portfolio('odd', 'odd', 'who', 'at', 'paid', zone => 'Europe/Paris', order_id => 'id', cost => 'cost', currency => 'currency', as_of => '2024-06-30');
SELECT refresh('odd');
SELECT results_eq('SELECT customer, history::text, costs::text FROM odd.history ORDER BY 1', $$ VALUES
	('ann', '{2024-02-01 0.3, 2024-02-10 30.0, 2024-02-11*0 -30.0}', '{2024-02-01 0.1, 2024-02-10 10.0, 2024-02-11*0 -10.0}'),
	('bob', '{2024-03-01 5, 2024-03-02 0}', '{2024-03-01 0, 2024-03-02 0}') $$,
	'lines make one order, the day is that of the zone, floats are decimals, refunds are no purchases, odd rows are skipped');
SELECT results_eq('SELECT customer, orders, revenue, historic_value FROM odd.customer_value ORDER BY 1', $$ VALUES
	('ann', 2::bigint, 0.3, 0.2), ('bob', 2::bigint, 5::numeric, 5::numeric) $$, 'refunds and costs in customer_value');
SELECT is((SELECT margin FROM odd.report_basis), (1 - 0.1 / 5.3)::float8, 'margin of all orders with a cost column');
SELECT results_eq('SELECT problem, rows FROM odd.data_quality WHERE rows > 0', $$ VALUES ('all rows', 12::bigint), ('customer missing', 1), ('date missing', 1),
	('amount missing', 1), ('order id missing', 1), ('cost missing', 1), ('date after the report date', 1), ('amount zero', 1), ('amount negative', 2),
	('refund of a customer without an order', 1) $$, 'every odd row is counted');
SELECT is(one($$ SELECT example FROM odd.data_quality WHERE rows = 1 AND problem ~ 'without an order' $$), 'customer eve, 2024-03-01T12:00:00+00:00, -7', 'whose refund it is');
SELECT is((SELECT sum(amount) FROM odd.accepted_order WHERE ordered_on <= '2024-06-30') + 7, (SELECT sum(revenue) FROM odd.customer_value), 'which is what the revenue of customers lacks');
SELECT is(one($$ SELECT example FROM odd.data_quality WHERE problem = 'customer missing' $$), 'customer NULL, 2024-03-01T12:00:00+00:00, 5', 'and shown');
SELECT clv.alter_portfolio('odd', 'refunds', 'drop');
SELECT refresh('odd');
SELECT is(one($$ SELECT revenue FROM odd.customer_value WHERE customer = 'ann' $$), '30.3', 'refunds dropped');
SELECT clv.alter_portfolio('odd', 'refunds', 'error');
SELECT throws_ok($$ SELECT refresh('odd') $$, '22023', '2 orders of orders_test.odd have a negative amount');
SELECT clv.alter_portfolio('odd', 'refunds', 'net');
UPDATE odd SET currency = NULL WHERE id = 5;
SELECT is(one($$ SELECT rows || ' ' || example FROM odd.data_quality WHERE problem = 'currency missing' $$), '1 customer bob, 2024-03-02T12:00:00+00:00, 0', 'a missing currency is told');
UPDATE odd SET currency = 'USD' WHERE id = 4;
SELECT throws_ok($$ SELECT refresh('odd') $$, '22023', 'orders of orders_test.odd are in several currencies');
UPDATE odd SET currency = 'EUR', paid = 'NaN' WHERE id = 4;
SELECT throws_ok($$ SELECT refresh('odd') $$, '22023', 'amount must be finite');
UPDATE odd SET paid = 1, at = 'infinity' WHERE id = 4;
SELECT throws_ok($$ SELECT refresh('odd') $$, '22008', 'date out of range');
SELECT clv.drop_portfolio('odd');

-- Other sources
CREATE VIEW order_view AS SELECT * FROM orders;
CREATE MATERIALIZED VIEW order_copy AS SELECT * FROM orders;
CREATE TABLE order_parts (LIKE orders) PARTITION BY RANGE (ordered_on);
CREATE TABLE order_part_1 PARTITION OF order_parts FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE order_part_2 PARTITION OF order_parts FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
INSERT INTO order_parts SELECT * FROM orders;
CREATE FUNCTION read_from(relation regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	PERFORM clv.create_portfolio('other', relation, 'customer_id', 'ordered_on', 'amount', as_of => '2024-06-30');
	CALL clv.refresh('other');
	EXECUTE 'SELECT sum(revenue) FROM other.customer_value' INTO answer;
	PERFORM clv.drop_portfolio('other');
	RETURN answer;
END $$;
SELECT is(read_from(r), (SELECT sum(amount)::text FROM orders), 'orders in ' || r) FROM unnest('{order_view,order_copy,order_parts}'::text[]) r;
CREATE TEMP TABLE passing AS SELECT * FROM orders;
CREATE SEQUENCE counter;
SELECT throws_ok($$ SELECT read_from('passing') $$, '0A000', 'pg_temp.passing is temporary') WHERE false;
SELECT throws_ok($$ SELECT read_from('counter') $$, '42809', 'counter is not a table or view') WHERE false;
SELECT throws_ok($$ SELECT read_from(NULL) $$, '22004', 'a portfolio needs a source');
SELECT throws_ok($$ SELECT clv.create_portfolio('other', 'orders', 'client', 'ordered_on', 'amount') $$, '42703', 'column client of orders_test.orders does not exist');
SELECT throws_ok($$ SELECT clv.create_portfolio('other', 'orders', 'customer_id', 'amount', 'amount') $$, '42804', 'column amount of orders_test.orders cannot be used as ordered_at');
SELECT throws_ok($$ SELECT clv.create_portfolio('other', 'orders', 'customer_id', 'ordered_on', 'ordered_on') $$, '42804', 'column ordered_on of orders_test.orders cannot be used as amount');
SELECT throws_ok(format('SELECT clv.create_portfolio(%L, %L, %L, %L, %L, %s)', 'other', 'orders', 'customer_id', 'ordered_on', 'amount', o), '22023', m, o) FROM (VALUES
	('refunds => ''keep''', 'unknown refund policy'), ('margin => 0', 'margin out of range'), ('margin => ''NaN''', 'margin out of range'),
	('discount_rate => -0.1', 'discount rate out of range'), ('discount_rate => ''NaN''', 'discount rate out of range'), ('horizon => ''0''', 'horizon out of range'),
	('horizon => ''-1 year''', 'horizon out of range'), ('horizon => ''5 hours''', 'horizon out of range'), ('family => ''xyz''', 'unknown family of order models'), ('periods => ''{}''', 'a portfolio needs at least one period'),
	('periods => ''{decade}''', 'unknown period'), ('week_start => ''noday''', 'unknown weekday'), ('as_of => ''infinity''', 'report date must be finite'),
	('refit => ''-1 day''', 'refit out of range')) v (o, m);
SELECT throws_ok($$ CALL clv.refresh('nowhere') $$, '42704', 'portfolio nowhere does not exist');
SELECT throws_ok($$ SELECT clv.drop_portfolio('orders_test') $$, '42704', 'portfolio orders_test does not exist');

-- Dropping takes what clv made, and nothing else
CREATE VIEW mine AS SELECT * FROM shop.customer_value;
SELECT throws_ok($$ SELECT clv.drop_portfolio('shop') $$, '2BP01', NULL, 'a view on a report is in the way');
DROP VIEW mine;
CREATE TABLE shop.note (note text);
SELECT throws_ok($$ SELECT clv.drop_portfolio('shop') $$, '2BP01', NULL, 'a table in the schema is in the way');
SELECT throws_ok('DROP TABLE orders', '2BP01', NULL, 'orders that are reported on do not go unnoticed');
SELECT is(one($$ SELECT count(*) FROM clv.portfolios WHERE portfolio IN ('shop', 'filtered') AND source = 'orders'::regclass $$), '2', 'clv.portfolios lists them');

-- Roles: rights of the caller, row-level security
CREATE ROLE clv_test_reader;
CREATE ROLE clv_test_manager;
CREATE ROLE clv_test_stranger;
GRANT USAGE ON SCHEMA orders_test, shop TO clv_test_reader, clv_test_manager;
GRANT SELECT ON orders TO clv_test_reader, clv_test_manager;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO clv_test_reader, clv_test_manager;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA orders_test TO PUBLIC;
CREATE TEMP TABLE everything AS SELECT customer, revenue, p_alive FROM shop.customer_value;
GRANT SELECT ON everything TO PUBLIC;
SET LOCAL ROLE clv_test_stranger;
SELECT throws_ok('SELECT * FROM shop.customer_value', '42501', NULL, 'a stranger sees nothing');
SELECT is((SELECT source FROM clv.portfolios WHERE portfolio = 'shop'), NULL, 'not even the description');
SELECT throws_ok($$ SELECT clv.create_portfolio('strange', 'orders_test.orders', 'customer_id', 'ordered_on', 'amount') $$, '42501', NULL, 'and creates nothing');
SET LOCAL ROLE clv_test_reader;
SELECT results_eq('SELECT customer, revenue, p_alive FROM shop.customer_value ORDER BY 1', 'SELECT * FROM everything ORDER BY 1', 'a reader sees everything');
SELECT throws_ok($$ CALL clv.refresh('shop') $$, '42501', NULL, 'but changes nothing');
RESET ROLE;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON orders TO clv_test_manager USING (customer_id % 2 = 0);
CREATE POLICY all_of_them ON orders TO clv_test_reader USING (true);

-- Plans that are kept are for one role: what the planner knows of the owner does not hold for the manager.
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE customers_seen AS SELECT count(*)::int FROM shop.customer_value;
PREPARE sees AS SELECT clv.sees_every_row('orders_test.orders');
CREATE FUNCTION sees_every_order() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN clv.sees_every_row('orders_test.orders'); END $$;
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || query; END $$;
GRANT EXECUTE ON FUNCTION sees_every_order, plan_of TO clv_test_manager;
SELECT results_eq('customers_seen', 'SELECT count(*)::int FROM everything', 'a plan of the owner');
SELECT results_eq('sees', 'SELECT true', 'who sees every order');
SELECT ok(sees_every_order(), 'in a function too');
SELECT is_empty($$ SELECT * FROM plan_of('SELECT abc, segment, total_value FROM shop.customer_value WHERE customer = 1') p (line) WHERE line LIKE '%orders%' $$,
	'whose plan does not read orders');
SET LOCAL ROLE clv_test_manager;
SELECT results_eq('customers_seen', 'SELECT count(*)::int FROM everything WHERE customer % 2 = 0', 'is made anew for the manager');
SELECT results_eq('sees', 'SELECT false', 'who does not');
SELECT ok(NOT sees_every_order(), 'nor in a function');
SELECT isnt_empty($$ SELECT * FROM plan_of('SELECT abc, segment, total_value FROM shop.customer_value WHERE customer = 1') p (line) WHERE line LIKE '%orders%' $$,
	'and whose plan does');
SELECT is(one('SELECT count(*) FROM shop.stored_cutoff'), '0', 'the stored cutoffs are hidden');
SELECT isnt(one('SELECT a_revenue FROM shop.cutoff'), NULL, 'there are cutoffs of the own customers');
SELECT is(one('SELECT clv.customers(revenue) FROM shop.distribution'), one('SELECT count(*) FROM shop.history WHERE clv.last_order(history) IS NOT NULL'), 'and their distribution');
RESET ROLE;
ALTER TABLE orders DISABLE ROW LEVEL SECURITY;
SET LOCAL ROLE clv_test_manager;
SELECT results_eq('sees', 'SELECT true', 'until row-level security is switched off');
RESET ROLE;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
SET LOCAL ROLE clv_test_manager;
SELECT results_eq('sees', 'SELECT false', 'and on again');
SELECT results_eq('SELECT customer, revenue, p_alive FROM shop.customer_value ORDER BY 1', 'SELECT * FROM everything WHERE customer % 2 = 0 ORDER BY 1',
	'a manager sees the own customers, judged by the model of all');
SELECT is(one('SELECT count(*) FROM shop.stored_history'), '0', 'not the stored rows');
SELECT is(one('SELECT count(*) FROM shop.stored_period'), '0', 'nor the stored cohorts');
SELECT is(one('SELECT sum(active) FROM shop.cohort_retention WHERE period_number = 0'), one('SELECT count(*) FROM everything WHERE customer % 2 = 0'), 'cohorts of the own customers');
SELECT is(one($$ SELECT value FROM shop.kpi WHERE indicator = 'customers' $$), one('SELECT count(*) FROM everything WHERE customer % 2 = 0'), 'indicators of the own customers');
SELECT is(one('SELECT sum(customers) FROM shop.abc_summary'), one('SELECT count(*) FROM everything WHERE customer % 2 = 0'), 'classes of the own customers');
SELECT is(one($$ SELECT rows FROM shop.data_quality WHERE problem = 'all rows' $$), one('SELECT count(*) FROM orders'), 'quality of the own rows');
SELECT is(one('SELECT count(*) FROM shop.refresh_log'), '0', 'no totals in the log');
RESET ROLE;
GRANT ALL ON ALL TABLES IN SCHEMA shop TO clv_test_manager;
SET LOCAL ROLE clv_test_manager;
SELECT throws_ok($$ CALL clv.refresh('shop') $$, '42501', 'row-level security hides orders of orders_test.orders from role clv_test_manager');
RESET ROLE;
ALTER TABLE orders DISABLE ROW LEVEL SECURITY;

-- Through a view: the same, whether it reads with the rights of the caller or of its owner
CREATE TABLE secret AS SELECT * FROM orders;
CREATE VIEW calling WITH (security_invoker = true) AS SELECT * FROM secret;
CREATE VIEW owning AS SELECT * FROM secret;
SELECT clv.create_portfolio('calling', 'calling', 'customer_id', 'ordered_on', 'amount', as_of => '2024-06-30');
SELECT refresh('calling');
GRANT SELECT ON secret, calling, owning TO clv_test_manager;
GRANT USAGE ON SCHEMA calling TO clv_test_manager;
GRANT SELECT ON ALL TABLES IN SCHEMA calling TO clv_test_manager;
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secret TO clv_test_manager USING (customer_id % 2 = 0);
SELECT ok(clv.sees_every_row('calling') AND clv.sees_every_row('owning') AND clv.sees_every_row('secret'), 'the owner sees every row');
SET LOCAL ROLE clv_test_manager;
SELECT ok(NOT clv.sees_every_row('calling') AND clv.sees_every_row('owning') AND NOT clv.sees_every_row('secret'), 'the manager does not, but through the owner''s view');
SELECT is(one('SELECT sum(revenue) FROM calling.customer_value'), one('SELECT trim_scale(sum(amount)) || $$.0$$ FROM secret'), 'a view over protected orders is no way around');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
