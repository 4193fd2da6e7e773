-- Properties of clv.history on random orders, on CDNOW against the reference, and in parallel plans.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;
\getenv reference CLV_REFERENCE_DIR
\if :{?reference}
\else
\setenv CLV_REFERENCE_DIR ../shared/reference
\endif
\set orders `cat "$CLV_REFERENCE_DIR/cdnow.csv" 2>/dev/null`
\set summary `cat "$CLV_REFERENCE_DIR/cdnow_summary.csv" 2>/dev/null`

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();
SET LOCAL search_path = clv, public;
SET LOCAL extra_float_digits = 1;
SELECT setseed(0.42);

--
-- Amounts: a numeric is decoded from its digits, and must be what numeric itself says it is
--

-- Up to 37 digits with the point and the sign anywhere, runs of zeros anywhere, and zeros to show behind (a header of its own above 63).
CREATE TEMPORARY TABLE numerics AS
SELECT i, (CASE WHEN random() < 0.5 THEN '-' ELSE '' END || left(digits, n - p) || '.' || right(digits, p)
		   || repeat('0', CASE WHEN random() < 0.5 THEN 0 ELSE (random() * 20 ^ (1 + (i % 2) * 0.6))::int END))::numeric AS v
FROM (SELECT i, n, least(n, (random() * n)::int) AS p,
			 CASE WHEN random() < 0.5 THEN overlay(digits PLACING repeat('0', z) FROM 1 + (random() * (n - z))::int FOR z) ELSE digits END AS digits
	  FROM (SELECT i, n, (random() * n)::int AS z, left(translate(md5(i::text) || md5((-i)::text), 'abcdef', '370915'), n) AS digits
			FROM (SELECT i, 1 + (random() * 36)::int AS n FROM generate_series(1, 30000) i) s) s) s;
INSERT INTO numerics
SELECT 0, sign * v FROM (
	SELECT 10::numeric ^ e FROM generate_series(0, 36) e
	UNION ALL SELECT ('1e-' || e)::numeric FROM generate_series(1, 37) e
	UNION ALL SELECT ('1e-' || e)::numeric * d FROM generate_series(1, 37) e, (VALUES (9999), (10001), (100000), (5000)) d(d)
	UNION ALL SELECT 10::numeric ^ 37 - 1
	UNION ALL SELECT ('0.' || repeat('9', 37))::numeric UNION ALL SELECT ('0.' || repeat('0', 36) || '1' || repeat('0', 200))::numeric
	UNION ALL SELECT 0 UNION ALL SELECT ('0.' || repeat('0', 100))::numeric UNION ALL SELECT 9223372036854775807 UNION ALL SELECT 9223372036854775808
	UNION ALL SELECT 99999999.99999999 UNION ALL SELECT 9999999999999999 UNION ALL SELECT 10000000000000000.0001
) e(v), (VALUES (1), (-1)) s(sign);
SELECT ok(count(*) > 30000 AND count(DISTINCT v) > 25000 AND max(scale(v)) > 100 AND bool_or(v = 0), 'numerics of every size') FROM numerics;
SELECT is_empty($$ SELECT i, v, revenue(h) FROM (SELECT i, v, order_history(date '2024-01-01', v) AS h FROM numerics WHERE i > 0 GROUP BY i, v) s
				   WHERE revenue(h) <> v OR scale(revenue(h)) <> min_scale(v) OR h::text <> format('{2024-01-01 %s}', trim_scale(v))
					  OR h <> format('{2024-01-01 %s}', v)::history $$,
	'every numeric of 37 digits is read exactly');
SELECT is_empty($$ SELECT v, revenue(h) FROM (SELECT v, order_history(date '2024-01-01', v) AS h FROM numerics WHERE i = 0 GROUP BY v, scale(v)) s
				   WHERE revenue(h) / orders(h) <> v $$,
	'and so are the special ones');

CREATE FUNCTION pg_temp.refused(value numeric) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN clv.order_history(date '2024-01-01', value)::text;
EXCEPTION WHEN numeric_value_out_of_range THEN
	RETURN 'refused';
