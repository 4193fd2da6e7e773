-- A source that is changed under a portfolio: types, columns and the table itself.
BEGIN;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT * FROM no_plan();

CREATE SCHEMA source_test;
SET search_path = source_test, public;
CREATE TABLE orders (customer int, day date, amount numeric(6,2), price numeric, at timestamp(3), long bigint, number int, tags int[]);
INSERT INTO orders SELECT n % 40, date '2024-01-01' + n % 90, n, n + 1, timestamp '2024-01-01 12:00' + n % 90 * interval '1 day', n % 40, n / 2, ARRAY[n % 40, 1]
FROM generate_series(1, 200) n;
SELECT clv.create_portfolio('it''s', 'orders', 'customer', 'day', 'amount', as_of => '2024-12-31', filter => 'amount > 0');
CALL clv.refresh('it''s');
CREATE FUNCTION revenue() RETURNS numeric LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT value FROM "it's".kpi WHERE indicator = 'revenue'); END $$;
SELECT is(revenue(), (20100)::numeric, 'a portfolio');

-- The type of the amount: views that read it are in the way, and come back
SELECT throws_ok('ALTER TABLE orders ALTER amount TYPE numeric(20,2)', '0A000');
DROP VIEW "it's".accepted_order, "it's".cancelled_order, "it's".data_quality CASCADE;
ALTER TABLE orders ALTER amount TYPE numeric(20,2);
UPDATE orders SET amount = 1e9 WHERE amount = 200;
CALL clv.refresh('it''s');
SELECT is(revenue(), (20100 - 200 + 1e9)::numeric, 'a refresh makes missing views anew');
SELECT is((SELECT count(*) FROM unnest(clv.portfolio_views()) v WHERE to_regclass(format('"it''s".%I', v)) IS NULL), 0::bigint, 'all of them');

-- Another column, of another type
SELECT clv.alter_portfolio('it''s', 'filter', 'price > 0');
ALTER TABLE orders DROP COLUMN amount CASCADE;
SELECT throws_ok($$ CALL clv.refresh('it''s') $$, '42703', 'column amount of source_test.orders does not exist');
SELECT clv.alter_portfolio('it''s', 'amount', 'price');
CALL clv.refresh('it''s');
SELECT is(revenue(), (20300)::numeric, 'another column takes the place of one that was dropped');

-- Times and customers of another type
SELECT throws_ok($$ SELECT clv.alter_portfolio('it''s', 'customer', 'long') $$, '42804', 'customers of portfolio "it''s" are of type int4');
SELECT throws_ok($$ SELECT clv.alter_portfolio('it''s', 'ordered_at', 'at') $$, '42804', 'times of portfolio "it''s" are of type date');
DROP VIEW "it's".accepted_order, "it's".cancelled_order, "it's".data_quality CASCADE;
SELECT clv.alter_portfolio('it''s', 'ordered_at', 'at');
CALL clv.refresh('it''s');
SELECT is(revenue(), (20300)::numeric, 'times instead of days');
SELECT clv.alter_portfolio('it''s', 'order_id', 'number');
CALL clv.refresh('it''s');
SELECT is(revenue(), (20300)::numeric, 'lines of orders whose times have a precision');
ALTER TABLE orders ADD currency char(3) COLLATE "C" DEFAULT 'EUR';
SELECT clv.alter_portfolio('it''s', 'currency', 'currency');
CALL clv.refresh('it''s');
SELECT is((SELECT currency FROM "it's".refresh_log ORDER BY refresh DESC LIMIT 1), 'EUR', 'a currency column with a collation of its own');
DROP VIEW "it's".accepted_order, "it's".cancelled_order, "it's".data_quality CASCADE;
ALTER TABLE orders ALTER customer TYPE bigint;
SELECT throws_ok($$ CALL clv.refresh('it''s') $$, '42804', 'customers of portfolio "it''s" are of type int4');

-- Customers that are arrays, with lines of orders
SELECT clv.create_portfolio('tagged', 'orders', 'tags', 'day', 'price', as_of => '2024-12-31', order_id => 'number', referrer => 'tags');
CALL clv.refresh('tagged');
SELECT is((SELECT count(*) FROM tagged.customer_value), 40::bigint, 'customers may be arrays');
SELECT is((SELECT count(*) FROM tagged.customer_origin WHERE referrer <> customer), 0::bigint, 'and so may referrers');

-- The table itself
DROP TABLE orders CASCADE;
SELECT throws_like($$ CALL clv.refresh('it''s') $$, 'source % no longer exists');
SELECT throws_like($$ SELECT clv.alter_portfolio('it''s', 'margin', '0.5') $$, 'source % no longer exists');
SELECT lives_ok($$ SELECT clv.drop_portfolio('it''s') $$, 'a portfolio without source can be dropped');

SELECT * FROM finish();
ROLLBACK;
