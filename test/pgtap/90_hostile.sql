-- Every function and aggregate of the extension against hostile arguments, generated from the catalog:
-- each call gives a value in range or an error that tells what was wrong, never an internal error and never a crash.
--
-- Each argument has one sane value and many hostile ones.  For each function every hostile value is tried in its
-- position with sane values around it, then pairs of them, up to so many calls; functions of models are tried with
-- every family.  What a call has written is taken back; procedures are called at the end.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

-- Calls per function: with 290 functions well under a minute.
\set most_calls 250

--
-- The values: of a type, perhaps only for arguments of a name or for certain functions. Rank 0 is the sane one.
--

CREATE TEMPORARY TABLE candidate (type regtype, argument text, routine text, rank int, expression text);

-- Values too long to be written into each call.
CREATE TEMPORARY TABLE kept (name text PRIMARY KEY, h clv.history, c clv.cohort_table, o clv.observation_table, m clv.movement_table, l clv.lorenz, s clv.survival_table, note text);
INSERT INTO kept (name, h) VALUES
	('long', (SELECT clv.order_history(date '2000-01-01' + i, (i % 97) / 7.0::numeric(10, 2)) FROM generate_series(0, 700) i)),
	('extreme', (SELECT clv.order_history(day, 1e30) FROM unnest(ARRAY['4714-11-24 BC', '5874897-12-31']::date[]) day)),
	('digits', (SELECT clv.order_history(date '2024-01-01' + i, CASE i WHEN 0 THEN 1e36 WHEN 1 THEN -1e36 ELSE 9.99e36 END) FROM generate_series(0, 5) i)),
	('fine', (SELECT clv.order_history(date '2024-01-01' + i, 1e-37) FROM generate_series(0, 5) i)),
	('many', (SELECT clv.order_history(date '2024-01-01' + i, 5.5, 2147483647) FROM generate_series(0, 3) i)),
	('removed', clv.remove('{}', '{2024-01-05 29.33, 2024-02-05*2 29.33}')),
	('half removed', clv.remove('{2024-01-05 29.33, 2024-03-05 1}', '{2024-01-05*3 29.33, 2024-02-05*2 29.33}'));
INSERT INTO kept (name, c, o, m, l)
SELECT 'usual', clv.cohort_state(h, 'month', '2024-06-30'), clv.observe('bg/nbd', h, '2024-06-30'), clv.movement_state(h, 'month', '2024-06-30'), clv.concentration(clv.revenue(h))
FROM (SELECT clv.order_history(date '2024-01-01' + (random_walk * random_walk * 37 + customer * 11) % 170, 10 + customer) AS h
	FROM generate_series(1, 40) customer, generate_series(1, 4) random_walk WHERE customer % 4 < random_walk GROUP BY customer) base;
INSERT INTO kept (name, c, m) VALUES
	('extreme cohorts', (SELECT clv.cohort_state(h, 'year', '5874897-12-31') FROM kept WHERE name = 'removed'), NULL),
	('brackets', (SELECT clv.cohort_state_brackets(h, 'month', '2024-06-30', '{0,1,8}') FROM kept WHERE name IN ('many', 'half removed', 'removed')), NULL),
	('refunds', (SELECT clv.cohort_state(h, 'day', '2024-03-01') FROM unnest('{"{2024-01-05 -29.33}","{2024-01-05 0}"}'::clv.history[]) h),
	 (SELECT clv.movement_state(h, 'day', '2024-03-01') FROM unnest('{"{2024-01-05 -29.33}","{2024-01-05 0}"}'::clv.history[]) h));
INSERT INTO kept (name, l) VALUES
	('negative', (SELECT clv.concentration(v) FROM unnest('{-1,-2,-3}'::numeric[]) v)),
	('zeros', (SELECT clv.concentration(v) FROM unnest('{0,0,0}'::float8[]) v)),
	('huge', (SELECT clv.concentration(v) FROM unnest('{1e308,-1e308,1e308,5e-324,1.7976931348623157e308}'::float8[]) v)),
	('wide', (SELECT clv.concentration(v) FROM unnest('{1e36,-9e36,5}'::numeric[]) v));
INSERT INTO kept (name, o)
SELECT family, clv.observe(family, x, x * 2, 50.0) FROM unnest('{bg/nbd,mbg/nbd,pareto/nbd,nbd,bg/bb}'::text[]) family, generate_series(0, 5) x GROUP BY family;
INSERT INTO kept (name, o) VALUES
	('spend', (SELECT clv.observe_spend(x, 10.0 + x) FROM generate_series(1, 9) x)),
	('renewals', (SELECT clv.observe_renewals('sbg', p, 100.0 / (1 + p)) FROM generate_series(0, 5) p)),
	('one', (SELECT clv.observe('bg/nbd', 0, 0, 1e-300::float8))),
	('far', (SELECT clv.observe('pareto/nbd', 1e9::float8, 1e100, 1e100)));
INSERT INTO kept (name, s) VALUES
	('lives', (SELECT clv.survival_state(1 + i % 7, i % 3 > 0) FROM generate_series(1, 40) i)),
	('censored', (SELECT clv.survival_state(i, false) FROM generate_series(1, 5) i)),
	('at once', (SELECT clv.survival_state(0, true) FROM generate_series(1, 5) i)),
	('extreme durations', (SELECT clv.survival_state(t, true, 1e-30) FROM unnest('{0,1e-308,1e15,1e308}'::float8[]) t)),
	('gaps', (SELECT clv.gap_state(h, '2024-06-30') FROM kept WHERE name = 'long'));