END $$;
-- 38 digits or more between the first and the last that is not zero; or 38 decimals or more; or 10^37 or more
SELECT is_empty($$ SELECT v FROM (SELECT (sign || '1' || left(digits, n - 2 - p) || '.' || right(left(digits, n - 2), p) || '1')::numeric AS v
					 FROM (SELECT CASE WHEN random() < 0.5 THEN '-' ELSE '' END AS sign, translate(md5(i::text) || md5((-i)::text), 'abcdef', '370915') AS digits,
								  n, (random() * (n - 2))::int AS p
						   FROM generate_series(1, 2000) i, LATERAL (SELECT 38 + i % 25 AS n) s) s
					 UNION ALL SELECT ('1e-' || e)::numeric FROM generate_series(38, 200) e
					 UNION ALL SELECT ('-1e-' || e)::numeric FROM generate_series(1000, 1010) e
					 UNION ALL SELECT ('1e' || e)::numeric FROM generate_series(37, 200) e
					 UNION ALL SELECT ('-1e' || e)::numeric FROM generate_series(1000, 1010) e) s
				   WHERE pg_temp.refused(v) <> 'refused' $$,
	'no other numeric is accepted');

-- Numerics that are stored outside of their row have hundreds of digits: too many, but it must be them that is read.
CREATE TEMPORARY TABLE toasted (v numeric);
ALTER TABLE toasted ALTER v SET STORAGE EXTERNAL;
INSERT INTO toasted SELECT ('-' || repeat('7', n))::numeric FROM generate_series(9000, 10000, 40) n;
SELECT is_empty($$ SELECT scale(v) FROM toasted WHERE pg_temp.refused(v) <> 'refused' $$, 'nor is one from outside of its row misread');

-- A float8 counts as its shortest decimal, which is what its text is.
CREATE TEMPORARY TABLE doubles AS
SELECT DISTINCT v FROM (
	SELECT (random() - 0.5) * 10.0::float8 ^ (random() * 50 - 20) FROM generate_series(1, 20000)
	UNION ALL SELECT (random() * 1e7)::int / 100.0::float8 FROM generate_series(1, 5000)
	UNION ALL SELECT (random() * 1e7)::int / 100.0::float8 * (1 + 2.220446049250313e-16 * (i % 3 - 1)) FROM generate_series(1, 5000) i
	UNION ALL SELECT -(random() * 1e6)::int / 1000.0::float8 FROM generate_series(1, 5000)
	UNION ALL SELECT (random() * 1e15)::bigint / 100.0::float8 FROM generate_series(1, 5000)
	UNION ALL SELECT 2.0::float8 ^ e FROM generate_series(-40, 110) e
	UNION ALL SELECT 10.0::float8 ^ e FROM generate_series(-20, 36) e
	UNION ALL SELECT unnest(ARRAY[0, -0.0, 0.1, 0.29, 1e15, 1e15 / 100, 9007199254740993, 999999999999999.9]::float8[])) s(v)
WHERE v = 0 OR abs(v) BETWEEN 1e-20 AND 9.9e36;
SELECT is_empty($$ SELECT v, revenue(h) FROM (SELECT v, order_history(date '2024-01-01', v) AS h FROM doubles GROUP BY v) s WHERE revenue(h) <> (v::text)::numeric $$,
	'every double is its shortest decimal');

-- Eight orders of a customer, together often beyond 37 digits: both doors give the same history, or the same error.
CREATE TEMPORARY TABLE mixed AS SELECT i % 2500 AS customer, date '2024-01-01' + i % 7 % 3 AS day, CASE WHEN i % 5 < i % 3 THEN v ELSE trunc(v % 1e6, 3) END AS v FROM numerics WHERE i BETWEEN 1 AND 20000;
CREATE INDEX ON mixed (customer);
CREATE FUNCTION pg_temp.collected(wanted int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT clv.order_history(day, v) FROM mixed WHERE customer = wanted);
EXCEPTION WHEN numeric_value_out_of_range THEN
	RETURN 'refused';
