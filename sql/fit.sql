-- clv.fit and its kin: what they count, what they refuse, and that nothing but the data decides
SET search_path = public, clv;
SET client_min_messages = warning;

-- A shop of 2,000 customers, the same on every machine
CREATE TABLE fit_test AS
SELECT customer, clv.order_history(ordered_on, amount) AS h, 1 + customer % 3 AS store
FROM clv.simulate('bg/nbd(r=0.4, alpha=40, a=0.8, b=2.5); unit=1 day', 'gamma-gamma(p=6, q=4, v=15)', 2000, '2023-01-01', '2024-12-31', 7)
GROUP BY customer;
CREATE TABLE fit_stats AS
SELECT t.customer, t.store, (clv.statistics(t.h, '2024-06-30')).* FROM fit_test t;

-- Histories and their statistics give the same model, but for the unit
SELECT clv.family(m), clv.status(m), clv.unit(m), clv.observations(m) FROM (SELECT clv.fit('bg/nbd', h, '2024-06-30') m FROM fit_test) f;
SELECT clv.with_unit((SELECT clv.fit('bg/nbd', frequency, t_x, age) FROM fit_stats), '1 day')
	= (SELECT clv.fit('bg/nbd', h, '2024-06-30') FROM fit_test) AS same;
SELECT (SELECT clv.fit_spend(frequency, spend) FROM fit_stats WHERE spend > 0)
	= (SELECT clv.fit_spend(h, '2024-06-30') FROM fit_test) AS same;
SELECT (SELECT clv.fit('gamma-gamma', h, '2024-06-30') FROM fit_test) = (SELECT clv.fit_spend(h, '2024-06-30') FROM fit_test) AS same;
-- Orders after as_of change nothing
SELECT (SELECT clv.fit('bg/nbd', clv.truncate(h, '2024-06-30'), '2024-06-30') FROM fit_test WHERE clv.first_order(h) <= '2024-06-30')
	= (SELECT clv.fit('bg/nbd', h, '2024-06-30') FROM fit_test) AS same;

-- A weight is so many equal rows
SELECT (SELECT clv.fit('bg/nbd', x, t_x, age, n) FROM (VALUES (0, 0, 30, 5), (1, 10, 30, 3), (2, 20, 30, 2)) v(x, t_x, age, n))
	= (SELECT clv.fit('bg/nbd', x, t_x, age) FROM (VALUES (0, 0, 30, 5), (1, 10, 30, 3), (2, 20, 30, 2)) v(x, t_x, age, n), generate_series(1, n)) AS same;
SELECT clv.observe('bg/nbd', x, t_x, age, n) FROM (VALUES (0, 0, 30, 5), (1, 10, 30, 3), (2, 20, 30, 0), (3, 15, 30, 0.5)) v(x, t_x, age, n);

-- What is skipped: NULLs, customers who came later, customers without repeat purchase for spend
SELECT clv.observe('bg/nbd', x, t_x, age) FROM (VALUES (NULL, 0, 30), (1, NULL, 30), (1, 10, NULL), (1, 10, 30)) v(x, t_x, age);
SELECT clv.observe(f, 1, 10, 30) FROM (VALUES (NULL), ('bg/nbd')) v(f);
SELECT clv.observe('bg/nbd', h, '2024-01-31') FROM (VALUES ('{2024-01-01 1, 2024-01-11 2, 2024-02-11 3}'::clv.history), ('{2024-02-01 1}'), (NULL)) v(h);
SELECT clv.observe_spend(h, '2024-01-31') FROM (VALUES ('{2024-01-01 1, 2024-01-11 2, 2024-02-11 3}'::clv.history), ('{2024-01-01 1}'), ('{2024-01-01 1, 2024-01-05 -3}')) v(h);
SELECT clv.observe_spend(x, spend) FROM (VALUES (0, NULL), (0, 0), (2, 10.5), (2, 10.5)) v(x, spend);
SELECT clv.observe_spend(x, spend, 2) FROM (VALUES (0, NULL), (0, 0), (2, 10.5), (2, 10.5)) v(x, spend);
SELECT clv.observe_renewals('sbg', p, s) FROM (VALUES (1, 869), (0, 1000), (2, 743)) v(p, s);
SELECT clv.observe('bg/cnbd-k', h, '2024-01-31') FROM (VALUES ('{2024-01-01 1, 2024-01-02 2, 2024-01-04 3}'::clv.history), ('{2024-01-20 1}')) v(h);