INSERT INTO kept (name, note) VALUES ('note', repeat('x', 1000000));

INSERT INTO candidate SELECT 'text'::regtype, NULL, NULL, 9, v FROM unnest(ARRAY[$$''$$, $$'a"b''c;--'$$, $$'%s%n%d'$$, $$E'\n\t'$$, $$'äß€😀'$$, $$repeat('x', 63)$$, $$(SELECT note FROM kept WHERE note IS NOT NULL)$$]) v
UNION ALL SELECT 'name', NULL, NULL, 9, v FROM unnest(ARRAY[$$''$$, $$'a"b''c;--'$$, $$'ctid'$$, $$'relname'$$, $$'äß€😀'$$, $$repeat('x', 63)$$]) v
UNION ALL SELECT 'cstring', NULL, NULL, 9, v FROM unnest(ARRAY[$$''$$, $$'{'$$, $$'{}'$$, $$'%s%n%d'$$, $$'{2024-01-05 1e400}'$$, $$'bg/nbd('$$, $$'bg/nbd(r=NaN, alpha=1, a=1, b=1)'$$, $$'bg/nbd(r=1e999, alpha=1, a=1, b=1)'$$,
	$$'bg/nbd {2 1 inf}'$$, $$'bg/nbd {-1 1 2 *-5}'$$, $$'numeric scale 99999 {1*9999999999999999999}'$$, $$'double precision {NaN}'$$, $$'month until infinity scale 2 {}'$$, $$'month until 2024-03-01 scale 2 {2024-01-01: 99999999999999999999}'$$,
	$$(SELECT note::cstring FROM kept WHERE note IS NOT NULL)$$, $$repeat('{', 100000)::cstring$$, $$'äß€😀'$$]) v
UNION ALL SELECT 'float8', NULL, NULL, 9, v || '::float8' FROM unnest('{''NaN'',''inf'',''-inf'',0,''-0'',''-1'',0.5,1e308,''-1e308'',1e-308,5e-324,0.99999999999999989,1e15,1e100,1e-100,2147483648}'::text[]) v
UNION ALL SELECT 'numeric', NULL, NULL, 9, v || '::numeric' FROM unnest('{''NaN'',''inf'',''-inf'',0,-1,0.5,1e-37,1e-38,1e-1000,9e36,1e37,-1e37,1e1000,1e131071,-1e131071,1e-16383}'::text[]) v
UNION ALL SELECT type::regtype, NULL, NULL, 9, '(' || v || ')::' || type FROM unnest('{0,-1,2,100,10000,2147483647,-2147483648}'::text[]) v, unnest('{int,bigint}'::text[]) type
UNION ALL SELECT 'bigint', NULL, NULL, 9, v || '::bigint' FROM unnest('{''9223372036854775807'',''-9223372036854775808''}'::text[]) v
UNION ALL SELECT type::regtype, NULL, NULL, 9, v || '::' || type FROM unnest(ARRAY[$$'-infinity'$$, $$'infinity'$$, $$'4714-11-24 BC'$$, $$'0001-01-01 BC'$$, $$'1582-10-10'$$, $$'1999-12-31'$$, $$'2000-02-29'$$, $$'2024-01-05'$$, $$'2024-12-31'$$, $$'294276-12-31'$$]) v, unnest('{date,timestamp,timestamptz}'::text[]) type
UNION ALL SELECT 'date', NULL, NULL, 9, v FROM unnest(ARRAY[$$'5874897-12-31'::date$$, $$'5874897-11-30'::date$$]) v
UNION ALL SELECT 'interval', NULL, NULL, 9, v || '::interval' FROM unnest(ARRAY[$$'0'$$, $$'-1 day'$$, $$'1 microsecond'$$, $$'-1 microsecond'$$, $$'1 month -31 days'$$, $$'1 month -40 days'$$, $$'10 years'$$, $$'2147483647 days'$$, $$'-2147483648 days'$$, $$'178000000 years'$$, $$'-178000000 years'$$,
	$$'2147483647 months 2147483647 days 2562047788:00:54.775807'$$, $$'2562047788:00:54.775807'$$]) v