END $$;
CREATE FUNCTION pg_temp.scanned(wanted int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT history FROM clv.histories(format('SELECT customer, day, v FROM mixed WHERE customer = %s', wanted), NULL::int));
EXCEPTION WHEN numeric_value_out_of_range THEN
	RETURN 'refused';
END $$;
CREATE TEMPORARY TABLE doors AS SELECT c, pg_temp.collected(c) AS collected, pg_temp.scanned(c) AS scanned FROM generate_series(0, 2499) c;
SELECT is_empty('SELECT * FROM doors WHERE collected IS DISTINCT FROM scanned', 'clv.histories gives the same, also where amounts are beyond all bounds');
SELECT ok(count(*) FILTER (WHERE collected = 'refused') BETWEEN 100 AND 2400, 'some were refused, some not') FROM doors;

--
-- Orders of a shop: 10 decimals, refunds, removed orders, several in a row
--

CREATE TEMPORARY TABLE shop AS
SELECT i, (random() ^ 3 * 500)::int AS customer, date '2015-01-01' + (random() * 3000)::int AS day,
	   CASE WHEN i % 7 = 0 THEN round((random() * 1000 - 300)::numeric, 10) ELSE round((random() * 100)::numeric, 2) END AS amount,
	   CASE WHEN i % 11 = 0 THEN 0 WHEN i % 13 = 0 THEN -1 WHEN i % 5 = 0 THEN 3 ELSE 1 END AS orders, (random() * 6)::int AS part
FROM generate_series(1, 40000) i;
CREATE TEMPORARY TABLE collected AS
SELECT customer, order_history(day, amount, orders) AS h, order_history(day, amount) AS plain FROM shop GROUP BY customer;

SELECT is((SELECT sum(revenue(h)) FROM collected), (SELECT sum(amount) FROM shop), 'the revenue of all customers is the sum of all amounts');
SELECT is_empty($$ SELECT customer FROM collected JOIN (SELECT customer, sum(amount) AS amount, sum(orders) AS orders FROM shop GROUP BY customer) s USING (customer)
				   WHERE revenue(h) <> amount OR orders(h) <> orders $$, 'and so it is of each customer');
SELECT set_eq('SELECT customer, p.day, p.orders, p.amount FROM collected, purchases(h) p',
			  'SELECT customer, day, sum(orders)::int AS orders, sum(amount) AS amount FROM shop GROUP BY customer, day HAVING sum(orders) <> 0 OR sum(amount) <> 0',
	'each day has its orders and its amount');
SELECT is_empty($$ SELECT customer FROM (SELECT customer, h, order_history(day, amount, orders) AS again FROM collected, purchases(h) GROUP BY customer, h) s WHERE again <> h $$,
	'the purchases of a history make that history');
SELECT is_empty($$ SELECT customer FROM collected WHERE h::text::history <> h OR history_send(h::text::history) <> history_send(h) $$, 'text is read back to the same bytes');
SELECT is_empty($$ SELECT customer FROM collected JOIN
					 (SELECT customer, count(*) FILTER (WHERE orders > 0) AS days, min(day) FILTER (WHERE orders > 0) AS first, max(day) FILTER (WHERE orders > 0) AS last
					  FROM (SELECT customer, day, sum(orders) AS orders FROM shop GROUP BY customer, day) d GROUP BY customer) s USING (customer)
				   WHERE (purchase_days(h), first_order(h), last_order(h)) IS DISTINCT FROM (days, first, last) $$, 'purchase days, first and last order');
-- Statistics against plain SQL
CREATE TEMPORARY TABLE expected AS
SELECT customer, as_of, count(*) FILTER (WHERE orders > 0) - 1 AS frequency, max(day) FILTER (WHERE orders > 0) - first AS t_x, as_of - first AS age,
	   sum(amount) FILTER (WHERE day > first) / nullif(count(*) FILTER (WHERE orders > 0) - 1, 0) AS spend
FROM (SELECT *, min(day) FILTER (WHERE orders > 0) OVER (PARTITION BY customer, as_of) AS first
	  FROM (SELECT customer, day, as_of, sum(orders) AS orders, sum(amount) AS amount
			FROM shop, (VALUES (date '2014-12-31'), ('2015-06-30'), ('2019-01-01'), ('2023-12-31')) a(as_of) WHERE day <= as_of GROUP BY customer, day, as_of) d) d