-- Nothing to fit
SELECT clv.fit('bg/nbd', h, '2024-06-30') IS NULL, clv.fit_spend(h, '2024-06-30') IS NULL, clv.observe('bg/nbd', h, '2024-06-30') IS NULL FROM fit_test WHERE false;
SELECT clv.fit('bg/nbd', h, '2000-01-01') IS NULL FROM fit_test;
SELECT clv.fit('bg/nbd', x, t_x, age) IS NULL, clv.fit_spend(x, t_x) IS NULL, clv.fit_renewals('sbg', 0, x) IS NULL FROM (VALUES (NULL::float8, NULL::float8, NULL::float8)) v(x, t_x, age);
SELECT clv.fit('bg/nbd {}'::clv.observation_table) IS NULL, clv.fit(NULL::clv.observation_table) IS NULL;
SELECT store, clv.fit('bg/nbd', h, '2024-06-30') FILTER (WHERE store = 2) IS NULL AS empty FROM fit_test GROUP BY store ORDER BY store;

-- The order of rows does not matter, and neither does how they are collected
CREATE TABLE fit_result AS SELECT clv.fit('bg/nbd', h, '2024-06-30') AS m FROM fit_test;
SELECT clv.fit('bg/nbd', h, '2024-06-30') = (SELECT m FROM fit_result) AS same FROM (SELECT h FROM fit_test ORDER BY md5(customer::text)) s;
SELECT clv.fit('bg/nbd', h, '2024-06-30' ORDER BY customer DESC) = (SELECT m FROM fit_result) AS same FROM fit_test;
SELECT clv.fit(clv.observe('bg/nbd', h, '2024-06-30')) = (SELECT m FROM fit_result) AS same FROM fit_test;
SELECT clv.fit(clv.merge(o)) = (SELECT m FROM fit_result) AS same FROM (SELECT clv.observe('bg/nbd', h, '2024-06-30') AS o FROM fit_test GROUP BY store) s;
SELECT clv.fit(clv.merge(o)) = (SELECT m FROM fit_result) AS same FROM (SELECT clv.observe('bg/nbd', h, '2024-06-30')::text::clv.observation_table AS o FROM fit_test GROUP BY customer % 7) s;
SELECT count(DISTINCT o::text) FROM (SELECT clv.observe('bg/nbd', h, '2024-06-30') AS o FROM fit_test
	UNION ALL SELECT clv.merge(o) FROM (SELECT clv.observe('bg/nbd', h, '2024-06-30') AS o FROM fit_test GROUP BY store) s) t;

-- Serial and parallel plans
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 3;
ALTER TABLE fit_test SET (parallel_workers = 3);
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS off) ' || query;
END $$;
SELECT bool_or(line LIKE '%Partial Aggregate%') AS is_parallel FROM pg_temp.plan_of($$SELECT clv.fit('bg/nbd', h, '2024-06-30') FROM fit_test$$) line;
SELECT clv.fit('bg/nbd', h, '2024-06-30') = (SELECT m FROM fit_result) AS same FROM fit_test;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;

-- One model a group, one model per row of a window
SELECT store, clv.family(m), clv.status(m), clv.observations(m) FROM (SELECT store, clv.fit('mbg/nbd', h, '2024-06-30') AS m FROM fit_test GROUP BY store) s ORDER BY store;
SELECT k, clv.observations(clv.fit('nbd', k, k, 10) OVER (ORDER BY k)) FROM generate_series(0, 3) k;

-- Options stand behind the family
SELECT clv.status(clv.fit('bg/nbd(max_iterations=1)', h, '2024-06-30')) FROM fit_test;
SELECT round((clv.log_likelihood(clv.fit('BG/NBD (r=2, alpha=10, a=2, b=2)', h, '2024-06-30')) - (SELECT clv.log_likelihood(m) FROM fit_result))::numeric, 6) AS difference FROM fit_test;
SELECT clv.parameter(clv.fit('bg/cnbd-k(k=2)', h, '2024-06-30'), 'k') FROM fit_test;

-- Histories counted in weeks; families with opportunities count those that have ended
SELECT clv.unit(m), clv.with_unit(clv.fit('bg/nbd', frequency, t_x / 7, age / 7), '7 days') = m AS same
FROM fit_stats, (SELECT clv.fit('bg/nbd(unit_days=7)', h, '2024-06-30') AS m FROM fit_test) f GROUP BY m;
SELECT clv.observe('bg/bb', h, '2024-02-04'), clv.observe('bg/bb(unit_days=7)', h, '2024-02-04')
FROM (VALUES ('{2024-01-01 1, 2024-01-07 1, 2024-01-08 1, 2024-01-09 1, 2024-02-01 1, 2024-02-05 1}'::clv.history), ('{2024-01-30 1}')) v(h);
SELECT clv.unit(clv.fit('bg/bb(unit_days=7)', h, '2024-06-30')), clv.status(clv.fit('bg/bb(unit_days=7)', h, '2024-06-30')) FROM fit_test;

