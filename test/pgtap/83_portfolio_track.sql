-- Tracking: after any change an incremental refresh stores what a full one would.
BEGIN;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT * FROM no_plan();

CREATE SCHEMA track_test;
SET search_path = track_test, public;
CREATE FUNCTION refresh(portfolio text, mode text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	CALL clv.refresh(portfolio, mode);
	EXECUTE format('SELECT concat_ws('' '', mode, added, changed, removed) FROM %I.refresh_log ORDER BY refresh DESC LIMIT 1', portfolio) INTO answer;
	RETURN answer;
END $$;
-- What is stored is what the orders say.
CREATE FUNCTION exact(portfolio text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TEMP TABLE stored AS SELECT s::text AS line FROM %I.stored_history s', portfolio);
	EXECUTE format('CREATE TEMP TABLE fresh AS SELECT f::text AS line FROM (%s) f', clv.portfolio_fresh_sql(portfolio));
	RETURN NEXT set_eq('TABLE stored', 'TABLE fresh', 'stored histories of ' || portfolio || ' are exact');
	DROP TABLE stored;
	DROP TABLE fresh;
	EXECUTE format('CREATE TEMP TABLE stored AS SELECT s.period, s.as_of, s.cohorts::text, s.movements::text FROM %I.stored_period s', portfolio);
	CREATE TEMP TABLE fresh AS SELECT c.period, clv.portfolio_report_date(portfolio) AS as_of, c.cohorts::text, c.movements::text
		FROM clv.portfolio_count(portfolio, clv.portfolio_report_date(portfolio), (clv.setting(portfolio)).periods) c;
	RETURN NEXT set_eq('TABLE stored', 'TABLE fresh', 'counts of ' || portfolio || ' are exact');
	DROP TABLE stored;
	DROP TABLE fresh;
	EXECUTE format('CREATE TEMP TABLE stored AS SELECT s.as_of, to_jsonb(s) - ''{as_of,latest}''::text[] AS line FROM %I.stored_cutoff s', portfolio);
	CREATE TEMP TABLE fresh AS SELECT clv.portfolio_report_date(portfolio) AS as_of, to_jsonb(clv.cutoffs(d)) || jsonb_build_object(
			'last_order_distribution', d.last_order, 'purchase_days_distribution', d.purchase_days, 'revenue_distribution', d.revenue) AS line
		FROM clv.portfolio_distribution(format('%I.stored_history', portfolio), clv.portfolio_report_date(portfolio)) d;
	RETURN NEXT set_eq('TABLE stored', 'TABLE fresh', 'cutoffs of ' || portfolio || ' are exact');
	DROP TABLE stored;
	DROP TABLE fresh;
END $$;

CREATE TABLE orders (id int, customer text, at timestamptz, amount numeric, cost numeric, status text, currency text);
INSERT INTO orders SELECT n, 'customer ' || n * n % 50, timestamptz '2024-01-01 12:00+00' + n * interval '7 hours', n % 9 - 1, 1, CASE n % 7 WHEN 0 THEN 'void' ELSE 'paid' END, 'EUR'
	FROM generate_series(1, 500) n;
CREATE INDEX ON orders (customer);
SELECT clv.create_portfolio('lines', 'orders', 'customer', 'at', 'amount', zone => 'Europe/Paris', filter => 'status = ''paid''',
	order_id => 'id', cost => 'cost', currency => 'currency', refunds => 'net', as_of => '2024-12-31', track => true);
SELECT clv.create_portfolio('plain', 'orders', 'customer', 'at', 'amount', zone => 'UTC', as_of => '2024-12-31', track => true);
SELECT is(refresh('lines'), 'full 22 0 0', 'the first refresh reads everything');
SELECT is(refresh('plain'), 'full 22 0 0', 'two portfolios may track one table');
SELECT is(refresh('lines'), 'incremental 0 0 0', 'without changes there is nothing to read');
SELECT exact('lines');

INSERT INTO orders VALUES (1001, 'new', '2024-05-05', 10, 2, 'paid', 'EUR'), (1002, 'customer 1', '2023-05-05', 3, 1, 'paid', 'EUR');
SELECT is(refresh('lines'), 'incremental 1 1 0', 'inserted, also late ones');
SELECT exact('lines');
UPDATE orders SET customer = 'customer 4' WHERE customer = 'customer 1';
SELECT is(refresh('lines'), 'incremental 0 1 1', 'orders that get another customer change two');
SELECT exact('lines');
UPDATE orders SET status = 'void' WHERE customer = 'new';
SELECT is(refresh('lines'), 'incremental 0 0 1', 'orders that leave the filter');
DELETE FROM orders WHERE id = 3;
UPDATE orders SET at = at + interval '1 day' WHERE id = 5;
INSERT INTO orders VALUES (6, 'customer 36', '2024-01-02', -2, -1, 'paid', 'EUR');
SELECT is(refresh('lines'), 'incremental 0 3 0', 'deletes, corrections, another line of an order');
SELECT exact('lines');
SELECT is(refresh('plain'), 'incremental 1 4 1', 'the other portfolio catches up in one');
SELECT exact('plain');
UPDATE orders SET amount = amount;
SELECT is(refresh('lines'), 'incremental 0 0 0', 'an update that changes nothing writes nothing');
INSERT INTO orders SELECT * FROM orders WHERE false;
INSERT INTO orders VALUES (2000, NULL, '2024-01-01', 1, 1, 'paid', 'EUR');
SELECT is((SELECT count(*) FROM lines.change), 0::bigint, 'statements without rows, and rows without customer, leave no note');
SELECT throws_ok($$ INSERT INTO orders VALUES (3000, 'x', '2024-01-01', 1, 1, 'paid', 'USD'); SELECT refresh('lines') $$, '22023', 'orders of track_test.orders are in several currencies');

-- Cohorts, classes and all follow
INSERT INTO orders VALUES (3001, 'customer 9', '2024-07-01', 1000, 1, 'paid', 'EUR');
SELECT refresh('plain');
SELECT is((SELECT sum(revenue) FROM plain.cohort_value WHERE period = 'week'), (SELECT sum(amount) FROM orders WHERE customer IS NOT NULL), 'cohorts follow');
SELECT is((SELECT customer FROM plain.abc_segment WHERE rank = 1), 'customer 9', 'classes follow');
SELECT is((SELECT d::text FROM plain.distribution d), (SELECT clv.rfm_state(history)::text FROM plain.history), 'the distribution follows');
SELECT set_eq('SELECT class, customers, revenue, average_revenue, lowest_revenue FROM plain.abc_summary WHERE customers > 0', $$
	SELECT class, count(*), sum(revenue), avg(revenue), min(revenue) FROM plain.abc_segment GROUP BY class $$, 'and the summary of the classes');
SELECT is(sum(customer_share), 1::float8, 'whose shares') FROM plain.abc_summary;
SELECT is(sum(revenue_share), 1::float8, 'are those of all') FROM plain.abc_summary;
SELECT set_config('clv.as_of', '2024-03-01', true);
SELECT is((SELECT d::text FROM plain.distribution d), (SELECT clv.rfm_state(history)::text FROM plain.history), 'and is found for a day in the past');
SELECT set_config('clv.as_of', '', true);

-- From nobody to somebody, and back
CREATE TABLE first_orders (customer int, at date, amount numeric(8,2));
CREATE INDEX ON first_orders (customer);
SELECT clv.create_portfolio('young', 'first_orders', 'customer', 'at', 'amount', as_of => '2024-12-31', track => true);
SELECT is(refresh('young'), 'full 0 0 0', 'nobody ordered yet');
SELECT is(refresh('young'), 'incremental 0 0 0', 'nor since');
INSERT INTO first_orders VALUES (1, '2024-05-01', 10), (2, '2024-06-01', 20.50), (1, '2024-07-01', 30);
SELECT is(refresh('young'), 'incremental 2 0 0', 'the first customers');
SELECT exact('young');
SELECT is((SELECT count(*) FROM young.stored_cutoff WHERE a_revenue IS NOT NULL), 1::bigint, 'whose cutoffs are stored');
DELETE FROM first_orders;
SELECT is(refresh('young'), 'incremental 0 0 2', 'all gone');
SELECT is((SELECT count(*) FROM young.abc_summary WHERE customers > 0), 0::bigint, 'no class has a customer');
INSERT INTO first_orders VALUES (3, '2024-05-01', 10);
SELECT is(refresh('young'), 'incremental 1 0 0', 'and another one');
SELECT exact('young');

-- What triggers do not see
SELECT refresh('lines', 'full');
ALTER TABLE orders DISABLE TRIGGER USER;
INSERT INTO orders VALUES (4000, 'unseen', '2024-05-05', 10, 2, 'paid', 'EUR');
ALTER TABLE orders ENABLE TRIGGER USER;
SELECT is(refresh('lines'), 'full 1 0 0', 'where triggers were disabled the orders are read in full');
SELECT is(refresh('lines'), 'incremental 0 0 0', 'and only once');
SELECT exact('lines');
TRUNCATE orders;
INSERT INTO orders VALUES (1, 'first', '2024-05-05', 10, 2, 'paid', 'EUR');
SELECT alike(refresh('lines'), 'full 1 0 %', 'TRUNCATE');
SELECT exact('lines');

-- From day to day: counts are carried on, over the end of a month and with orders that lie ahead
SELECT clv.alter_portfolio('lines', 'as_of', '2024-05-20');
SELECT refresh('lines');
INSERT INTO orders VALUES (7, 'seventh', '2024-05-21', 10.5, 2, 'paid', 'EUR'),
	(8, (SELECT min(customer) FROM lines.stored_history), '2024-05-20', 1.25, 1, 'paid', 'EUR');
SET LOCAL clv.as_of = '2024-05-21';
SELECT is(refresh('lines'), 'incremental 1 1 0', 'the next day');
SELECT exact('lines');
DELETE FROM orders WHERE id IN (7, 8);
SET LOCAL clv.as_of = '2024-05-22';
SELECT is(refresh('lines'), 'incremental 0 1 1', 'what was taken back the day after');
SELECT exact('lines');
INSERT INTO orders VALUES (9, 'ninth', '2024-06-03', 10, 2, 'paid', 'EUR');
SET LOCAL clv.as_of = '2024-06-01';
SELECT is(refresh('lines'), 'incremental 1 0 0', 'another month, an order ahead');
SELECT exact('lines');
SET LOCAL clv.as_of = '2024-06-04';
SELECT is(refresh('lines'), 'incremental 0 0 0', 'which comes true');
SELECT exact('lines');
SET LOCAL clv.as_of = '2024-06-02';
SELECT is(refresh('lines'), 'incremental 0 0 0', 'and back');
SELECT exact('lines');
SET LOCAL clv.as_of = '';
SELECT clv.alter_portfolio('lines', 'as_of', '2024-12-31');
SELECT refresh('lines');

-- Who writes orders needs no right on the portfolio, and what is wrong with it is not the writer's trouble
CREATE ROLE clv_test_writer;
GRANT USAGE ON SCHEMA track_test TO clv_test_writer;
GRANT INSERT, SELECT ON orders TO clv_test_writer;
SET LOCAL ROLE clv_test_writer;
SELECT lives_ok($$ INSERT INTO orders VALUES (2, 'second', '2024-05-05', 10, 2, 'paid', 'EUR') $$, 'a writer without any right on the portfolio');
SELECT throws_ok('SELECT * FROM lines.change', '42501', NULL, 'cannot read what others wrote');
RESET ROLE;
ALTER TABLE orders RENAME COLUMN customer TO client;
SELECT lives_ok($$ INSERT INTO orders VALUES (3, 'third', '2024-05-05', 10, 2, 'paid', 'EUR') $$, 'a renamed column does not stop orders');
SELECT is(refresh('lines'), 'full 2 0 0', 'the next refresh reads them all');
SELECT lives_ok($$ SELECT clv.alter_portfolio('lines', 'customer', 'client') $$, 'the portfolio can be told the new name');
SELECT refresh('lines');
INSERT INTO orders VALUES (4, 'fourth', '2024-05-05', 10, 2, 'paid', 'EUR');
SELECT is(refresh('lines'), 'incremental 1 0 0', 'and is incremental again');
ALTER TABLE orders RENAME COLUMN client TO customer;
ALTER SCHEMA plain RENAME TO plainer;
SET LOCAL client_min_messages = error;
SELECT lives_ok($$ INSERT INTO orders VALUES (5, 'fifth', '2024-05-05', 10, 2, 'paid', 'EUR') $$, 'nor does a renamed portfolio');
ALTER SCHEMA plainer RENAME TO plain;

-- Turned off and on
SELECT clv.alter_portfolio('lines', 'customer', 'customer');
SELECT clv.alter_portfolio('lines', 'track', 'false');
SELECT is((SELECT count(*) FROM pg_trigger WHERE tgrelid = 'orders'::regclass), 5::bigint, 'without tracking the triggers are gone, those of the other portfolio not');
SELECT throws_ok($$ SELECT refresh('lines', 'incremental') $$, '55000', 'changes of portfolio lines are not tracked');
SELECT throws_ok($$ SELECT refresh('lines', 'partial') $$, '22023', 'unknown mode');
INSERT INTO orders VALUES (6, 'sixth', '2024-05-05', 10, 2, 'paid', 'EUR');
SELECT clv.alter_portfolio('lines', 'track', 'true');
SELECT alike(refresh('lines'), 'full 2 %', 'after a pause everything is read again');
SELECT clv.alter_portfolio('lines', 'refunds', 'drop');
SELECT alike(refresh('lines'), 'full %', 'a changed option needs all orders');
SELECT clv.drop_portfolio('lines');
-- Tables of a portfolio that are published can be changed.
SELECT refresh('plain');
CREATE PUBLICATION of_portfolio FOR TABLE plain.stored_history, plain.change;
INSERT INTO orders SELECT 600, customer, at, 3, 1, 'paid', 'EUR' FROM orders WHERE customer IS NOT NULL AND at IS NOT NULL LIMIT 1;
SELECT alike(refresh('plain'), 'incremental %', 'a published portfolio is refreshed');
SELECT exact('plain');
DROP PUBLICATION of_portfolio;
SELECT clv.drop_portfolio('plain');
SELECT is((SELECT count(*) FROM pg_trigger WHERE tgrelid = 'orders'::regclass), 0::bigint, 'dropped portfolios leave no trigger');

-- Partitions: written through the parent or by name, attached, detached
CREATE TABLE parts (customer int, day date, amount int) PARTITION BY RANGE (day);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
INSERT INTO parts SELECT n % 10, date '2024-01-01' + n % 60, n FROM generate_series(1, 200) n;
SELECT clv.create_portfolio('parted', 'parts', 'customer', 'day', 'amount', as_of => '2024-12-31', track => true);
SELECT refresh('parted');
INSERT INTO parts VALUES (77, '2024-01-15', 1);
INSERT INTO part_2 VALUES (88, '2024-02-15', 1);
UPDATE parts SET day = '2024-02-02' WHERE customer = 77;
SELECT is(refresh('parted'), 'incremental 2 0 0', 'partitions written through the parent and by name');
CREATE TABLE part_3 (amount int, day date, customer int);
INSERT INTO part_3 VALUES (1, '2024-03-05', 99);
ALTER TABLE parts ATTACH PARTITION part_3 FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
SELECT is(refresh('parted'), 'full 1 0 0', 'an attached partition is read');
INSERT INTO part_3 VALUES (1, '2024-03-06', 100);
SELECT is(refresh('parted'), 'incremental 1 0 0', 'and tracked, whatever the order of its columns');
ALTER TABLE parts DETACH PARTITION part_2;
SELECT alike(refresh('parted'), 'full 0 % 2', 'a detached partition is gone');
TRUNCATE part_1;
SELECT alike(refresh('parted'), 'full 0 0 10', 'a truncated partition too');
SELECT exact('parted');

-- Inheritance: rows written into a child by its name
CREATE TABLE parent (customer int, day date, amount int, currency char(3) COLLATE "C");
CREATE TABLE child () INHERITS (parent);
CREATE TABLE grandchild () INHERITS (child);
INSERT INTO parent SELECT n % 10, date '2024-01-01' + n % 60, n, 'EUR' FROM generate_series(1, 50) n;
INSERT INTO grandchild SELECT n % 20, date '2024-01-01' + n % 60, n, 'USD' FROM generate_series(1, 50) n;
SELECT clv.create_portfolio('inherited', 'parent', 'customer', 'day', 'amount', as_of => '2024-12-31', track => true);
SELECT is(refresh('inherited'), 'full 20 0 0', 'children are read');
INSERT INTO child VALUES (1, '2024-01-15', 1, 'EUR');
INSERT INTO grandchild VALUES (77, '2024-01-15', 1, 'EUR');
UPDATE parent SET amount = amount + 1 WHERE customer = 15;
SELECT is(refresh('inherited'), 'incremental 1 2 0', 'children written by name and through the parent');
CREATE TABLE late () INHERITS (parent);
INSERT INTO late VALUES (78, '2024-01-15', 1, 'EUR');
SELECT is(refresh('inherited'), 'full 1 0 0', 'a new child is read');
INSERT INTO late VALUES (79, '2024-01-15', 1, 'EUR');
SELECT is(refresh('inherited'), 'incremental 1 0 0', 'and tracked');
SELECT exact('inherited');

-- A currency column that is given later: whoever did not change is looked at, too
SELECT clv.alter_portfolio('inherited', 'currency', 'currency');
SELECT throws_ok($$ CALL clv.refresh('inherited') $$, '22023', 'orders of track_test.parent are in several currencies');
DELETE FROM parent WHERE currency = 'USD';
SELECT alike(refresh('inherited', 'full'), 'full %', 'one currency');
UPDATE parent SET currency = 'USD';
SELECT alike(refresh('inherited'), 'incremental %', 'another one for all orders');
SELECT is((SELECT currency FROM inherited.refresh_log ORDER BY refresh DESC LIMIT 1), 'USD', 'is the one');
UPDATE parent SET currency = 'EUR' WHERE customer = 1;
SELECT throws_ok($$ CALL clv.refresh('inherited') $$, '22023', 'orders of track_test.parent are in several currencies', 'but not for one customer');

-- Only tables can be tracked
CREATE VIEW looking AS SELECT * FROM parts;
SELECT throws_ok($$ SELECT clv.create_portfolio('looking', 'looking', 'customer', 'day', 'amount', track => true) $$, '0A000', 'changes of track_test.looking cannot be tracked');

SELECT * FROM finish();
ROLLBACK;