UNION ALL SELECT 'bool', NULL, NULL, 9, v FROM unnest('{true,false}'::text[]) v
UNION ALL SELECT type::regtype, NULL, NULL, 9, v || '::' || type FROM unnest(ARRAY[$$'{}'$$, $$'{NULL}'$$, $$'{0}'$$, $$'{-1,-2}'$$, $$'{0,1}'$$, $$'{0,2147483647}'$$, $$'{5,3,1}'$$, $$'{{1,2},{3,4}}'$$, $$'{-100,60,60}'$$, $$'{1,NULL,3}'$$]) v, unnest('{int[],numeric[]}'::text[]) type
UNION ALL SELECT 'numeric[]', NULL, NULL, 9, v || '::numeric[]' FROM unnest(ARRAY[$$'{NaN}'$$, $$'{-1,Infinity}'$$, $$'{-1e131071,1e131071}'$$, $$'{-1,1e-1000}'$$]) v
UNION ALL SELECT 'int[]', NULL, NULL, 9, 'ARRAY(SELECT generate_series(0, 5000))'
UNION ALL SELECT 'regclass', NULL, NULL, 9, v FROM unnest(ARRAY['0::regclass', '4294967295::oid::regclass', $$'pg_catalog.pg_class'$$, $$'pg_catalog.pg_class_oid_index'$$, $$'kept'$$, $$'clv.portfolio_setting'$$]) v
UNION ALL SELECT 'regtype[]', NULL, NULL, 9, v || '::regtype[]' FROM unnest(ARRAY[$$'{}'$$, $$'{NULL}'$$, $$'{0}'$$, $$'{4294967295}'$$]) v
UNION ALL SELECT 'anyelement', NULL, NULL, 9, v FROM unnest(ARRAY[$$NULL::text$$, $$NULL::record$$, $$NULL::clv.history$$, $$1.5::float8$$, $$'{}'::int[]$$]) v
UNION ALL SELECT 'clv.portfolio_setting', NULL, NULL, 9, v FROM unnest(ARRAY[$$jsonb_populate_record(NULL::clv.portfolio_setting, '{}')$$, $$jsonb_populate_record(NULL::clv.portfolio_setting, '{"source": "4294967295"}')$$, $$jsonb_populate_record(NULL::clv.portfolio_setting, '{"source": "pg_class", "customer": "oid", "ordered_at": "relname", "amount": "ctid"}')$$]) v
UNION ALL SELECT 'clv.history', NULL, NULL, 9, v || '::clv.history' FROM unnest(ARRAY[$$'{}'$$, $$'{2024-01-05 -29.33}'$$, $$'{2024-01-05 0}'$$, $$'{2024-01-05 29.33}'$$, $$'{2024-01-05 5, 2024-01-06 -5}'$$]) v
UNION ALL SELECT 'clv.history', NULL, NULL, 9, format('(SELECT h FROM kept WHERE name = %L)', name) FROM kept WHERE h IS NOT NULL
UNION ALL SELECT 'clv.cohort_table', NULL, NULL, 9, format('(SELECT c FROM kept WHERE name = %L)', name) FROM kept WHERE c IS NOT NULL
UNION ALL SELECT 'clv.movement_table', NULL, NULL, 9, format('(SELECT m FROM kept WHERE name = %L)', name) FROM kept WHERE m IS NOT NULL
UNION ALL SELECT 'clv.survival_table', NULL, NULL, 9, format('(SELECT s FROM kept WHERE name = %L)', name) FROM kept WHERE s IS NOT NULL
UNION ALL SELECT 'clv.survival_table[]', NULL, NULL, 9, v FROM unnest(ARRAY[$$'{}'::clv.survival_table[]$$, $$'{NULL,NULL}'::clv.survival_table[]$$, $$ARRAY(SELECT s FROM kept WHERE name = 'lives')$$, $$ARRAY(SELECT s FROM kept WHERE s IS NOT NULL ORDER BY name)$$]) v
UNION ALL SELECT 'clv.observation_table', NULL, NULL, 9, format('(SELECT o FROM kept WHERE name = %L)', name) FROM kept WHERE o IS NOT NULL
UNION ALL SELECT 'clv.lorenz', NULL, NULL, 9, format('(SELECT l FROM kept WHERE name = %L)', name) FROM kept WHERE l IS NOT NULL;

-- Models of every family: a usual one, and each parameter and all of them at what a model may hold.
INSERT INTO candidate
SELECT 'clv.model', NULL, NULL, CASE WHEN v LIKE 'bg/nbd%' THEN -2 ELSE -1 END, quote_literal(v) || '::clv.model' FROM unnest(ARRAY[
	'bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)', 'mbg/nbd(r=0.525, alpha=6.18, a=0.891, b=1.614)', 'pareto/nbd(r=0.553, alpha=10.58, s=0.606, beta=11.67)',
	'nbd(r=0.385, alpha=12.07)', 'bg/bb(alpha=1.204, beta=0.75, gamma=0.657, delta=2.783)', 'bg/cnbd-k(k=2, r=0.243, alpha=4.414, a=0.793, b=2.426)',
	'mbg/cnbd-k(k=3, r=0.525, alpha=6.18, a=0.891, b=1.614)', 'gamma-gamma(p=6.25, q=3.74, gamma=15.44)', 'sbg(alpha=0.668, beta=3.806)', 'bdw(alpha=0.259, beta=1.722, c=1.584)']) v;
INSERT INTO candidate
SELECT 'clv.model', NULL, NULL, 9, quote_literal(family || '(' || string_agg(parameter || '=' ||
	CASE WHEN which IN (i, 0, CASE i % 2 WHEN 0 THEN -1 ELSE -2 END) THEN CASE parameter WHEN 'k' THEN CASE WHEN value LIKE '1e-%' THEN '1' ELSE '100' END ELSE value END
	ELSE CASE parameter WHEN 'k' THEN '2' ELSE '1.5' END END, ', ' ORDER BY i) || ')') || '::clv.model'
FROM clv.families() f CROSS JOIN LATERAL unnest(f.parameters) WITH ORDINALITY p (parameter, i),
	unnest('{1e-100,1e100,1e-6,1e6}'::text[]) value, generate_series(-2, 5) which
WHERE which <= cardinality(f.parameters)
GROUP BY family, value, which;

-- NULL, wherever it is not there yet.
INSERT INTO candidate SELECT DISTINCT type, NULL, NULL, 9, CASE type WHEN 'anyelement'::regtype THEN 'NULL::bigint' ELSE format('NULL::%s', type) END FROM candidate;