-- Called outside an aggregate, transition and combine functions leave their argument alone
SELECT o, clv.fit_trans(o, 'bg/nbd', 1, 10, 30) AS added, clv.observations_combine(o, o) AS doubled, o AS same FROM (VALUES ('bg/nbd {1 10 30, 2 20 30}'::clv.observation_table)) v(o);
CREATE TABLE kept AS SELECT 'bg/nbd {1 10 30, 2 20 30}'::clv.observation_table AS o;
SELECT clv.fit_trans(o, 'bg/nbd', 1, 10, 30) AS added, clv.observations_combine(o, o) AS doubled FROM kept;
SELECT o FROM kept;
DROP TABLE kept;

-- Text and binary form of what was observed
CREATE TABLE observed (o clv.observation_table);
INSERT INTO observed VALUES ('bg/nbd {}'), ('bg/nbd {2 30.5 38.75 *3, 0 0 0.1}'), ('BG/NBD(penalty = 0.1) as of 1997-09-30 {0 0 272 *17, 2 213 272}'),
	('sbg cohort {0 1000, 1 869.5}'), ('gamma-gamma {2 0 0 extra=10.5 weight=2}');
SELECT o FROM observed;
CREATE TABLE observed_copy (o clv.observation_table);
\copy observed TO 'results/observed.bin' (FORMAT binary)
\copy observed_copy FROM 'results/observed.bin' (FORMAT binary)
SELECT count(*) FROM observed a JOIN observed_copy b ON a.o::text = b.o::text;

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
SELECT row, e.sqlstate_, e.message, e.detail FROM unnest(ARRAY[
	'-1, 0, 30', '1.5, 10, 30', '1, 31, 30', '1, -1, 30', '1, 0, 30', '0, 10, 30', '0, 0, -1',
	'''NaN'', 10, 30', '1, ''NaN'', 30', '1, 10, ''NaN''', '''Infinity'', 10, 30', '1, 10, ''Infinity''', '1, 10, 1e200',
	'1, 10, 30, -1', '1, 10, 30, ''NaN''', '1, 10, 30, ''Infinity''']) row,
	pg_temp.error_of(format($$SELECT clv.fit('bg/nbd', %s)$$, row)) e;
\x on
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('bg/nbd', 1, 31, 30)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('bg/nbd', 1, 10, 30, -1)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('bgnbd', 1, 10, 30)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('bg/nbd(speed=3)', 1, 10, 30)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('bg/nbd(r=1)', 1, 10, 30)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit(repeat('bg/nbd', 100), 1, 10, 30)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('bg/bb', 1, 1.5, 3)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('bg/cnbd-k', 1, 10, 30)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('bg/nbd', 1, 10, 30, 1, 2.3)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('gamma-gamma', 1, 10, 30)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('sbg', 1, 10, 30)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('sbg', h, '2024-06-30') FROM fit_test$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('bg/nbd', h, 'infinity') FROM fit_test$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit('bg/nbd', h, '2024-06-30'::date + customer::int % 2) FROM fit_test$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit(CASE customer % 2 WHEN 0 THEN 'nbd' ELSE 'bg/nbd' END, h, '2024-06-30') FROM fit_test$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.merge(o) FROM (VALUES ('nbd {}'::clv.observation_table), ('bg/nbd {}')) v(o)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.merge(o) FROM (VALUES ('nbd {}'::clv.observation_table), ('nbd as of 2024-06-30 {}')) v(o)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit_spend(2, 0)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit_spend(2, 'NaN')$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit_spend(1.5, 10)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit_renewals('bg/nbd', 0, 1000)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit_renewals('sbg', -1, 1000)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit_renewals('sbg', 0, 'NaN')$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit_renewals('sbg', p, s) FROM (VALUES (1, 869), (2, 743)) v(p, s)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit_renewals('sbg', p, s) FROM (VALUES (0, 1000), (1, 869), (2, 943)) v(p, s)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.fit_renewals('sbg', p, s) FROM (VALUES (0, 1000), (1, 869), (1, 869)) v(p, s)$$);
\x off
SELECT input, e.sqlstate_, e.message, e.detail FROM unnest(ARRAY[
	'', 'bg/nbd', 'bg/nbd {', 'bg/nbd {1 2}', 'bg/nbd {1 2 3', 'bg/nbd {1 2 3} x', 'bgnbd {1 2 3}', 'bg/nbd {1 4 3}', 'bg/nbd {1 2 NaN}',
	'bg/nbd {1 2 3 *0}', 'bg/nbd {1 2 3 weight=-1}', 'bg/nbd as of soon {1 2 3}', 'bg/nbd as of 2024-02-30 {1 2 3}', 'bg/nbd cohort {0 1}', 'sbg {0 0 1}', 'sbg cohort {0.5 1}'
]) input, pg_temp.error_of(format('SELECT %L::clv.observation_table', input)) e;

DROP TABLE fit_test, fit_stats, fit_result, observed, observed_copy;
