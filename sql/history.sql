-- clv.history: input and output, aggregates, operations, accessors and every error
SET search_path = clv, public;
SET datestyle = ISO;
SET timezone = 'UTC';

-- Runs a command that fails: its SQLSTATE, message, detail and hint.
CREATE FUNCTION pg_temp.error_of(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text; message text; detail text; hint text;
BEGIN
	EXECUTE command;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n', state || ' ' || message, nullif('DETAIL: ' || detail, 'DETAIL: '), nullif('HINT: ' || hint, 'HINT: '));
END $$;

--
-- Text
--

SELECT literal, literal::history
FROM unnest(ARRAY[
	'{}', ' { } ', E'{\n\t}',
	'{2024-01-05 29.33}',
	'{ 2024-01-05   29.330 , 2024-02-11*2 59.06 }',
	'{2024-02-11*2 59.06, 2024-01-05 29.33}',
	'{2024-01-05 10, 2024-01-05 19.33}',
	'{2024-01-05 0.5, 2024-01-05 0.5}',
	'{2024-01-05 +1., 2024-01-06 .5}',
	'{2024-01-05*1 7}',
	'{2024-01-05*0 -7.50}',
	'{2024-01-05*-1 -7.50}',
	'{2024-01-05 0}',
	'{2024-01-05*0 0}',
	'{2024-01-05 5, 2024-01-05*-1 -5}',
	'{2024-01-05 0.0000000001, 2024-01-06 1}',
	'{4714-11-24 BC 1, 0001-12-31 BC 1, 0001-01-01 1, 5874897-12-31 1}',
	'{2024-01-05*2147483647 9999999999999999999999999999999999999}',
	'{2024-01-05 -0.9999999999999999999999999999999999999}'
]) AS literal;

\pset format unaligned
\pset tuples_only
SELECT format(E'"%s"\n%s', literal, pg_temp.error_of(format('SELECT %L::clv.history', literal)))
FROM unnest(ARRAY[
	'', '  ', '{', '}', '{}}', '{} x', '[]', 'NULL', '{NULL}',
	'2024-01-05 29.33',
	'{2024-01-05}',
	'{2024-01-05 }',
	'{2024-01-05 x}',
	'{2024-01-05 29,33}',
	'{2024-01-05 1e3}',
	'{2024-01-05 NaN}',
	'{2024-01-05 Infinity}',
	'{2024-01-05 29.33',
	'{2024-01-05 29.33,}',
	'{,}',
	'{2024-01-05 29.33; 2024-01-06 1}',
	'{2024-01-05 29.33 2024-01-06 1}',
	'{2024-01-05*x 29.33}',
	'{2024-01-05*2.5 29.33}',
	'{2024-01-05*2147483648 1}',
	'{2024-01-05*2147483647 1, 2024-01-05 1}',
	'{2024-01-05*-2147483647 1, 2024-01-05*-1 1}',
	'{2024-02-30 1}',
	'{05/01/2024 1}',
	'{infinity 1}',
	'{4714-11-23 BC 1}',
	'{5874898-01-01 1}',
	'{2024-01-05 10000000000000000000000000000000000000}',
	'{2024-01-05 0.00000000000000000000000000000000000001}',
	'{2024-01-05 1000000000000000000000000000000000000, 2024-01-06 0.01}',
	'{2024-01-05 5000000000000000000000000000000000000, 2024-01-05 5000000000000000000000000000000000000}',
	'{2024-01-05 29.33, 2024-01-06 a text that is longer than what a message can show of it}'
]) AS literal;
\pset format aligned
\pset tuples_only

--
-- Aggregates
--

CREATE TEMP TABLE orders (ordered_on date, amount numeric);
INSERT INTO orders VALUES ('2024-03-01', 10), ('2024-01-05', 29.33), ('2024-03-01', 5.5), ('2024-02-11', -4.25), ('2024-02-29', 0);

SELECT order_history(ordered_on, amount) FROM orders;
SELECT order_history(ordered_on, amount::float8) FROM orders;
SELECT order_history(ordered_on) FROM orders;
SELECT order_history(ordered_on, amount, 2) FROM orders;
SELECT order_history(ordered_on + time '23:59:59.999999', amount) FROM orders;
SELECT order_history(timestamptz '2024-01-31 23:30+00', amount, 'Europe/Paris') FROM orders;
SELECT merge(h) FROM (SELECT order_history(ordered_on, amount) AS h FROM orders GROUP BY ordered_on) days;
SELECT order_history(DISTINCT ordered_on, 1::numeric), order_history(ordered_on, amount ORDER BY amount), order_history(ordered_on, amount) FILTER (WHERE amount > 5)
FROM orders;

-- No row, rows with NULL
SELECT order_history(ordered_on, amount) IS NULL AS nothing FROM orders WHERE false;
SELECT order_history(d, a) AS numeric, order_history(d, a::float8) AS float8, order_history(d) AS date, order_history(d, a, o) AS orders,
	order_history(d::timestamp, a) AS timestamp, order_history(d::timestamptz, a, z) AS timestamptz
FROM (VALUES (date '2024-01-01', 1.5, 1, 'UTC'), (NULL, 2, 2, 'UTC'), ('2024-01-03', NULL, 3, 'UTC'), ('2024-01-04', 4, NULL, 'UTC'), ('2024-01-05', 5, 5, NULL)) v(d, a, o, z);
SELECT order_history(NULL::date, 1::numeric) IS NULL AS nothing, merge(NULL::history) IS NULL AS nothing_either;
SELECT merge(h) FROM (VALUES (NULL::history), ('{}'), (NULL), ('{2024-01-01 1}')) v(h);
SELECT merge(h) FROM (VALUES ('{}'::history), ('{}')) v(h);

-- Refunds, removed orders, several orders in a row of the table
SELECT order_history(d, a, o) FROM (VALUES (date '2024-01-01', 10.0, 3), ('2024-01-01', -2, 0), ('2024-01-02', -3, 0), ('2024-01-03', -4, -1), ('2024-01-04', 0, 0)) v(d, a, o);

-- Amounts of every size; an integer, an expression, a domain
SELECT order_history('2024-01-01'::date, a) FROM (VALUES (0.0000000001), (1234567890.0987654321), (-0.0000000002)) v(a);
SELECT order_history('2024-01-01'::date, 1000000000000000000000000000000000000);
SELECT order_history('2024-01-01'::date, 9999999999999999999999999999999999999);
SELECT order_history('2024-01-01'::date, -0.9999999999999999999999999999999999999);
SELECT order_history('2024-01-01'::date, a) FROM (VALUES (9e36), (9e36), (-9e36)) v(a);
SELECT order_history('2024-01-01'::date, a) FROM (VALUES (0.01), (-0.01), (1e36)) v(a);
SELECT order_history('2024-01-01'::date, 7), order_history('2024-01-01'::date, 1.10 * 3);
SELECT order_history('2024-01-01'::date, a::numeric(40,20)) FROM (VALUES ('1.5'), ('0'), ('-20000')) v(a);
SELECT a, order_history('2024-01-01'::date, a) FROM unnest(ARRAY[0.1, 0.1::float4, 1e15, 1e22, 123456789012345678, 1/3.0::float8, 2.5e-7, -0.0, 9999999999999.99]::float8[]) a GROUP BY a ORDER BY a;

-- Dates and times at the ends
SELECT order_history(d) FROM (VALUES (date '4714-11-24 BC'), ('0001-12-31 BC'), ('5874897-12-31')) v(d);
SELECT order_history(t, 1) FROM (VALUES (timestamp '4714-11-24 00:00:00 BC'), ('1999-12-31 23:59:59.999999'), ('294276-12-31 23:59:59.999999')) v(t);

-- Time zones: midnight in winter and in summer, the change of the clocks, half hours, the day before 2000
SELECT zone, t, first_order(order_history(t, 1, zone)) AS day
FROM unnest(ARRAY['Europe/Paris', 'America/New_York', 'Asia/Kolkata']) WITH ORDINALITY AS z(zone, nth),
	unnest(ARRAY['2024-01-31 22:59:59+00', '2024-01-31 23:00+00', '2024-07-31 21:59:59.999999+00', '2024-07-31 22:00+00',
		'2024-03-31 00:59:59+00', '2024-03-31 01:00+00', '2024-10-27 00:30+00', '2024-10-27 22:30+00', '2024-10-27 23:30+00',
		'2024-03-10 04:59:59+00', '2024-03-10 05:00+00', '2024-03-11 03:59:59+00', '2024-03-11 04:00+00',
		'2024-06-30 18:29:59+00', '2024-06-30 18:30+00']::timestamptz[]) AS t
GROUP BY nth, zone, t ORDER BY nth, t;
-- The clocks went from midnight to one; half a second before it was still the day before.
SELECT t, order_history(t, 1, 'America/Sao_Paulo') FROM (VALUES (timestamptz '1997-10-06 02:59:59.5+00'), ('1997-10-06 03:00+00')) v(t) GROUP BY t ORDER BY t;
SELECT order_history(timestamptz '294276-12-31 23:59:59+00', 1, 'Asia/Kolkata'), order_history(timestamptz '4714-11-24 00:00+00 BC', 1, 'Asia/Kolkata');
-- Another zone in each row
SELECT order_history(timestamptz '2024-01-01 05:00+00', 1, zone) FROM unnest(ARRAY['America/New_York', 'America/Los_Angeles', 'Asia/Tokyo', 'America/New_York']) zone;
-- Nothing depends on the session
SET timezone = 'Asia/Tokyo';
SELECT order_history(timestamptz '2024-01-31 23:30+00', 1, 'UTC'), order_history(timestamp '2024-01-31 23:30', 1);
SET datestyle = 'German';
SELECT '{2024-01-05 29.33}'::history;
SET datestyle = ISO;
SET timezone = 'UTC';

-- Errors
\pset format unaligned
\pset tuples_only
SELECT format(E'%s\n%s', call, pg_temp.error_of('SELECT clv.' || call))
FROM unnest(ARRAY[
	$$order_history('infinity'::date, 1::numeric)$$,
	$$order_history('-infinity'::date)$$,
	$$order_history('infinity'::timestamp, 1)$$,
	$$order_history('-infinity'::timestamptz, 1, 'UTC')$$,
	$$order_history('4714-11-24 00:00+00 BC'::timestamptz, 1, 'America/New_York')$$,
	$$order_history(now(), 1, 'Europe/Atlantis')$$,
	$$order_history(now(), 1, 'PDT')$$,
	$$order_history(now(), 1, '')$$,
	$$order_history(now(), 1, repeat('x', 300))$$,
	$$order_history('2024-01-01'::date, 'NaN'::numeric)$$,
	$$order_history('2024-01-01'::date, 'Infinity'::numeric)$$,
	$$order_history('2024-01-01'::date, '-Infinity'::numeric)$$,
	$$order_history('2024-01-01'::date, 'NaN'::float8)$$,
	$$order_history('2024-01-01'::date, 'Infinity'::float8)$$,
	$$order_history('2024-01-01'::date, '-Infinity'::float8)$$,
	$$order_history('2024-01-01'::date, 1e37)$$,
	$$order_history('2024-01-01'::date, -1e37)$$,
	$$order_history('2024-01-01'::date, 12345678901234567890123456789012345678)$$,
	$$order_history('2024-01-01'::date, 1e-38)$$,
	$$order_history('2024-01-01'::date, 1e-60)$$,
	$$order_history('2024-01-01'::date, 1e1000)$$,
	$$order_history('2024-01-01'::date, 1e37::float8)$$,
	$$order_history('2024-01-01'::date, -1e300::float8)$$,
	$$order_history('2024-01-01'::date, 1e-38::float8)$$,
	$$order_history('2024-01-01'::date, 5e-324::float8)$$,
	$$order_history('2024-01-01'::date, a) FROM (VALUES (1e36), (0.01)) v(a)$$,
	$$order_history('2024-01-01'::date, a) FROM (VALUES (0.01), (1e36)) v(a)$$,
	$$order_history('2024-01-01'::date, a) FROM (VALUES (9e36), (9e36)) v(a)$$,
	$$order_history('2024-01-01'::date, 1::numeric, '-2147483648'::int)$$,
	$$order_history('2024-01-01'::date, 1::numeric, o) FROM (VALUES (2147483647), (1)) v(o)$$,
	$$merge(h) FROM (VALUES ('{2024-01-01 1000000000000000000000000000000000000}'::clv.history), ('{2024-01-02 0.01}')) v(h)$$,
	$$remove('{2024-01-01 1000000000000000000000000000000000000}', '{2024-01-02 0.01}')$$,
	$$remove('{2024-01-01 9000000000000000000000000000000000000}', '{2024-01-01 -9000000000000000000000000000000000000}')$$,
	$$revenue('{2024-01-01 9000000000000000000000000000000000000, 2024-01-02 9000000000000000000000000000000000000}')$$,
	$$statistics('{2024-01-01 1, 2024-01-02 9000000000000000000000000000000000000, 2024-01-03 9000000000000000000000000000000000000}', '2024-12-31')$$,
	$$statistics('{}', 'infinity')$$,
	$$statistics('{2024-01-01 1}', '-infinity')$$,
	$$order_history_trans(NULL, '2024-01-01'::date, 1::numeric)$$,
	$$order_history_trans(NULL, '2024-01-01'::date, 1::float8)$$,
	$$order_history_trans(NULL, '2024-01-01'::date)$$,
	$$order_history_trans(NULL, '2024-01-01'::date, 1, 1)$$,
	$$order_history_trans(NULL, '2024-01-01'::timestamp, 1)$$,
	$$order_history_trans(NULL, '2024-01-01'::timestamptz, 1, 'UTC')$$,
	$$merge_trans('{}', '{}')$$,
	$$history_combine('{}', '{}')$$
]) AS call;
\pset format aligned
\pset tuples_only
-- Without an order to add they change nothing.
SELECT order_history_trans('{2024-01-01 1}', NULL::date, 1::numeric), merge_trans('{2024-01-01 1}', NULL), history_combine(NULL, '{2024-01-01 1}'),
	history_combine('{2024-01-01 1}', NULL), history_final('{2024-01-01 1}');

--
-- Histories from histories
--

SELECT remove('{2024-01-01 10, 2024-01-02 5.50}', gone)
FROM (VALUES ('{}'::history), ('{2024-01-01 10}'), ('{2024-01-01 3}'), ('{2024-01-02*0 0.5}'), ('{2024-01-03 1}'), ('{2024-01-01 10, 2024-01-02 5.50}')) v(gone);
SELECT remove('{}', '{2024-01-01*2 3}'), remove(NULL, '{}') IS NULL AS unknown, remove('{}', NULL) IS NULL AS unknown;
SELECT as_of, truncate('{2024-01-01 1, 2024-01-02 0.5, 2024-01-04 2}', as_of)
FROM unnest(ARRAY['-infinity', '4714-11-24 BC', '2023-12-31', '2024-01-01', '2024-01-03', '2024-01-04', '5874897-12-31', 'infinity', NULL]::date[]) as_of;
SELECT from_date, to_date, slice('{4714-11-24 BC 1, 2024-01-02 0.5, 5874897-12-31 2}', from_date, to_date)
FROM (VALUES ('-infinity'::date, 'infinity'::date), ('-infinity', '2024-01-02'), ('2024-01-02', 'infinity'), ('2024-01-02', '2024-01-03'), ('2024-01-02', '2024-01-02'),
	('2024-01-03', '2024-01-02'), ('infinity', 'infinity'), ('infinity', '-infinity'), ('-infinity', '-infinity'), ('-infinity', '5874897-12-31'), (NULL, '2024-01-01')) v(from_date, to_date);

--
-- What is read off
--

SELECT h, orders(h), purchase_days(h), revenue(h), first_order(h), last_order(h), s.*
FROM unnest(ARRAY['{}', '{2024-01-01 10}', '{2024-01-01*3 10, 2024-01-31 5.25, 2024-02-10*2 7}',
	'{2024-01-01*0 -10}', '{2024-01-01*-2 -10}', '{2023-12-01*0 -1, 2024-01-01 10, 2024-01-15*0 -4, 2024-01-20 5, 2024-02-01*-1 -2}',
	'{2024-01-01 0, 2024-01-02 0}', '{2024-12-31 1}']::history[]) h, LATERAL statistics(h, '2024-06-30') s;
SELECT as_of, s.* FROM unnest(ARRAY['2023-12-31', '2024-01-01', '2024-01-30', '2024-01-31', '5874897-12-31']::date[]) as_of,
	LATERAL statistics('{2024-01-01*3 10, 2024-01-31 5.25}', as_of) s;
SELECT statistics('{}', '2024-01-01') IS NULL AS no_customer, statistics(NULL, '2024-01-01') IS NULL AS unknown, statistics('{}', NULL) IS NULL AS unknown;
SELECT * FROM purchases('{2024-01-01*3 10, 2024-01-31*0 -5.25, 2024-02-10 7}');
SELECT * FROM purchases('{}');
SELECT * FROM purchases(NULL);
SELECT revenue('{2024-01-01 9999999999999999999999999999999999999, 2024-01-02 1, 2024-01-03*0 -2}');
SELECT orders(NULL) IS NULL AND revenue(NULL) IS NULL AND first_order(NULL) IS NULL AS unknown;

--
-- Equality
--

SELECT l, r, l = r AS equal, l <> r AS unequal
FROM (VALUES ('{}'::history, '{}'::history), ('{2024-01-01 1.0}', '{2024-01-01*1 1}'), ('{2024-01-01 1}', '{2024-01-01 2}'), ('{2024-01-01 1}', '{}'), (NULL, '{}')) v(l, r);
SELECT h, count(*) FROM (VALUES ('{2024-01-01 1.0}'::history), ('{2024-01-01 1}'), ('{}'), (NULL), (NULL)) v(h) GROUP BY h ORDER BY 2, h::text;
SELECT count(*) FROM (SELECT DISTINCT h FROM (VALUES ('{2024-01-01 1.0}'::history), ('{2024-01-01 1}'), ('{}')) v(h)) d;
SELECT '{2024-01-01 1}'::history IN ('{}', '{2024-01-01 1.00}') AS found;

--
-- Storage, COPY, windows, aggregates of others
--

CREATE TEMP TABLE histories (customer int PRIMARY KEY, history history);
INSERT INTO histories
SELECT c, order_history(date '2020-01-01' + i * i % 1500, (i * c % 1000) / 100.0)
FROM generate_series(1, 50) c, generate_series(1, c * c) i GROUP BY c;
INSERT INTO histories VALUES (0, '{}'), (-1, NULL), (-2, '{4714-11-24 BC*-5 -0.0000000001, 5874897-12-31 9999}');
SELECT count(*), sum(orders(history)), sum(revenue(history)), max(pg_column_size(history)) FROM histories;

CREATE TEMP TABLE copied (LIKE histories);
\copy histories TO 'results/history.data' (FORMAT binary)
\copy copied FROM 'results/history.data' (FORMAT binary)
\copy histories TO 'results/history.data'
\copy copied FROM 'results/history.data'
SELECT count(*), count(*) FILTER (WHERE c.history = h.history OR c.customer = -1) AS same, count(*) FILTER (WHERE history_send(c.history) = history_send(h.history)) AS same_bytes
FROM copied c JOIN histories h USING (customer);

-- Binary values that are none: no byte, another version, an open log, a scale too many, a long varint, one day twice
CREATE TEMP TABLE read (h history);
\copy (SELECT bytea '\x0102008a16') TO 'results/history.data' (FORMAT binary)
\copy read FROM 'results/history.data' (FORMAT binary)
SELECT h FROM read;
\copy (SELECT bytea '\x') TO 'results/history.data' (FORMAT binary)
\copy read FROM 'results/history.data' (FORMAT binary)
\copy (SELECT bytea '\x0200') TO 'results/history.data' (FORMAT binary)
\copy read FROM 'results/history.data' (FORMAT binary)
\copy (SELECT bytea '\x81020000891c000000000000') TO 'results/history.data' (FORMAT binary)
\copy read FROM 'results/history.data' (FORMAT binary)
\copy (SELECT bytea '\x010200c801') TO 'results/history.data' (FORMAT binary)
\copy read FROM 'results/history.data' (FORMAT binary)
\copy (SELECT bytea '\x0100008200') TO 'results/history.data' (FORMAT binary)
\copy read FROM 'results/history.data' (FORMAT binary)
\copy (SELECT bytea '\x010000020002') TO 'results/history.data' (FORMAT binary)
\copy read FROM 'results/history.data' (FORMAT binary)
\set VERBOSITY sqlstate
\copy read FROM 'results/history.data' (FORMAT binary)
\set VERBOSITY default

-- A running history
SELECT ordered_on, amount, order_history(ordered_on, amount) OVER (ORDER BY ordered_on, amount) AS so_far,
	order_history(ordered_on, amount) OVER (ORDER BY ordered_on, amount ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS last_two
FROM orders ORDER BY ordered_on, amount;

-- The support functions in aggregates of somebody else: an initial value, no final function, states from a table
CREATE AGGREGATE pg_temp.from_start(date, numeric) (SFUNC = clv.order_history_trans, STYPE = clv.history, INITCOND = '{2000-01-01 100}', FINALFUNC = clv.history_final, COMBINEFUNC = clv.history_combine);
CREATE AGGREGATE pg_temp.without_final(date, numeric) (SFUNC = clv.order_history_trans, STYPE = clv.history);
CREATE AGGREGATE pg_temp.combined(clv.history) (SFUNC = clv.history_combine, STYPE = clv.history);
SELECT pg_temp.from_start(ordered_on, amount), pg_temp.without_final(ordered_on, amount) FROM orders;
SELECT pg_temp.from_start(ordered_on, amount) FROM orders WHERE false;
CREATE TEMP TABLE open AS
SELECT c AS customer, pg_temp.without_final(date '2020-01-01' + i * i % 1500, (i * c % 1000) / 100.0) AS history
FROM generate_series(1, 50) c, generate_series(1, c * c) i GROUP BY c;
SELECT count(*) AS customers, count(*) FILTER (WHERE o.history = h.history) AS equal, count(*) FILTER (WHERE history_send(o.history) = history_send(h.history)) AS same_bytes,
	count(*) FILTER (WHERE history_hash(o.history) = history_hash(h.history)) AS same_hash, count(*) FILTER (WHERE revenue(o.history) = revenue(h.history)) AS same_revenue,
	count(*) FILTER (WHERE o.history::text = h.history::text) AS same_text, count(*) FILTER (WHERE remove(o.history, h.history) = '{}') AS nothing_left
FROM open o JOIN histories h USING (customer);
SELECT orders(merge(history)), orders(pg_temp.combined(history)), revenue(pg_temp.combined(history)) FROM open;
-- A state that begins as it was in its row: with a short header, or outside of the row
SELECT pg_temp.combined(history ORDER BY customer) FROM open WHERE customer <= 3;
ALTER TABLE open ALTER history SET STORAGE EXTERNAL;
INSERT INTO open SELECT 1000, pg_temp.without_final(date '2020-01-01' + i, 0.01) FROM generate_series(1, 10000) i;
SELECT orders(pg_temp.combined(history ORDER BY customer DESC)), revenue(pg_temp.combined(history ORDER BY customer DESC)) FROM open WHERE customer NOT BETWEEN 4 AND 999;
DELETE FROM open WHERE customer = 1000;
SELECT orders(pg_temp.combined(history)), revenue(pg_temp.combined(history)) FROM histories WHERE customer > 0;
-- More days than rows on the stack, one day very often, in and out of order
SELECT orders(h), purchase_days(h), revenue(h), first_order(h), last_order(h), octet_length(history_send(h)) AS bytes
FROM (SELECT order_history(date '2000-01-01' + i * 7919 % 5000, 0.25) FROM generate_series(1, 20000) i
	UNION ALL SELECT order_history(date '2000-01-01', 0.25) FROM generate_series(1, 20000) i
	UNION ALL SELECT order_history(date '2000-01-01' + i % 2, 0.25 / 10 ^ (i % 11)) FROM generate_series(1, 20000) i) v(h);