-- The sane ones.
INSERT INTO candidate (type, rank, expression) VALUES
	('text', 0, $$'x'$$), ('name', 0, $$'h'$$), ('cstring', 0, $$'{2024-01-05 1}'$$), ('float8', 0, '1::float8'), ('numeric', 0, '3::numeric'), ('int', 0, '1'), ('bigint', 0, '1::bigint'), ('date', 0, $$'2024-06-30'::date$$),
	('timestamp', 0, $$'2024-06-30 12:00'::timestamp$$), ('timestamptz', 0, $$'2024-06-30 12:00Z'::timestamptz$$), ('interval', 0, $$'90 days'::interval$$), ('bool', 0, 'true'), ('int[]', 0, $$'{0,1,8,31}'::int[]$$),
	('numeric[]', 0, $$'{-100,60,60,60}'::numeric[]$$), ('regclass', 0, $$'pg_catalog.pg_class'::regclass$$), ('regtype[]', 0, $$'{date,numeric}'::regtype[]$$), ('anyelement', 0, 'NULL::bigint'),
	('clv.portfolio_setting', 0, $$jsonb_populate_record(NULL::clv.portfolio_setting, '{"source": "public.hostile_order", "customer": "customer", "ordered_at": "ordered_on", "amount": "amount", "refunds": "net", "week_start": "monday", "periods": ["month"], "family": "bg/nbd", "horizon": "90 days"}')$$),
	('clv.history', 0, $$'{2024-01-05 29.33, 2024-02-11*2 59.06, 2024-04-01 10}'::clv.history$$),
	('clv.cohort_table', 0, $$(SELECT c FROM kept WHERE name = 'usual')$$), ('clv.movement_table', 0, $$(SELECT m FROM kept WHERE name = 'usual')$$),
	('clv.survival_table', 0, $$(SELECT s FROM kept WHERE name = 'lives')$$), ('clv.survival_table[]', 0, $$ARRAY(SELECT s FROM kept WHERE name IN ('lives', 'gaps') ORDER BY name)$$),
	('clv.observation_table', 0, $$(SELECT o FROM kept WHERE name = 'usual')$$), ('clv.lorenz', 0, $$(SELECT l FROM kept WHERE name = 'usual')$$),
	('clv.rfm_distribution', 0, $$'("numeric scale 0 {8766, 8800*2}","numeric scale 0 {1*2, 7}","numeric scale 2 {10.00, 20.50, 99.99}")'::clv.rfm_distribution$$),
	('clv.rfm_distribution', 9, $$'("numeric scale 0 {-99999999999999999999, 2147483647}","numeric scale 0 {-1, 9223372036854775807}","float8 {-1e308, 1e308}")'::clv.rfm_distribution$$),
	('clv.rfm_distribution', 9, $$'("numeric scale 0 {1*9223372036854775807}","numeric scale 0 {9223372036854775807*9223372036854775807}","numeric scale 37 {9.9999999999999999999999999999999999999}")'::clv.rfm_distribution$$),
	('clv.rfm_distribution', 9, $$'("numeric scale 0 {}","numeric scale 0 {}",)'::clv.rfm_distribution$$),
	('clv.cutoff_values', 0, $$'(60,20,"{2024-01-01,2024-02-01,2024-03-01,2024-04-01}","{1,2,3,4}","{10,20.5,30,40}")'::clv.cutoff_values$$),
	('clv.cutoff_values', 9, $$'(NaN,-Infinity,"{-infinity,infinity,4713-01-01 BC,5874897-12-31}","{-2147483648,2147483647,0,0}","{9999999999999999999999999999999999999,-1e-37,0,1e36}")'::clv.cutoff_values$$),
	('clv.cutoff_values', 9, $$'(,,"{{2024-01-01,2024-02-01},{2024-03-01,2024-04-01}}","[-1:2]={4,3,2,1}","{1,2,3,Infinity}")'::clv.cutoff_values$$);
INSERT INTO candidate (type, argument, rank, expression)
SELECT 'float8'::regtype, a, 0, v || '::float8' FROM (VALUES ('x', 2), ('t_x', 30), ('age', 40), ('horizon', 10), ('rate', 0.01), ('spend', 20), ('from_time', 40), ('to_time', 50), ('level', 0.95), ('probability', 0.5),
	('annual_rate', 0.1), ('a', 0.8), ('b', 0.95), ('share', 0.8), ('fraction', 0.2), ('survivors', 100), ('later', 3)) v (a, v)
UNION ALL SELECT 'numeric', a, 0, '0.5::numeric' FROM unnest('{rate,retention,discount,margin,conversion,low,probability}'::text[]) a
UNION ALL SELECT 'int', a, 0, v::text FROM (VALUES ('bins', 5), ('points', 10), ('customers', 20), ('days', 30), ('periods', 5), ('period', 0), ('generations', 2)) v (a, v)
UNION ALL SELECT 'date', a, 0, quote_literal(v) || '::date' FROM (VALUES ('start', '2024-01-01'), ('from_date', '2024-01-01'), ('from_day', '2024-07-01'), ('to_date', '2024-03-01'), ('to_day', '2024-08-01'), ('until', '2024-12-31')) v (a, v)
UNION ALL SELECT 'text', a, CASE i WHEN 1 THEN 0 ELSE 9 END, quote_literal(v) FROM (VALUES ('family', '{bg/nbd,mbg/nbd,pareto/nbd,nbd,bg/bb,bg/cnbd-k,mbg/cnbd-k(k=2),gamma-gamma,sbg,bdw,bg/nbd(penalty=1e300),bg/nbd(unit_days=0),"bg/nbd(k=1,","bg/nbd(max_iterations=-1)","BG/NBD"}'::text[]),
	('period', '{month,day,week,quarter,year,MONTH}'), ('week_start', '{monday,sunday}'), ('kind', '{on,on_or_after,rolling,cumulative}'), ('method', '{balanced,percentile}'), ('measure', '{rate,active,revenue,orders}'), ('name', '{r,alpha,p,k}'),
	('zone', '{UTC,Europe/Berlin,"<+25>-25"}'), ('what', '{p_alive,expected_orders,no_order,dert,expected_spend,expected_orders_new,expected_spend_new,survival,retention_rate}'), ('portfolio', '{shop,pg_catalog,clv,public}'),
	('query', '{"SELECT 1::bigint, date ''2024-01-05'', 1.5","SELECT 1","SELECT","DROP TABLE kept","SELECT NULL::bigint, NULL::date, NULL::numeric","SELECT 1::bigint, ''infinity''::date, ''NaN''::numeric","SELECT i::bigint, date ''2024-01-05'', 1e308::float8 FROM generate_series(1, 100) i","COMMIT","SELECT 1; SELECT 2"}'),
	('fragment', '{"a > 1","a; DROP TABLE x","true) --","/*"}'), ('filter', '{"a > 1","a; DROP TABLE x","true) --","/*"}')) w (a, list), unnest(list) WITH ORDINALITY u (v, i);
