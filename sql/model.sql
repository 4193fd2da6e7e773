-- clv.model: text and binary form, accessors, unit of time
-- Operators are found on the path, as always.
SET search_path = public, clv;

-- What is written by hand
SELECT 'bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)'::clv.model;
SELECT ' BG/NBD ( b=2.426,a=.793, ALPHA = 4.414 ,r=243e-3 ) ; unit = 1 week'::clv.model;
SELECT 'gamma-gamma(p=6.25, q=3.74, v=15.44)'::clv.model;
SELECT 'sbg(alpha=0.668, beta=3.806)'::clv.model;
SELECT 'nbd(r=0.1, alpha=0.30000000000000004)'::clv.model;

-- What a fit adds
SELECT 'nbd(r=1, alpha=2); unit=7 days, status=ok, log_likelihood=-12.5, customers=3, observations=2, estimated=2, iterations=5, gradient_norm=1e-12, covariance=[1 0.5 2]'::clv.model;
SELECT 'nbd(r=1, alpha=2); status=boundary, log_likelihood=-12.5, customers=3, observations=2, estimated=2, at_bound=alpha'::clv.model;

CREATE TABLE model_test (name text, m clv.model);
INSERT INTO model_test VALUES
	('given', 'bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)'),
	('weeks', 'bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426); unit=7 days'),
	('fitted', 'nbd(r=1, alpha=2); unit=7 days, status=ok, log_likelihood=-12.5, customers=3, observations=2, estimated=2, iterations=5, gradient_norm=1e-12, covariance=[0.01 0.005 0.04]'),
	('bound', 'nbd(r=1, alpha=2); status=boundary, log_likelihood=-12.5, customers=1e6, observations=2, estimated=1, at_bound=alpha'),
	('spend', 'gamma-gamma(p=6.25, q=3.74, v=15.44)'),
	('renewals', 'bdw(alpha=0.26, beta=1.31, c=1.58)');

-- Accessors
SELECT name, clv.family(m), clv.status(m), clv.converged(m), clv.observations(m), clv.distinct_observations(m), clv.iterations(m), clv.unit(m)
FROM model_test;
SELECT name, clv.log_likelihood(m), clv.aic(m), round(clv.bic(m)::numeric, 6) AS bic, clv.covariance(m) FROM model_test;
SELECT name, clv.parameter(m, 'alpha') FROM model_test WHERE clv.family(m) <> 'gamma-gamma';
SELECT clv.parameter(m, 'v'), clv.parameter(m, 'gamma') FROM model_test WHERE name = 'spend';
SELECT m.name, p.name, p.estimate, round(p.std_error::numeric, 6) AS std_error, round(p.lower::numeric, 6) AS lower, round(p.upper::numeric, 6) AS upper
FROM model_test m, clv.parameters(m) p WHERE m.name IN ('given', 'fitted');
SELECT name, round(lower::numeric, 6) AS lower, round(upper::numeric, 6) AS upper FROM clv.parameters((SELECT m FROM model_test WHERE name = 'fitted'), 0.5);
SELECT name, clv.status_reason(m) <> '' AS has_reason FROM model_test;
SELECT jsonb_pretty(m::jsonb) FROM model_test WHERE name = 'fitted';
SELECT clv.to_jsonb(m) FROM model_test WHERE name = 'given';
SELECT family, kind, parameters FROM clv.families();

-- The unit of time
SELECT clv.with_unit(m, '7 days') = (SELECT m FROM model_test WHERE name = 'weeks') AS same FROM model_test WHERE name = 'given';
SELECT clv.in_unit(m, '1 day') FROM model_test WHERE name = 'fitted';
SELECT clv.in_unit(m, '7 days') = m AS same FROM model_test WHERE name = 'weeks';
SELECT clv.unit(clv.with_unit(m, i)) FROM model_test, unnest(ARRAY['1 month', '1 year', '12 hours', '90 minutes']::interval[]) i WHERE name = 'given';

-- Equality
SELECT m = m, m <> m, m = 'bg/nbd(alpha=4.414, r=0.243, a=0.793, b=2.426)' FROM model_test WHERE name = 'given';
SELECT count(*) FROM (SELECT m FROM model_test UNION SELECT m FROM model_test) u;

-- NULL in, NULL out
SELECT clv.family(NULL), clv.parameter(NULL, 'r'), clv.log_likelihood(NULL), clv.unit(NULL), clv.to_jsonb(NULL);
SELECT count(*) FROM clv.parameters(NULL);