WHERE first IS NOT NULL GROUP BY customer, as_of, first;
SELECT is_empty($$ SELECT * FROM expected e FULL JOIN
					 (SELECT customer, as_of, s.* FROM collected, (VALUES (date '2014-12-31'), ('2015-06-30'), ('2019-01-01'), ('2023-12-31')) a(as_of), statistics(h, as_of) s
					  WHERE s.frequency IS NOT NULL) g USING (customer, as_of)
				   WHERE (e.frequency, e.t_x, e.age) IS DISTINCT FROM (g.frequency, g.t_x, g.age) OR (e.spend IS NULL) <> (g.spend IS NULL)
					  OR abs(e.spend::float8 - g.spend) > 4e-16 * abs(g.spend) + 1e-15 $$, 'statistics as of several days');
SELECT is_empty($$ SELECT customer FROM collected, (VALUES (date '2014-12-31'), ('2019-01-01'), ('2023-12-31')) a(as_of)
				   WHERE statistics(truncate(h, as_of), as_of) IS DISTINCT FROM statistics(h, as_of)
					  OR truncate(h, as_of) <> slice(h, '-infinity', as_of + 1) OR revenue(slice(h, as_of + 1, 'infinity')) <> revenue(h) - revenue(truncate(h, as_of)) $$,
	'truncate and slice divide a history');

-- One form, however it was collected
SELECT is_empty($$ SELECT customer FROM collected JOIN (SELECT customer, order_history(day, amount, orders ORDER BY md5(i::text)) AS h FROM shop GROUP BY customer) s USING (customer)
				   WHERE collected.h <> s.h OR history_send(collected.h) <> history_send(s.h) OR collected.h::text <> s.h::text $$, 'in any order');
SELECT is_empty($$ SELECT customer FROM collected JOIN (SELECT customer, merge(h ORDER BY md5(part::text)) AS h FROM
					 (SELECT customer, part, order_history(day, amount, orders) AS h FROM shop GROUP BY customer, part) p GROUP BY customer) s USING (customer)
				   WHERE history_send(collected.h) <> history_send(s.h) OR collected.h::text <> s.h::text $$, 'in any split');
SELECT is_empty($$ SELECT customer FROM collected JOIN (SELECT customer, order_history(day + time '12:34:56', amount) AS t, order_history((day + time '12:34:56') AT TIME ZONE 'Asia/Tokyo', amount, 'Asia/Tokyo') AS z,
					 order_history(day, amount, 1) AS o FROM shop GROUP BY customer) s USING (customer)
				   WHERE history_send(plain) <> history_send(t) OR history_send(plain) <> history_send(z) OR history_send(plain) <> history_send(o) $$, 'through any door');
SELECT is_empty($$ SELECT 1 FROM collected a JOIN collected b ON b.customer = (a.customer * 31 + 7) % 500,
					 LATERAL (SELECT merge(h) AS ab FROM (VALUES (a.h), (b.h)) v(h)) m, LATERAL (SELECT merge(h) AS ba FROM (VALUES (b.h), (a.h)) v(h)) n
				   WHERE ab <> ba OR remove(ab, b.h) <> a.h OR remove(ab, a.h) <> b.h OR remove(a.h, a.h) <> '{}' OR remove(remove('{}', a.h), b.h) <> remove('{}', ab)
					  OR revenue(ab) <> revenue(a.h) + revenue(b.h) OR orders(ab) <> orders(a.h) + orders(b.h) $$, 'histories form a group');
SELECT is((SELECT history_send(merge(h)) FROM collected), (SELECT history_send(order_history(day, amount, orders)) FROM shop), 'a shop as one customer');
SELECT is((SELECT history_send(merge(h)) FROM (SELECT merge(h) AS h FROM collected GROUP BY customer % 17) s), (SELECT history_send(order_history(day, amount, orders ORDER BY amount)) FROM shop),
	'by steps as well');

--
-- Nothing depends on the session
--