INSERT INTO candidate (type, argument, routine, rank, expression) VALUES
	('clv.model', 'spend_model', NULL, 0, $$'gamma-gamma(p=6.25, q=3.74, gamma=15.44)'::clv.model$$),
	('text', '', 'fit.*trans', 0, $$'bg/nbd'$$), ('text', '', 'cohort_state.*|movement_state.*', 0, $$'month'$$), ('text', '', 'cohort_state.*|movement_state.*', 9, $$'monday'$$),
	('text', '', 'order_history_trans', 0, $$'UTC'$$), ('text', 'family', '.*renewals', 0, $$'sbg'$$);
INSERT INTO candidate (type, argument, routine, rank, expression)
SELECT DISTINCT t, '', '.*trans', 0, format('NULL::%s', t) FROM unnest('{clv.observation_table,clv.cohort_table,clv.movement_table,clv.lorenz,clv.survival_table}'::regtype[]) t;

INSERT INTO candidate (type, argument, rank, expression) VALUES ('text', 'check', 0, $$'customers'$$), ('clv.check_result[]', NULL, 0, $$ARRAY(SELECT c FROM clv.checks('float8 {1,2}'::clv.lorenz) c)$$),
	('clv.check_result[]', NULL, 9, $$'{}'::clv.check_result[]$$), ('clv.check_result[]', NULL, 9, $$'{NULL}'::clv.check_result[]$$), ('clv.check_result[]', NULL, 9, $$'{"(,NaN,,x,)"}'::clv.check_result[]$$);
INSERT INTO candidate (type, rank, expression) SELECT 'text[]'::regtype, i::int, v FROM unnest(ARRAY[$$'{month}'::text[]$$, 'NULL::text[]', $$'{}'::text[]$$, $$'{NULL}'::text[]$$, $$'{day,day}'::text[]$$, $$'{"a\"b''c;--"}'::text[]$$, $$'{{day,week},{month,year}}'::text[]$$]) WITH ORDINALITY u (v, i);

-- Orders and a portfolio, for the functions that need them.
CREATE TABLE public.hostile_order (customer bigint, ordered_on date, amount numeric, note text);
INSERT INTO public.hostile_order SELECT customer, date '2024-01-01' + (n * n * 37 + customer * 11) % 170, 10 + customer FROM generate_series(1, 40) customer, generate_series(1, 4) n WHERE customer % 4 < n;
DO $$
BEGIN
	PERFORM clv.create_portfolio('hostile_shop', 'public.hostile_order', 'customer', 'ordered_on', 'amount');
	CALL clv.refresh('hostile_shop');
