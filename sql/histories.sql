-- clv.histories: the histories of a whole order table
SET search_path = clv, public;
SET TimeZone = 'UTC';

CREATE SCHEMA histories_test;
CREATE TABLE histories_test."Orders" (
	"Customer Id" int,
	ordered_on date,
	ordered_at timestamptz,
	amount numeric(12,2),
	code text COLLATE "C",
	key uuid
);
INSERT INTO histories_test."Orders"
SELECT c, d, d + time '23:30' AT TIME ZONE 'UTC', a, 'C' || c, md5(c::text)::uuid
FROM (SELECT i % 50 AS c, date '2024-01-01' + i * 7919 % 700 AS d, (i * 104729 % 10000) / 100.0 AS a
	  FROM generate_series(1, 2000) i) orders;
INSERT INTO histories_test."Orders" VALUES
	(NULL, '2024-01-01', NULL, 1, NULL, NULL),
	(7, NULL, NULL, 1, 'C7', NULL),
	(7, '2024-01-01', '2024-01-01', NULL, 'C7', NULL);

-- The same as the aggregate, whatever the type of the customer
CREATE TEMP TABLE expected AS
SELECT "Customer Id" AS customer, order_history(ordered_on, amount) AS history
FROM histories_test."Orders" WHERE "Customer Id" IS NOT NULL GROUP BY 1;

CREATE FUNCTION pg_temp.compare(query text) RETURNS TABLE (customers bigint, equal bigint)
LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE
		'SELECT count(*), count(*) FILTER (WHERE h.history = e.history)
		 FROM (' || query || ') h(customer, history) FULL JOIN expected e USING (customer)';
END $$;

SELECT * FROM pg_temp.compare($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'amount', NULL::int)$$);
SELECT * FROM pg_temp.compare($$SELECT customer::int, history FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'amount', NULL::bigint)$$);
SELECT * FROM pg_temp.compare($$SELECT customer::int, history FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'amount', NULL::numeric)$$);
SELECT * FROM pg_temp.compare($$SELECT customer::int, history FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'amount', NULL::float8)$$);
SELECT * FROM pg_temp.compare($$SELECT substr(customer, 2)::int, history FROM clv.histories('SELECT code, ordered_on, amount FROM histories_test."Orders"', NULL::text)$$);
SELECT * FROM pg_temp.compare($$SELECT "Customer Id", h.history FROM clv.histories('SELECT key, ordered_on, amount FROM histories_test."Orders"', NULL::uuid) h JOIN (SELECT DISTINCT "Customer Id", key FROM histories_test."Orders" WHERE key IS NOT NULL) k ON k.key = h.customer$$);