CREATE TEMPORARY TABLE before AS
SELECT customer, history_send(h) AS bytes, h::text AS words, statistics(h, '2019-01-01')::text AS statistics, revenue(h)::text AS revenue FROM collected;
CREATE TEMPORARY TABLE zoned AS
SELECT customer, order_history(day + time '23:30' AT TIME ZONE 'UTC', amount, 'America/New_York') AS h, order_history(day, amount::float8) AS f FROM shop GROUP BY customer;
SET LOCAL datestyle = 'SQL, DMY';
SET LOCAL timezone = 'Pacific/Auckland';
SET LOCAL extra_float_digits = 0;
SET LOCAL intervalstyle = 'sql_standard';
SET LOCAL lc_numeric = 'C';
SELECT is_empty($$ SELECT customer FROM collected JOIN before b USING (customer)
				   WHERE history_send(h) <> bytes OR h::text <> words OR words::history <> h OR revenue(h)::text <> revenue $$, 'DateStyle and its kin change nothing');
SELECT is_empty($$ SELECT customer FROM zoned z JOIN (SELECT customer, order_history(day + time '23:30' AT TIME ZONE 'UTC', amount, 'America/New_York') AS h, order_history(day, amount::float8) AS f
					 FROM shop GROUP BY customer) s USING (customer) WHERE z.h <> s.h OR z.f <> s.f $$, 'nor does TimeZone, nor extra_float_digits');
SET LOCAL datestyle = ISO;
SET LOCAL timezone = 'UTC';
SET LOCAL extra_float_digits = 1;