END $$;
CREATE TABLE public.hostile_customer AS SELECT customer, clv.order_history(ordered_on, amount) AS history, customer % 3 = 0 AS lost, 'x' || customer % 4 AS channel FROM public.hostile_order GROUP BY customer;
INSERT INTO candidate (type, argument, routine, rank, expression) VALUES
	('regclass', 'source', 'rfm.*|segment_migration|drivers', -2, $$'public.hostile_customer'::regclass$$), ('name', 'customer_column', NULL, 0, $$'customer'$$), ('name', 'history_column', NULL, 0, $$'history'$$), ('name', 'lost_column', NULL, 0, $$'lost'$$),
	('name[]', NULL, NULL, 0, $$'{channel,history}'::name[]$$), ('name[]', NULL, NULL, 9, $$'{}'::name[]$$), ('name[]', NULL, NULL, 9, $$'{NULL}'::name[]$$), ('name[]', NULL, NULL, 9, $$'{{lost,ctid},{customer,"a\"b"}}'::name[]$$),
	('regclass', 'rules', NULL, 0, 'NULL::regclass'), ('text', 'axis', NULL, 0, $$'tenure'$$), ('numeric[]', 'weights', 'rfm', 0, 'NULL::numeric[]'), ('numeric[]', 'limits', NULL, 0, $$'{10,50}'::numeric[]$$), ('int[]', 'scores', NULL, 0, $$'{1,2,3}'::int[]$$),
	('numeric[]', 'weights', 'weighted_score', 0, $$'{1,2,3}'::numeric[]$$), ('numeric[]', 'r_limits', NULL, 0, 'NULL::numeric[]'), ('numeric[]', 'f_limits', NULL, 0, 'NULL::numeric[]'), ('numeric[]', 'm_limits', NULL, 0, 'NULL::numeric[]'), ('numeric[]', 'a_limits', NULL, 0, 'NULL::numeric[]'),
	('regclass', 'source', NULL, 0, $$'public.hostile_order'::regclass$$), ('name', 'customer', NULL, 0, $$'customer'$$), ('name', 'ordered_at', NULL, 0, $$'ordered_on'$$), ('name', 'amount', NULL, 0, $$'amount'$$),
	('name', 'column_name', NULL, 0, $$'amount'$$), ('text', 'portfolio', NULL, -2, $$'hostile_shop'$$), ('text', 'name', '(portfolio|.*_portfolio|activate|setting|backtest|calibration|tracking|frequency_fit|alive_history|what_if).*', -2, $$'hostile_shop'$$), ('text', 'name', 'create_portfolio|portfolio_create', -3, $$'hostile_new'$$),
	('name', '', 'create_portfolio', 0, 'NULL::name'), ('text', 'zone', 'create_portfolio', 0, 'NULL::text'), ('text', 'option', NULL, 0, $$'margin'$$), ('text', 'value', 'alter_portfolio|portfolio_alter', 0, $$'0.5'$$), ('text', 'refunds', NULL, 0, $$'net'$$),
	('text[]', 'families', NULL, -2, $$'{bg/nbd,pareto/nbd}'::text[]$$), ('text[]', 'families', NULL, 9, $$'{gamma-gamma}'::text[]$$), ('date[]', NULL, NULL, 0, $$'{2024-04-30}'::date[]$$), ('date[]', NULL, NULL, 9, 'NULL::date[]'), ('date[]', NULL, NULL, 9, $$'{}'::date[]$$),
	('date[]', NULL, NULL, 9, $$'{NULL}'::date[]$$), ('date[]', NULL, NULL, 9, $$'{infinity,-infinity}'::date[]$$), ('date[]', NULL, NULL, 9, $$'{5874897-12-31,4714-11-24 BC}'::date[]$$), ('date', 'cut_date', NULL, 0, $$'2024-04-30'::date$$),
	('interval', 'horizon', 'backtest|calibration', -2, $$'30 days'::interval$$), ('anyelement', 'customer', NULL, -2, '5::bigint'), ('text', 'step', NULL, 0, $$'week'$$),
	('text', 'family', 'create_portfolio', 0, $$'bg/nbd'$$), ('date', 'as_of', 'create_portfolio', 0, $$'2024-06-30'$$), ('name', 'order_id', NULL, 0, 'NULL::name'), ('name', 'currency', NULL, 0, 'NULL::name'), ('name', 'cost', NULL, 0, 'NULL::name'), ('text', 'filter', 'create_portfolio', 0, 'NULL::text'),
	('text', 'cancelled', 'create_portfolio', 0, 'NULL::text'), ('text', 'spend_per', 'create_portfolio', 0, 'NULL::text'), ('regclass', 'spend', 'create_portfolio', 0, 'NULL::regclass');
INSERT INTO candidate SELECT 'float8', a, 'what_if.*', -2, '0.01::float8' FROM unnest('{retention,margin,change}'::text[]) a;
INSERT INTO candidate SELECT 'float8[]', a, 'what_if.*', -2, format('%L::float8[]', v) FROM (VALUES ('x', '{2,0}'), ('t_x', '{20,0}'), ('age', '{50,60}'), ('customers', '{1,7}'), ('spend', '{3,5}')) u (a, v);
INSERT INTO candidate SELECT 'float8[]', NULL, 'what_if.*', 9, format('%L::float8[]', v) FROM unnest(ARRAY['{}', '{NULL}', '{NaN,-1}', '{{1,2},{3,4}}', '{Infinity}', '{1e308,1e308,1e308}']) v;
-- Arrays and states of sums: of one sum, which is 0, of none, of bytes that are no sum.
INSERT INTO candidate VALUES ('float8[]', NULL, 'exact_sum.*', 0, $$'{1.5,-2}'::float8[]$$), ('date[]', 'ends', 'expected_orders_by', -2, $$'{2024-07-31,2024-08-31}'::date[]$$), ('date[]', 'ends', 'expected_orders_by', 9, $$'{2024-08-31,2024-07-31}'::date[]$$),
	('bytea', NULL, NULL, 0, $$decode(repeat('00', 556), 'hex')$$);
INSERT INTO candidate SELECT 'float8[]', NULL, 'exact_sum.*', 9, format('%L::float8[]', v) FROM unnest(ARRAY['{}', '{NULL,1}', '{NaN,-1}', '{{1,2},{3,4}}', '{Infinity,0}', '{1e308,1e308}']) v;
INSERT INTO candidate SELECT 'bytea', NULL, NULL, 9, v FROM unnest(ARRAY['NULL::bytea', $$''::bytea$$, $$'\x01'::bytea$$, $$'\x00000000'::bytea$$, $$decode(repeat('ff', 556), 'hex')$$, $$decode(repeat('5a', 1108), 'hex')$$]) v;
INSERT INTO candidate SELECT 'name', a, NULL, 0, 'NULL::name' FROM unnest('{channel,owner,referrer,paid_at,discount,spend_on,spend_amount,spend_channel}'::text[]) a;

--
-- The functions
--

CREATE TEMPORARY TABLE routine AS
SELECT p.oid, p.oid::regprocedure::text AS signature, p.proname::text AS name, p.prokind AS kind, p.provolatile = 'v' AS writes, p.proretset, p.prorettype::regtype AS result, p.pronargs AS n, p.proargtypes::oid[] AS types, p.proargnames AS names
FROM pg_catalog.pg_proc p
WHERE p.pronamespace = 'clv'::regnamespace AND p.prokind <> 'p' AND p.pronargs > 0
	AND 'internal'::regtype <> ALL (p.proargtypes::oid[]);