-- Text and binary form are exact
SELECT bool_and(m::text::clv.model = m) FROM model_test;
CREATE TABLE model_copy (name text, m clv.model);
\copy model_test TO 'results/model_test.bin' (FORMAT binary)
\copy model_copy FROM 'results/model_test.bin' (FORMAT binary)
SELECT count(*) FROM model_test t JOIN model_copy c ON t.name = c.name AND t.m = c.m;
TRUNCATE model_copy;
\copy model_test TO 'results/model_test.csv' (FORMAT csv)
\copy model_copy FROM 'results/model_test.csv' (FORMAT csv)
SELECT count(*) FROM model_test t JOIN model_copy c ON t.name = c.name AND t.m = c.m;

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
SELECT input, e.sqlstate_, e.message, e.detail FROM unnest(ARRAY[
	'',
	'bg/nbd',
	'bgnbd(r=1)',
	'nbd(r=1)',
	'nbd(r=1, alpha=2',
	'nbd(r=1, alpha=2, r=3)',
	'nbd(r=1, alpha=2, beta=3)',
	'nbd(r=, alpha=2)',
	'nbd(r=NaN, alpha=2)',
	'nbd(r=Infinity, alpha=2)',
	'nbd(r=1e999, alpha=2)',
	'nbd(r=-1, alpha=2)',
	'nbd(r=0, alpha=2)',
	'bg/cnbd-k(k=1.5, r=1, alpha=1, a=1, b=1)',
	'nbd(r=1, alpha=2) and more',
	'nbd(r=1, alpha=2); color=red',
	'nbd(r=1, alpha=2); unit=soon',
	'nbd(r=1, alpha=2); unit=-7 days',
	'nbd(r=1, alpha=2); unit=1 day, unit=1 day',
	'nbd(r=1, alpha=2); status=fine',
	'nbd(r=1, alpha=2); status=ok',
	'nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=0, observations=2, estimated=2',
	'nbd(r=1, alpha=2); covariance=[1 2]',
	'nbd(r=1, alpha=2); covariance=[-1 0 1]'
]) input, pg_temp.error_of(format('SELECT %L::clv.model', input)) e;
\x on
SELECT * FROM pg_temp.error_of($$SELECT 'nbd(r=1)'::clv.model$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.parameter('nbd(r=1, alpha=2)', 'beta')$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.parameters('nbd(r=1, alpha=2)', 1)$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.parameters('nbd(r=1, alpha=2)', 'NaN')$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.in_unit('nbd(r=1, alpha=2)', '1 day')$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.in_unit('bg/bb(alpha=1, beta=1, gamma=1, delta=1); unit=1 day', '2 days')$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.with_unit('gamma-gamma(p=6.25, q=3.74, v=15.44)', '1 day')$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.with_unit('nbd(r=1, alpha=2)', '0 days')$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.with_unit('nbd(r=1, alpha=2)', '-1 month')$$);
SELECT * FROM pg_temp.error_of($$SELECT clv.lr_test('nbd(r=1, alpha=2)', 'bg/nbd(r=1, alpha=2, a=1, b=1)')$$);
-- Binary input is checked as well: a file of the right shape that holds something else
CREATE TABLE model_bytes (b bytea);
INSERT INTO model_bytes VALUES
	(substring(clv.model_send('nbd(r=1, alpha=2)') FOR 20)),
	('\x02'::bytea || substring(clv.model_send('nbd(r=1, alpha=2)') FROM 2)),
	(overlay(clv.model_send('nbd(r=1, alpha=2)') PLACING '\x78'::bytea FROM 5)),
	(overlay(clv.model_send('nbd(r=1, alpha=2)') PLACING '\x000000000000f87f'::bytea FROM 33)),
	(clv.model_send('nbd(r=1, alpha=2)') || '\x00'::bytea);
\x off
CREATE TABLE model_read (m clv.model);
DO $$
DECLARE
	i int;
	detail text;
BEGIN
	FOR i IN 0..4 LOOP
		BEGIN
			EXECUTE format('COPY (SELECT b FROM model_bytes OFFSET %s LIMIT 1) TO %L (FORMAT binary)', i, current_setting('data_directory') || '/clv_model_test.bin');
			EXECUTE format('COPY model_read FROM %L (FORMAT binary)', current_setting('data_directory') || '/clv_model_test.bin');
			RAISE NOTICE 'no error';
		EXCEPTION WHEN invalid_binary_representation THEN
			GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
			RAISE NOTICE '%: % %', SQLSTATE, SQLERRM, detail;
		END;
	END LOOP;
END $$;

DROP TABLE model_test, model_copy, model_bytes, model_read;