-- Times are days on the clocks of a zone
SELECT * FROM pg_temp.compare($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_at', 'amount', NULL::int, zone => 'UTC')$$);
SELECT count(*) AS customers, count(*) FILTER (WHERE first_order(p.history) = first_order(u.history) + 1) AS a_day_later
FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_at', 'amount', NULL::int, zone => 'UTC') u
	JOIN clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_at', 'amount', NULL::int, zone => 'Europe/Paris') p USING (customer);

-- Any memory, any order of rows
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT * FROM pg_temp.compare($$SELECT * FROM clv.histories('SELECT "Customer Id", ordered_on, amount FROM histories_test."Orders" ORDER BY amount, code', NULL::int)$$);
SELECT count(*), sum(orders(history)), sum(revenue(history))
FROM clv.histories($$SELECT 'customer ' || i % 20000, date '2020-01-01' + i / 100, (i % 100)::numeric FROM generate_series(1, 100000) i$$, NULL::text);
SELECT count(*), sum(orders(history)), sum(revenue(history)), sum(purchase_days(history))
FROM clv.histories($$SELECT i % 3, date '2020-01-01' + i / 100, 0.01 FROM generate_series(1, 100000) i$$, NULL::int);
RESET work_mem;
RESET hash_mem_multiplier;

-- Without amounts; with numbers of orders; amounts of every size
SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', NULL, NULL::int) WHERE customer = 13 AND orders(history) = 40 AND revenue(history) = 0;
SELECT * FROM clv.histories($$VALUES (1, date '2024-01-01', 10.00, 1), (1, '2024-01-03', -4, 0), (2, '2024-01-01', 5, 3), (2, '2024-01-01', -5, -3)$$, NULL::int);
SELECT * FROM clv.histories($$VALUES (1, date '2024-01-01', 1e25), (1, '2024-01-01', 1e-10), (2, '2024-01-01', -0.5), (2, '2024-01-02', 123456789012345678.25)$$, NULL::int);
SELECT * FROM clv.histories($$VALUES (1, date '2024-01-01', 0.1::float8), (1, '2024-01-01', 0.2), (2, '2024-01-01', 1e300 * 0)$$, NULL::int);
SELECT * FROM clv.histories($$SELECT 1, date '2024-01-01', 3::smallint UNION ALL SELECT 1, '2024-01-02', 4$$, NULL::int);
CREATE TEMP TABLE odd_types (customer varchar(10), ordered_on timestamp, amount real);
INSERT INTO odd_types VALUES ('Zoë', '2024-01-01 23:59:59', 0.1), ('Zoë', '2024-01-02 00:00', 0.7);
SELECT * FROM clv.histories('odd_types', 'customer', 'ordered_on', 'amount', NULL::varchar);

-- Refunds are no orders, unless they count
SELECT * FROM clv.histories($$VALUES (1, date '2024-01-01', 10.00), (1, '2024-01-03', -4), (2, '2024-01-01', 0)$$, NULL::int, NULL, false) ORDER BY 1;
SELECT * FROM clv.histories($$VALUES (1, date '2024-01-01', 10.00), (1, '2024-01-03', -4)$$, NULL::int, NULL, true);
SELECT * FROM clv.histories($$VALUES (1, date '2024-01-01', 10.00, 1), (1, '2024-01-03', -4, 1)$$, NULL::int, NULL, false);

-- A table as it is, whatever happened to its columns, and what is more than that
CREATE TABLE histories_test.changed (gone int, "Customer Id" int, ordered_on date);
INSERT INTO histories_test.changed SELECT 1, "Customer Id", ordered_on FROM histories_test."Orders";
ALTER TABLE histories_test.changed DROP COLUMN gone;
ALTER TABLE histories_test.changed ADD COLUMN amount numeric(12,2) NOT NULL DEFAULT 1.5;
SELECT count(*), sum(orders(history)), sum(revenue(history)) FROM clv.histories('histories_test.changed', 'Customer Id', 'ordered_on', 'amount', NULL::int);
SELECT count(*), sum(orders(history)), sum(revenue(history)) FROM clv.histories('SELECT "Customer Id", ordered_on, amount FROM histories_test.changed WHERE amount > 1', NULL::int);
SELECT count(*), sum(orders(history)), sum(revenue(history)) FROM clv.histories('SELECT "Customer Id", ordered_on, amount FROM histories_test.changed LIMIT 7', NULL::int);
SELECT count(*), sum(orders(history)), sum(revenue(history)) FROM clv.histories('SELECT "Customer Id", ordered_on, 2 * amount FROM histories_test.changed', NULL::int);
SELECT count(*), sum(orders(history)), sum(revenue(history)) FROM clv.histories('SELECT "Customer Id", ordered_on, "Customer Id" FROM histories_test.changed', NULL::int);

-- Rows that parallel workers read
SET parallel_setup_cost = 0;
SET max_parallel_workers_per_gather = 2;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT * FROM pg_temp.compare($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'amount', NULL::int)$$);
SELECT * FROM pg_temp.compare($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_at', 'amount', NULL::int, zone => 'UTC')$$);
SELECT * FROM pg_temp.compare($$SELECT substr(customer, 2)::int, history FROM clv.histories('histories_test."Orders"', 'code', 'ordered_on', 'amount', NULL::text)$$);
SELECT * FROM pg_temp.compare($$SELECT "Customer Id", h.history FROM clv.histories('histories_test."Orders"', 'key', 'ordered_on', 'amount', NULL::uuid) h JOIN (SELECT DISTINCT "Customer Id", key FROM histories_test."Orders" WHERE key IS NOT NULL) k ON k.key = h.customer$$);
CREATE TABLE histories_test.wide AS
SELECT (i % 3)::numeric AS exactly, (i % 3)::float8 AS roughly, repeat('x', 5000) || i % 3 AS long, date '2024-01-01' + i % 7 AS ordered_on, CASE WHEN i % 2 = 0 THEN 1e25 ELSE 0.5 END AS amount
FROM generate_series(1, 3000) i;
SELECT customer, history = (SELECT order_history(ordered_on, amount) FROM histories_test.wide WHERE exactly = customer) AS same FROM clv.histories('histories_test.wide', 'exactly', 'ordered_on', 'amount', NULL::numeric) ORDER BY 1;
SELECT customer, history = (SELECT order_history(ordered_on, amount) FROM histories_test.wide WHERE roughly = customer) AS same FROM clv.histories('histories_test.wide', 'roughly', 'ordered_on', 'amount', NULL::float8) ORDER BY 1;
SELECT right(customer, 1), history = (SELECT order_history(ordered_on, amount) FROM histories_test.wide WHERE long = customer) AS same FROM clv.histories('histories_test.wide', 'long', 'ordered_on', 'amount', NULL::text) ORDER BY 1;
SET work_mem = '1MB';
SET hash_mem_multiplier = 1;
CREATE TABLE histories_test.many AS SELECT 'customer ' || i % 20000 AS customer, date '2020-01-01' + i / 100 AS ordered_on, (i % 100)::numeric AS amount FROM generate_series(1, 100000) i;
SELECT count(*), sum(orders(history)), sum(revenue(history)) FROM clv.histories('histories_test.many', 'customer', 'ordered_on', 'amount', NULL::text);
RESET work_mem;
RESET hash_mem_multiplier;
SET parallel_leader_participation = on;
SELECT count(*), sum(orders(history)), sum(revenue(history)) FROM clv.histories('histories_test.many', 'customer', 'ordered_on', 'amount', NULL::text);
SET parallel_leader_participation = off;
INSERT INTO histories_test.many VALUES ('nobody', '2024-01-01', 'NaN');
DO $$
DECLARE
	state text;
	message text;
	context text;
BEGIN
	PERFORM FROM clv.histories('histories_test.many', 'customer', 'ordered_on', 'amount', NULL::text);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, context = PG_EXCEPTION_CONTEXT;
	RAISE NOTICE '% %, read by a %', state, message, substring(context FROM 'parallel worker');
END $$;
RESET parallel_setup_cost;
RESET max_parallel_workers_per_gather;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;

-- Nothing in, nothing out
SELECT * FROM clv.histories('SELECT 1, current_date, 1 WHERE false', NULL::int);
SELECT * FROM clv.histories('SELECT NULL::text, current_date, 1', NULL::text);

-- Errors
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.error_of(statement text) RETURNS TABLE (sqlstate_ text, message text, detail text, hint text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	message := 'no error';
	RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS sqlstate_ = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN NEXT;
END $$;
\x on
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories(NULL, 'a', 'b', 'c', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('nowhere', 'a', 'b', 'c', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('histories_test."Orders"', NULL, 'ordered_on', 'amount', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('histories_test."Orders"', 'customer id', 'ordered_on', 'amount', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'amount', 'amount', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_at', 'amount', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_at', 'amount', NULL::int, zone => 'Nowhere')$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'code', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'amount', NULL::point)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('SELECT point(1, 1), current_date', NULL::point)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('SELECT 1', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('SELECT 1, current_date, 1, 1.5', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('SELECT 1::bigint, current_date', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('SELECT 1; SELECT 2', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('TRUNCATE expected', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('DELETE FROM expected RETURNING customer, current_date', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('SELECT 1, date ''infinity''', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('SELECT 1, current_date, ''NaN''::numeric', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('SELECT 1, date ''2024-01-01'', 1e30 UNION ALL SELECT 1, ''2024-01-01'', 1e-20', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('SELECT 1, date ''2024-01-01'', 1, 2147483647 FROM generate_series(1, 2)', NULL::int)$$);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('SELECT 1, date ''2024-01-01'', 1, (-2147483648)::int', NULL::int)$$);
\x off

-- The planner counts customers by the statistics of the table, and says nothing of those to whom they are closed
CREATE FUNCTION pg_temp.planned(query text) RETURNS TABLE (rows numeric, cheaper_than_by_default boolean) LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN QUERY SELECT (plan #>> '{0,Plan,Plan Rows}')::numeric, (plan #>> '{0,Plan,Startup Cost}')::numeric < 250;
END $$;
ANALYZE histories_test."Orders";
SELECT * FROM pg_temp.planned($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'amount', NULL::int)$$);
SELECT * FROM pg_temp.planned($$SELECT * FROM clv.histories(amount => 'amount', ordered_at => 'ordered_on', customer => 'key', source => 'histories_test."Orders"', key => NULL::uuid)$$);
CREATE VIEW histories_test.every_order AS TABLE histories_test."Orders";
SELECT * FROM pg_temp.planned($$SELECT * FROM clv.histories('histories_test.every_order', 'Customer Id', 'ordered_on', 'amount', NULL::int)$$);
SELECT * FROM pg_temp.planned($$SELECT * FROM clv.histories('histories_test."Orders"', 'no such column', 'ordered_on', 'amount', NULL::int)$$);
SELECT * FROM pg_temp.planned($$SELECT o.relname FROM pg_class o, clv.histories(o.oid, 'a', 'b', 'c', NULL::int) WHERE o.oid = 'pg_class'::regclass$$);
SELECT * FROM pg_temp.planned($$SELECT * FROM clv.histories(NULL, 'a', 'b', 'c', NULL::int)$$);
CREATE TABLE histories_test.parts (customer int, ordered_on date, amount numeric) PARTITION BY RANGE (customer);
CREATE TABLE histories_test.first_part PARTITION OF histories_test.parts FOR VALUES FROM (0) TO (200);
CREATE TABLE histories_test.second_part PARTITION OF histories_test.parts FOR VALUES FROM (200) TO (500);
SELECT * FROM pg_temp.planned($$SELECT * FROM clv.histories('histories_test.parts', 'customer', 'ordered_on', 'amount', NULL::int)$$);
INSERT INTO histories_test.parts SELECT i % 500, date '2024-01-01' + i % 300, i FROM generate_series(1, 5000) i;
ANALYZE histories_test.parts;
SELECT * FROM pg_temp.planned($$SELECT * FROM clv.histories('histories_test.parts', 'customer', 'ordered_on', 'amount', NULL::int)$$);

-- The caller's rights
CREATE ROLE histories_reader;
SET ROLE histories_reader;
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'amount', NULL::int)$$);
RESET ROLE;
GRANT USAGE ON SCHEMA histories_test TO histories_reader;
SET ROLE histories_reader;
SELECT * FROM pg_temp.planned($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'amount', NULL::int)$$);
RESET ROLE;
GRANT SELECT ("Customer Id", ordered_on) ON histories_test."Orders" TO histories_reader;
CREATE VIEW histories_test.shown AS SELECT "Customer Id", ordered_on, amount FROM histories_test."Orders";
GRANT SELECT ON histories_test.shown TO histories_reader;
SET ROLE histories_reader;
SELECT count(*) FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', NULL, NULL::int);
SELECT * FROM pg_temp.error_of($$SELECT * FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'amount', NULL::int)$$);
SELECT count(*), sum(orders(history)) FROM clv.histories('histories_test.shown', 'Customer Id', 'ordered_on', 'amount', NULL::int);
RESET ROLE;
GRANT SELECT ON histories_test."Orders" TO histories_reader;
ALTER TABLE histories_test."Orders" ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON histories_test."Orders" USING ("Customer Id" < 3);
SET ROLE histories_reader;
SELECT customer FROM clv.histories('histories_test."Orders"', 'Customer Id', 'ordered_on', 'amount', NULL::int) ORDER BY 1;
RESET ROLE;

DROP SCHEMA histories_test CASCADE;
DROP OWNED BY histories_reader;
DROP ROLE histories_reader;