-- Of each position its values, the best match first for what is sane.
CREATE TEMPORARY TABLE position_value AS
SELECT r.oid, i, v.expression, v.rank, row_number() OVER (PARTITION BY r.oid, i ORDER BY v.rank, (v.routine IS NOT NULL) DESC, (v.argument IS NOT NULL) DESC, v.expression) AS place
FROM routine r CROSS JOIN LATERAL generate_series(0, r.n - 1) i
JOIN candidate v ON v.type = r.types[i]
	AND (v.argument IS NULL OR v.argument = coalesce(r.names[i + 1], ''))
	AND (v.routine IS NULL OR r.name ~ ('^(' || v.routine || ')$'))
	-- As many customers as asked for is what simulate is for: it has a test of its cancellation.
	AND NOT (r.name = 'simulate' AND r.names[i + 1] = 'customers' AND v.expression ~ '2147483647|10000');

-- One call per row: the sane values, one replaced, or two replaced.
CREATE TEMPORARY TABLE change AS
SELECT *
FROM (
	SELECT *, row_number() OVER (PARTITION BY oid ORDER BY effort, hashint8(i * 1000003 + place), j, other) AS turn
	FROM (
		SELECT oid, 0 AS effort, -1 AS i, 0 AS place, -1 AS j, 0 AS other FROM routine
		UNION ALL
		SELECT oid, CASE WHEN rank = -1 THEN 0 ELSE 1 END, i, place, -1, 0 FROM position_value WHERE place > 1
		UNION ALL
		SELECT a.oid, CASE WHEN a.rank = -1 OR b.rank = -1 THEN 2 ELSE 3 END, a.i, a.place, b.i, b.place
		FROM position_value a JOIN position_value b ON a.oid = b.oid AND a.i < b.i
		WHERE a.place > 1 AND b.place > 1 AND hashint8(a.i * 7919 + a.place * 104729 + b.i * 1299709 + b.place) % 5 = 0
	) every
) ordered
-- What writes makes some twenty tables and views.
WHERE turn <= CASE WHEN (SELECT writes FROM routine r WHERE r.oid = ordered.oid) THEN :most_calls / 4 ELSE :most_calls END;

CREATE TEMPORARY TABLE attack AS
SELECT c.oid, string_agg(v.expression, ', ' ORDER BY v.i) AS arguments
FROM change c JOIN position_value v ON v.oid = c.oid
	AND v.place = CASE v.i WHEN c.i THEN c.place WHEN c.j THEN c.other ELSE 1 END
GROUP BY c.oid, c.turn;
CREATE INDEX ON attack (oid);
CREATE INDEX ON position_value (oid);

-- What may be infinite or not a number, with the reason.
CREATE TEMPORARY TABLE unbounded (name text, reason text);
INSERT INTO unbounded VALUES ('measure_ratio', 'the functions that call it have checked their arguments'), ('exact_sum', 'of what is infinite or no number, as sum'), ('exact_sum_final', 'the same'), ('exact_sum_array_final', 'the same'), ('weighted_pipeline_trans', 'a state that is not finite comes from none of its own calls');

-- What has a range.
CREATE TEMPORARY TABLE range_of (name text, low float8, high float8);
INSERT INTO range_of VALUES ('p_alive', 0, 1), ('order_probability', 0, 1), ('survival', 0, 1), ('spend_weight', 0, 1), ('top_share', 0, 1), ('largest_share', 0, 1), ('survival_at', 0, 1), ('gini', 0, 1),
	('expected_orders', 0, NULL), ('expected_orders_new', 0, NULL), ('dert', 0, NULL), ('next_order', 0, NULL), ('expected_spend', 0, NULL), ('expected_spend_new', 0, NULL), ('discounted_lifetime', 0, NULL),
	('discounted_residual_lifetime', 0, NULL), ('variation', 0, NULL), ('days_to_purchase', 0, NULL), ('log_likelihood', NULL, NULL);

CREATE TEMPORARY TABLE finding (signature text, call text, what text);
CREATE TEMPORARY TABLE outcome (oid oid, sqlstate text, calls bigint, slowest interval);

