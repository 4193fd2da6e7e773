-- Portfolios: what a user sees. Values and rights are checked in test/pgtap/80_portfolio.sql.
\set SHOW_CONTEXT never
CREATE TABLE purchase (buyer text, bought_on date, price numeric, paid_at timestamptz, note text);
INSERT INTO purchase SELECT 'buyer ' || customer, ordered_on, amount, NULL, 'a'
	FROM clv.simulate('mbg/nbd(r=0.5, alpha=40, a=0.9, b=1.6); unit=1 day', 'gamma-gamma(p=6, q=4, gamma=15)', 300, '2022-07-01', '2024-06-30', 1);

SELECT clv.create_portfolio('shop', 'purchase', 'buyer', 'bought_on', 'price', as_of => '2024-06-30');
CALL clv.refresh('shop');
INSERT INTO purchase VALUES ('buyer 1', '2024-06-30', 10), ('new', '2024-06-25', 10), (NULL, '2024-06-25', 10);
CALL clv.refresh('shop');
SELECT count(*), sum(orders) AS orders, sum(revenue) AS revenue FROM shop.customer_value;
SELECT problem, rows, example FROM shop.data_quality WHERE rows > 0;
SELECT class, customers, revenue FROM shop.abc_summary;
SELECT kind, indicator, unit FROM shop.kpi;
SELECT "check", threshold, verdict FROM shop.reliability;
SELECT report, period, verdict, reasons[1] AS reason FROM shop.verdict;
SELECT portfolio, source, customer, ordered_at, amount, zone, family, horizon, as_of FROM clv.portfolios;

-- What is wrong, and what to do
SELECT clv.create_portfolio('shop', 'purchase', 'buyer', 'bought_on', 'price');
SELECT clv.create_portfolio('other', 'purchase', 'customer', 'bought_on', 'price');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'note', 'price');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'note');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'paid_at', 'price');
SELECT clv.create_portfolio('other', 'no_such_table', 'buyer', 'bought_on', 'price');
SELECT clv.create_portfolio('public', 'purchase', 'buyer', 'bought_on', 'price');
SELECT clv.create_portfolio(repeat('x', 64), 'purchase', 'buyer', 'bought_on', 'price');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', filter => 'note = ''a'') OR (true; DROP TABLE purchase');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', filter => 'note = ');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', filter => 'colour = ''red''');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', refunds => 'keep');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', margin => 30);
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', discount_rate => -0.1);
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', horizon => '0');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', family => 'gamma-gamma');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', periods => '{decade}');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', channel => 'shop');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', referrer => 'bought_on');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', discount => 'note');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', paid_at => 'paid_at');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', cancelled => 'note');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', cancelled => 'note = ''c''; SELECT 1');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', spend => 'purchase');
SELECT clv.create_portfolio('other', 'purchase', 'buyer', 'bought_on', 'price', spend => 'purchase', spend_on => 'bought_on', spend_amount => 'note');
CALL clv.refresh('nothing');
SELECT clv.activate('shop', 9);
SELECT clv.alter_portfolio('shop', 'colour', 'red');
SELECT clv.what_if('nothing');
SELECT clv.what_if('shop', margin => 9);
SELECT clv.what_if('shop', frequency => -1);
SELECT clv.what_if('shop', discount_rate => 0);
SET clv.as_of = 'yesterday';
SET clv.as_off = '2024-01-01';
SELECT * FROM clv.backtest('shop', '{bg/nbd}', '{2024-01-31}', '6 months');
SELECT clv.alter_portfolio('shop', 'discount_rate', '10');
SELECT clv.alter_portfolio('shop', 'discount_rate', NULL);

-- Refunds are what one says they are
INSERT INTO purchase VALUES ('buyer 2', '2024-06-25', -3);
SELECT clv.alter_portfolio('shop', 'refunds', 'error');
CALL clv.refresh('shop');
SELECT clv.alter_portfolio('shop', 'refunds', 'net');
CALL clv.refresh('shop');

-- A report date far from the orders
SELECT clv.alter_portfolio('shop', 'as_of', '2030-01-01');
CALL clv.refresh('shop');

SELECT clv.alter_portfolio('shop', 'as_of', '2024-06-30');
CALL clv.refresh('shop');

-- Only what changed
CALL clv.refresh('shop', 'incremental');
CALL clv.refresh('shop', 'partly');
SELECT clv.alter_portfolio('shop', 'track', 'true');
CREATE INDEX ON purchase (buyer);
CALL clv.refresh('shop');
INSERT INTO purchase VALUES ('buyer 3', '2024-06-25', 3), ('newest', '2024-06-25', 3);
CALL clv.refresh('shop');
DELETE FROM purchase WHERE buyer = 'newest';
CALL clv.refresh('shop');
CALL clv.refresh('shop');
CALL clv.refresh('shop', 'full');

-- Without any order, and without one that anybody came back for
CREATE TABLE nothing AS SELECT 1 AS customer, date '2024-06-01' AS day, 5 AS amount WHERE false;
SELECT clv.create_portfolio('empty', 'nothing', 'customer', 'day', 'amount', as_of => '2024-06-30', discount_rate => 0.1, family => 'auto');
SELECT * FROM clv.what_if('empty');
CALL clv.refresh('empty');
SELECT * FROM clv.what_if('empty');
INSERT INTO nothing SELECT n, date '2023-06-01' + n, 5 FROM generate_series(1, 300) n;
CALL clv.refresh('empty');
SELECT * FROM clv.what_if('empty');
SELECT "check", value, threshold, verdict, meaning FROM empty.reliability WHERE "check" LIKE '%model';
SELECT clv.drop_portfolio('empty');

CREATE VIEW favorite AS SELECT * FROM shop.customer_value;
SELECT clv.drop_portfolio('shop');
DROP VIEW favorite;
DROP TABLE purchase;
SELECT clv.drop_portfolio('shop');
DROP TABLE purchase;