-- The day in a zone is that of AT TIME ZONE, in every zone, to the microsecond, now and long ago. (Where a name is an abbreviation, too, AT TIME ZONE follows the session's list of those.)
CREATE TEMPORARY TABLE moments AS
SELECT name, t FROM pg_timezone_names, LATERAL (
	SELECT to_timestamp(-3e9 + random() * 8e9) + random() * interval '1 second' AS t FROM generate_series(1, 30)
	UNION ALL SELECT date_trunc('hour', to_timestamp(-1e9 + random() * 3e9)) - interval '0.000001 second' FROM generate_series(1, 30)
	UNION ALL SELECT to_timestamp(random() * 1e12) FROM generate_series(1, 3)) m
WHERE name !~ '^(posix|right)/' AND upper(name) NOT IN (SELECT upper(abbrev) FROM pg_timezone_abbrevs);
SELECT is_empty($$ SELECT name, t, day FROM (SELECT name, t, first_order(order_history(t, 1, name)) AS day FROM moments GROUP BY name, t) s WHERE day <> (t AT TIME ZONE name)::date $$,
	'days in every zone');
SELECT is_empty($$ SELECT 1 FROM (SELECT name, order_history(t, 1, name) AS h FROM moments GROUP BY name) a
				   JOIN (SELECT name, order_history((t AT TIME ZONE name)::date, 1::numeric) AS h FROM moments GROUP BY name) b USING (name) WHERE a.h <> b.h $$,
	'and when they come in any order');

--
-- Parallel plans
--

CREATE SCHEMA history_test;
CREATE TABLE history_test.orders (customer int, day date, amount numeric) WITH (parallel_workers = 3);
-- Twenty orders a customer and five hundred: states that are packed into their row, and ones that are not.
INSERT INTO history_test.orders
SELECT i % 5000, date '2020-01-01' + (random() * 1000)::int, CASE WHEN i % 1000 = 0 THEN round(random()::numeric, 8) ELSE round((random() * 100)::numeric, 2) END
FROM generate_series(1, 100000) i
UNION ALL SELECT -i % 20, date '2020-01-01' + (random() * 1000)::int, round((random() * 100)::numeric, 2) FROM generate_series(1, 10000) i;
ANALYZE history_test.orders;
CREATE FUNCTION history_test.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		plan := plan || line || E'\n';
	END LOOP;
	RETURN plan;
END $$;
\set by_customer 'SELECT customer, clv.order_history(day, amount) AS h FROM history_test.orders GROUP BY customer'
\set of_all 'SELECT clv.order_history(day, amount) AS h FROM history_test.orders'
SET LOCAL max_parallel_workers_per_gather = 0;
CREATE TEMPORARY TABLE serial AS :by_customer;
CREATE TEMPORARY TABLE serial_all AS :of_all;
SET LOCAL max_parallel_workers_per_gather = 3;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT matches(history_test.plan_of(:'by_customer'), 'Finalize.*Partial', 'the plan by customer is partial');
SELECT matches(history_test.plan_of(:'of_all'), 'Finalize.*Partial', 'the plan of all is partial');
SELECT is_empty(format('SELECT customer FROM (%s) p FULL JOIN serial s USING (customer) WHERE clv.history_send(p.h) IS DISTINCT FROM clv.history_send(s.h)', :'by_customer'),
	'parallel and serial histories have the same bytes');
SELECT is((SELECT history_send(h) FROM (:of_all) p), (SELECT history_send(h) FROM serial_all), 'and so has that of all');
SET LOCAL parallel_leader_participation = off;
SET LOCAL enable_hashagg = off;
SELECT matches(history_test.plan_of(:'by_customer'), 'Finalize GroupAggregate.*Partial GroupAggregate', 'a sorted plan');
SELECT is_empty(format('SELECT customer FROM (%s) p FULL JOIN serial s USING (customer) WHERE clv.history_send(p.h) IS DISTINCT FROM clv.history_send(s.h)', :'by_customer'),
	'has the same bytes, too');
SET LOCAL parallel_leader_participation = on;
CREATE TABLE history_test.histories WITH (parallel_workers = 3) AS SELECT customer, day, order_history(day, amount) AS h FROM history_test.orders GROUP BY customer, day;
ANALYZE history_test.histories;
\set merged 'SELECT customer, clv.merge(h) AS h FROM history_test.histories GROUP BY customer'
SELECT matches(history_test.plan_of(:'merged'), 'Finalize.*Partial', 'merges are partial');
SELECT is_empty(format('SELECT customer FROM (%s) p FULL JOIN serial s USING (customer) WHERE clv.history_send(p.h) IS DISTINCT FROM clv.history_send(s.h)', :'merged'),
	'and have the same bytes');
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL enable_hashagg = on;
SET LOCAL enable_sort = off;
SET LOCAL work_mem = '64kB';
SELECT is_empty(format('SELECT customer FROM (%s) p FULL JOIN serial s USING (customer) WHERE clv.history_send(p.h) IS DISTINCT FROM clv.history_send(s.h)', :'by_customer'),
	'and so they have where groups are spilled');
RESET work_mem;
RESET enable_sort;

--
-- Stored: at most eight bytes a purchase day
--

CREATE TABLE history_test.stored AS
SELECT c AS customer, order_history(date '2021-01-01' + (random() * 1400)::int, round((5 + random() ^ 2 * 200)::numeric, 2)) AS h
FROM generate_series(1, 3000) c, LATERAL generate_series(1, 1 + (random() ^ 3 * 20)::int + c * 0) i GROUP BY c;
SELECT cmp_ok(sum(pg_column_size(h))::numeric / sum(purchase_days(h)), '<=', 8.0, 'a simulated shop: at most 8 bytes a purchase day') FROM history_test.stored;

CREATE TEMPORARY TABLE cdnow_orders AS
SELECT f[1]::int AS customer, f[2]::date AS day, f[4]::numeric AS dollars FROM string_to_table(:'orders', E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f WHERE line ~ '^[0-9]';
CREATE TABLE history_test.cdnow AS SELECT customer, order_history(day, dollars) AS h FROM cdnow_orders GROUP BY customer;
-- customer_id,first_date,x,t_x_days,T_days,t_x,T,m_x,first_value,x_star,value_star
CREATE TEMPORARY TABLE reference AS
SELECT f[1]::int AS customer, f[2]::date AS first_date, f[3]::int AS x, f[4]::float8 AS t_x_days, f[5]::float8 AS t_days, f[8]::float8 AS m_x, f[9]::numeric AS first_value,
	   f[10]::bigint AS x_star, f[11]::numeric AS value_star
FROM string_to_table(:'summary', E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f WHERE line ~ '^[0-9]';
SELECT count(*) > 0 AS have_reference FROM reference
\gset
\if :have_reference
SELECT is((SELECT count(*) FROM history_test.cdnow), 2357::bigint, 'CDNOW has 2357 customers');
SELECT is((SELECT count(*) FROM reference), 2357::bigint, 'and so has the reference');
SELECT is_empty($$ SELECT customer, s.*, r.* FROM history_test.cdnow FULL JOIN reference r USING (customer), statistics(h, '1997-09-30') s
				   WHERE (s.frequency, s.t_x, s.age) IS DISTINCT FROM (x, t_x_days, t_days) OR first_order(h) <> first_date $$, 'x, t_x and T are those of the reference');
SELECT is_empty($$ SELECT customer, s.spend, m_x FROM history_test.cdnow JOIN reference r USING (customer), statistics(h, '1997-09-30') s
				   WHERE (s.spend IS NULL) <> (x = 0) OR NOT abs(s.spend - m_x) <= 5e-10 * m_x AND x > 0 $$, 'and so is the mean spend, to the ten digits it has');
SELECT is_empty($$ SELECT customer FROM history_test.cdnow JOIN reference USING (customer)
				   WHERE purchase_days(slice(h, '1997-10-01', '1998-07-01')) <> x_star OR revenue(slice(h, '1997-10-01', '1998-07-01')) <> value_star
					  OR revenue(slice(h, first_date, first_date + 1)) <> first_value $$, 'and the holdout, through slice');
SELECT is((SELECT sum(revenue(h)) FROM history_test.cdnow), (SELECT sum(dollars) FROM cdnow_orders), 'no cent is lost');
SELECT cmp_ok(sum(pg_column_size(h))::numeric / sum(purchase_days(h)), '<=', 8.0, 'CDNOW: at most 8 bytes a purchase day') FROM history_test.cdnow;
\else
SELECT skip('no reference data: set CLV_REFERENCE_DIR', 7);
\endif

--
-- Errors that leave the query alive, in any encoding
--

SELECT throws_ok($$ SELECT '{2024-01-06 €uro €uro €uro €uro €uro €uro €uro €uro €uro €uro €uro €uro €uro}'::clv.history $$, '22P02', 'invalid input syntax for type clv.history', 'a message cuts no character in two');
SELECT current_setting('server_version_num')::int >= 160000 AS soft
\gset
\if :soft
SELECT results_eq($$ SELECT l, pg_input_is_valid(l, 'clv.history'), (pg_input_error_info(l, 'clv.history')).sql_error_code FROM unnest(ARRAY['{}', '{2024-01-01 1}', '{', '{2024-02-30 1}',
					 '{2024-01-01*2147483647 1, 2024-01-01 1}', '{2024-01-01 9000000000000000000000000000000000000, 2024-01-01 9000000000000000000000000000000000000}',
					 '{2024-01-01 1000000000000000000000000000000000000, 2024-01-01 0.01}']) l $$,
	$$ VALUES ('{}', true, NULL), ('{2024-01-01 1}', true, NULL), ('{', false, '22P02'), ('{2024-02-30 1}', false, '22008'),
			  ('{2024-01-01*2147483647 1, 2024-01-01 1}', false, '22003'), ('{2024-01-01 9000000000000000000000000000000000000, 2024-01-01 9000000000000000000000000000000000000}', false, '22003'),
			  ('{2024-01-01 1000000000000000000000000000000000000, 2024-01-01 0.01}', false, '22003') $$, 'errors of the text are soft');
\else
SELECT skip('soft errors came with PostgreSQL 16', 1);
\endif

-- A value of megabytes goes out of line and comes back.
CREATE TABLE history_test.large AS SELECT order_history(date '2000-01-01' + i, (i % 1000) / 7.0) AS h FROM generate_series(1, 300000) i;
SELECT ok(octet_length(history_send(h)) > 1000000 AND purchase_days(h) = 300000 AND h::text::history = h AND merge(h) OVER () = h AND remove(h, h) = '{}', 'a history of 300,000 days') FROM history_test.large;

SELECT * FROM finish();
ROLLBACK;