CREATE FUNCTION pg_temp.attack(target oid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	r record;
	a record;
	call text;
	answer text;
	unbelievable text;
	started timestamptz;
	state text;
	n bigint := 0;
	finite boolean;
	low float8;
	high float8;
	sane text;
BEGIN
	SELECT * INTO STRICT r FROM routine WHERE oid = target;
	SELECT * INTO low, high FROM (SELECT o.low, o.high FROM range_of o WHERE o.name = r.name AND r.result IN ('float8', 'int')) o;
	finite := r.result::text !~ 'date|timestamp|range|text|jsonb|bool' AND NOT EXISTS (SELECT FROM unbounded u WHERE u.name = r.name);
	SELECT string_agg(expression, ', ' ORDER BY i) INTO sane FROM position_value WHERE oid = target AND place = 1;
	FOR a IN SELECT arguments FROM attack WHERE oid = target LOOP
		n := n + 1;
		started := clock_timestamp();
		state := '';
		unbelievable := NULL;
		CASE r.kind
			-- Aggregates get the hostile row alone in one call, between sane ones in the next.
			WHEN 'a' THEN
				call := format('SELECT clv.%I(%s)::text FROM (VALUES %s (%s) %s) v', r.name, (SELECT string_agg('column' || i, ', ' ORDER BY i) FROM generate_series(1, r.n) i),
					CASE WHEN n % 2 = 0 THEN '(' || sane || '),' END, a.arguments, CASE WHEN n % 2 = 0 THEN ', (' || sane || ')' END);
			WHEN 'w' THEN
				call := format('SELECT string_agg(answer::text, '' '') FROM (SELECT clv.%I(%s) OVER () AS answer FROM (VALUES %s (%s) %s) v) w', r.name, (SELECT string_agg('column' || i, ', ' ORDER BY i) FROM generate_series(1, r.n) i),
					CASE WHEN n % 2 = 0 THEN '(' || sane || '),' END, a.arguments, CASE WHEN n % 2 = 0 THEN ', (' || sane || ')' END);
			ELSE
				call := format('SELECT string_agg(answer::text, E''\n'') FROM (SELECT * FROM clv.%I(%s) %s LIMIT 1000) answer', r.name, a.arguments,
					CASE WHEN r.name = 'histories' THEN 'AS f' END);
				IF r.result <> 'record'::regtype AND NOT r.proretset AND (SELECT typtype FROM pg_type WHERE oid = r.result) <> 'c' THEN
					call := format('SELECT clv.%I(%s)::text', r.name, a.arguments);
				END IF;
		END CASE;
		BEGIN
			EXECUTE call INTO answer;
			IF finite AND answer ~ '\m(NaN|-?[Ii]nfinity)\M' THEN
				unbelievable := left(answer, 200);
			ELSIF (low IS NOT NULL AND answer::float8 < low) OR (high IS NOT NULL AND answer::float8 > high) THEN
				unbelievable := left(answer, 200);
			END IF;
			IF r.writes THEN
				RAISE SQLSTATE 'CLV00';
			END IF;
		EXCEPTION
			WHEN SQLSTATE 'CLV00' THEN
				NULL;
			WHEN query_canceled THEN
				INSERT INTO finding VALUES (r.signature, call, 'took ' || (clock_timestamp() - started));
				RETURN n;
			WHEN assert_failure OR others THEN
				state := SQLSTATE;
				IF state LIKE 'XX%' OR state LIKE 'P%' OR state LIKE '58%' THEN
					INSERT INTO finding VALUES (r.signature, call, 'raised ' || state || ': ' || SQLERRM);
				END IF;
		END;
		IF unbelievable IS NOT NULL THEN
			INSERT INTO finding VALUES (r.signature, call, 'gave ' || unbelievable);
		END IF;
		INSERT INTO outcome VALUES (target, state, 1, clock_timestamp() - started);
	END LOOP;
	RETURN n;
END $$;

-- A call takes milliseconds; half a minute for all of one function is ample on any machine, CLV_TIME_SCALE times as much under sanitizers.
\set scale 1
\getenv scale CLV_TIME_SCALE
SELECT set_config('statement_timeout', :scale * 30 || 's', true) AS allowed \gset
SET LOCAL client_min_messages = error;
\o /dev/null
SELECT format('SELECT pg_temp.attack(%s)', oid) FROM routine ORDER BY signature \gexec
\o
SET LOCAL statement_timeout = 0;

SELECT is_empty($$SELECT what || ' by ' || left(call, 600) FROM finding WHERE signature = $$ || quote_literal(signature), signature || ' stands hostile arguments')
FROM routine ORDER BY signature;

-- The test itself: it called what there is to be called.
SELECT is_empty($$SELECT signature FROM routine WHERE oid NOT IN (SELECT oid FROM outcome)$$, 'every function was called');
SELECT is_empty($$SELECT r.oid::regprocedure, i FROM routine r, generate_series(0, r.n - 1) i WHERE NOT EXISTS (SELECT FROM position_value v WHERE v.oid = r.oid AND v.i = i.i)$$, 'every argument has values');
SELECT is_empty($$SELECT signature FROM routine r WHERE NOT EXISTS (SELECT FROM outcome o WHERE o.oid = r.oid AND o.sqlstate = '') AND name !~ '^(portfolio|measure_require|setting)'
	-- States of aggregates that live only while one runs.
	AND name !~ '^(exact_sum|order_history|merge|cohort_state.*|concentration|movement_state|survival_state|gap_state)_trans$|_combine$'
	-- Compares fitted models only.
	AND name <> 'lr_test'$$, 'every function gave some answer');
SELECT diag(format('%s calls, %s of them errors', count(*), count(*) FILTER (WHERE sqlstate <> ''))) FROM outcome;
-- Procedures, with the names of portfolios that there are not.
SELECT throws_ok(format('CALL clv.refresh(%s)', name), sqlstate, NULL, 'refresh of ' || name)
FROM (VALUES ('NULL', '42704'), ($$''$$, '42704'), ($$'pg_catalog'$$, '42704'), ($$'a"b''c;--'$$, '42704'), ($$repeat('x', 1000)$$, '42704'), ($$'clv'$$, '42704')) v (name, sqlstate);

\if :{?explore}
SELECT sqlstate, count(*), min(oid::regprocedure::text), max(oid::regprocedure::text) FROM outcome GROUP BY 1 ORDER BY 1;
SELECT slowest, oid::regprocedure FROM outcome ORDER BY 1 DESC LIMIT 20;
SELECT sum(slowest), oid::regprocedure FROM outcome GROUP BY 2 ORDER BY 1 DESC LIMIT 20;
SELECT signature, what, left(call, 400) FROM (SELECT *, row_number() OVER (PARTITION BY signature ORDER BY call) AS k, count(*) OVER (PARTITION BY signature) FROM finding) f WHERE k <= 4 ORDER BY 1;
SELECT signature, count(*) FROM finding GROUP BY 1;
\endif

SELECT * FROM finish();
ROLLBACK;
