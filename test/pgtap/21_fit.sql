-- Fits against the reference numbers, and against themselves whatever the unit and however the rows come.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;
\getenv reference CLV_REFERENCE_DIR
\if :{?reference}
\else
\set reference ../shared/reference
\setenv CLV_REFERENCE_DIR ../shared/reference
\endif
\set values `cat "$CLV_REFERENCE_DIR/reference_values.json" 2>/dev/null || echo null`
\set orders `cat "$CLV_REFERENCE_DIR/cdnow.csv" 2>/dev/null`
\set summary `cat "$CLV_REFERENCE_DIR/cdnow_summary.csv" 2>/dev/null`
\set donations `cat "$CLV_REFERENCE_DIR/donations.csv" 2>/dev/null`
\set survival `cat "$CLV_REFERENCE_DIR/sbg_survival.csv" 2>/dev/null`

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

CREATE FUNCTION pg_temp.close_to(got float8, want float8, relative float8, name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN ok(abs(got - want) <= relative * abs(want), name) ||
		CASE WHEN abs(got - want) <= relative * abs(want) THEN '' ELSE E'\n' || diag(format('got %s, want %s, relative error %s', got, want, abs(got / want - 1))) END;
END $$;

CREATE TEMPORARY TABLE cdnow AS
SELECT f[1]::int AS customer, clv.order_history(f[2]::date, f[4]::numeric) AS h
FROM string_to_table(replace(:'orders', E'\r', ''), E'\n') line CROSS JOIN LATERAL string_to_array(line, ',') f WHERE line ~ '^[0-9]' GROUP BY f[1];
CREATE TEMPORARY TABLE summary AS
SELECT f[1]::int AS customer, f[3]::float8 AS x, f[4]::float8 AS t_x_days, f[5]::float8 AS age_days, f[6]::float8 AS t_x, f[7]::float8 AS age, f[8]::float8 AS spend
FROM string_to_table(replace(:'summary', E'\r', ''), E'\n') line CROSS JOIN LATERAL string_to_array(line, ',') f WHERE line ~ '^[0-9]';
CREATE TEMPORARY TABLE donation AS
SELECT f[1]::float8 AS x, f[2]::float8 AS t_x, f[3]::float8 AS n, f[4]::float8 AS donors
FROM string_to_table(replace(:'donations', E'\r', ''), E'\n') line CROSS JOIN LATERAL string_to_array(line, ',') f WHERE line ~ '^[0-9]';
CREATE TEMPORARY TABLE subscriber AS
SELECT f[1] AS segment, f[2]::int AS year, f[3]::float8 AS customers
FROM string_to_table(replace(:'survival', E'\r', ''), E'\n') line CROSS JOIN LATERAL string_to_array(line, ',') f WHERE line ~ '^[a-z].*,fit,';
CREATE TEMPORARY TABLE reference AS
SELECT fit ->> 'dataset' AS dataset,
	(jsonb_build_object('bgnbd', 'bg/nbd', 'mbgnbd', 'mbg/nbd', 'pnbd', 'pareto/nbd', 'nbd', 'nbd', 'bgbb', 'bg/bb', 'gg', 'gamma-gamma', 'sbg', 'sbg')) ->> (fit ->> 'model') AS family,
	fit -> 'recomputed' AS r
FROM jsonb_array_elements(:'values'::jsonb -> 'fits') fit WHERE jsonb_typeof(:'values'::jsonb) = 'object';

-- families whose fit is not there yet are skipped, and told
CREATE FUNCTION pg_temp.is_ready(family text, kind text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF kind = 'renewals' THEN
		PERFORM clv.fit_renewals(family, p, 100 - p) FROM generate_series(0, 3) p;
	ELSIF kind <> 'spend' THEN
		PERFORM clv.fit(family, least(k, 3), least(k, 3), 10, 1) FROM generate_series(0, 10) k;
	END IF;
	RETURN true;
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN SQLERRM !~ 'not defined';
END $$;
CREATE TEMPORARY TABLE ready AS SELECT family, kind FROM clv.families() WHERE family !~ 'cnbd' AND pg_temp.is_ready(family, kind);
SELECT count(*) > 0 AS have_reference FROM reference
\gset
\if :have_reference

SELECT skip(format('%s of %s: its fit is not there', family, dataset)) FROM reference WHERE family NOT IN (SELECT family FROM ready);
DELETE FROM reference WHERE family NOT IN (SELECT family FROM ready);

CREATE TEMPORARY TABLE fitted (dataset text, family text, m clv.model);
INSERT INTO fitted SELECT 'cdnow', r.family, clv.fit(r.family, x, t_x, age) FROM summary, reference r
	WHERE r.dataset = 'cdnow' AND r.family <> 'gamma-gamma' GROUP BY r.family;
INSERT INTO fitted SELECT 'cdnow', 'gamma-gamma', clv.fit_spend(x, spend) FROM summary;
INSERT INTO fitted SELECT 'donations', 'bg/bb', clv.fit('bg/bb', x, t_x, n, donors) FROM donation WHERE 'bg/bb' IN (SELECT family FROM ready);
INSERT INTO fitted SELECT 'sbg_' || segment, 'sbg', clv.fit_renewals('sbg', year, customers) FROM subscriber WHERE 'sbg' IN (SELECT family FROM ready) GROUP BY segment;

SELECT is((SELECT count(*) FROM fitted JOIN reference USING (dataset, family)), (SELECT count(*) FROM reference), 'every reference fit is tried');
SELECT is(clv.status(m), 'ok', format('%s of %s: status', family, dataset)) FROM fitted JOIN reference USING (dataset, family);
SELECT is(clv.converged(m), true, format('%s of %s: converged', family, dataset)) FROM fitted JOIN reference USING (dataset, family);
SELECT is(clv.observations(m), (r ->> 'n')::bigint, format('%s of %s: customers', family, dataset)) FROM fitted JOIN reference USING (dataset, family);
-- the reference is a maximum to 17 digits: ours may not be lower by more than 1e-6, nor higher
SELECT ok(abs(clv.log_likelihood(m) - (r ->> 'loglik')::float8) <= 1e-6, format('%s of %s: log-likelihood %s', family, dataset, clv.log_likelihood(m)))
FROM fitted JOIN reference USING (dataset, family);
SELECT pg_temp.close_to(clv.parameter(m, p.key), p.value::float8, 1e-6, format('%s of %s: %s', family, dataset, p.key))
FROM fitted JOIN reference USING (dataset, family) CROSS JOIN jsonb_each_text(r -> 'params') p;
SELECT pg_temp.close_to(q.std_error, s.value::float8, 1e-5, format('%s of %s: standard error of %s', family, dataset, q.name))
FROM fitted JOIN reference USING (dataset, family) CROSS JOIN clv.parameters(m) q JOIN jsonb_each_text(r -> 'se') s ON s.key = q.name;
SELECT pg_temp.close_to((clv.covariance(m))[i][j], (r -> 'covariance' -> (i - 1) ->> (j - 1))::float8, 1e-4, format('%s of %s: covariance %s %s', family, dataset, i, j))
FROM fitted JOIN reference USING (dataset, family) CROSS JOIN generate_series(1, jsonb_array_length(r -> 'covariance')) i CROSS JOIN generate_series(1, i) j;
-- intervals: ends by profile likelihood (test/reference/profile_limits.py), wider at higher levels, kept through text
SELECT pg_temp.close_to(e.got, e.want, 1e-6, format('mbg/nbd of cdnow: %s end of %s', e.side, name))
FROM (VALUES ('r', 0.4007814392, 0.7343040055), ('alpha', 5.023786172, 7.833293808), ('a', 0.6612014381, 1.343420881), ('b', 0.9258043793, 3.375085191)) want (name, lower, upper)
JOIN (SELECT (clv.parameters(m::text::clv.model)).* FROM fitted WHERE family = 'mbg/nbd') q USING (name)
CROSS JOIN LATERAL (VALUES ('lower', q.lower, want.lower), ('upper', q.upper, want.upper)) e (side, got, want);
SELECT ok(wide.lower < q.lower AND q.lower < narrow.lower AND narrow.lower < q.estimate AND q.estimate < narrow.upper AND narrow.upper < q.upper AND q.upper < wide.upper,
	format('%s of %s: intervals of %s grow with the level', family, dataset, q.name))
FROM fitted CROSS JOIN clv.parameters(m) q JOIN LATERAL clv.parameters(m, 0.5) narrow USING (name) JOIN LATERAL clv.parameters(m, 0.999) wide USING (name);

SELECT pg_temp.close_to(clv.aic(m), 2 * 4 + 2 * 9582.4292066739306, 1e-12, 'AIC of bg/nbd') FROM fitted WHERE family = 'bg/nbd';
SELECT pg_temp.close_to(clv.bic(m), ln(2357::float8) * 4 + 2 * 9582.4292066739306, 1e-12, 'BIC of bg/nbd') FROM fitted WHERE family = 'bg/nbd';

-- Histories: the same in days
-- the file has ten digits of the mean spend
SELECT is_empty($$ SELECT customer, s, summary FROM cdnow JOIN summary USING (customer), clv.statistics(h, '1997-09-30') s
	WHERE NOT (s.frequency = x AND s.t_x = t_x_days AND s.age = age_days AND (x = 0) = (s.spend IS NULL) AND (x = 0 OR abs(s.spend - summary.spend) <= 1e-9 * s.spend)) $$,
	'the statistics of all customers are those of the reference');
CREATE TEMPORARY TABLE history_fit AS
SELECT clv.fit('bg/nbd', h, '1997-09-30') AS m, clv.fit_spend(h, '1997-09-30') AS g FROM cdnow;
SELECT pg_temp.close_to(clv.parameter(h.m, p), clv.parameter(f.m, p) * CASE p WHEN 'alpha' THEN 7 ELSE 1 END, 1e-9, 'fit in days: ' || p)
FROM history_fit h, fitted f, unnest(ARRAY['r', 'alpha', 'a', 'b']) p WHERE f.family = 'bg/nbd';
-- the density of x orders per week is that per day times 7^x
SELECT pg_temp.close_to(clv.log_likelihood(h.m), clv.log_likelihood(f.m) - (SELECT sum(x) FROM summary) * ln(7::float8), 1e-12, 'fit in days: log-likelihood')
FROM history_fit h, fitted f WHERE f.family = 'bg/nbd';
SELECT pg_temp.close_to(clv.parameter(g, p), clv.parameter(f.m, p), 1e-9, 'spend of histories: ' || p)
FROM history_fit, fitted f, unnest(ARRAY['p', 'q', 'gamma']) p WHERE f.family = 'gamma-gamma';
SELECT is(clv.unit(m), '1 day'::interval, 'histories are fitted in days') FROM history_fit;

-- Any unit of time gives the same model
SELECT pg_temp.close_to(clv.parameter(s.m, p), clv.parameter(f.m, p) * CASE WHEN p IN ('alpha', 'beta') THEN factor ELSE 1 END, 1e-8, format('%s, %s units a week: %s', f.family, factor, p))
FROM fitted f CROSS JOIN unnest(ARRAY[604800, 7, 7 / 365.2425]) factor
CROSS JOIN LATERAL (SELECT clv.fit(f.family, x, t_x * factor, age * factor) AS m FROM summary) s
CROSS JOIN LATERAL (SELECT name AS p FROM clv.parameters(f.m)) q
WHERE f.dataset = 'cdnow' AND f.family <> 'gamma-gamma';

-- Nested models
SELECT pg_temp.close_to(t.statistic, 2 * (clv.log_likelihood(f.m) - clv.log_likelihood(n.m)), 1e-12, 'likelihood ratio of nbd against ' || f.family)
FROM fitted n, fitted f, clv.lr_test(n.m, f.m) t WHERE n.family = 'nbd' AND f.family IN ('bg/nbd', 'mbg/nbd', 'pareto/nbd');
SELECT cmp_ok(t.p_value, '<', 1e-10::float8, 'drop-out is there: ' || f.family) FROM fitted n, fitted f, clv.lr_test(n.m, f.m) t WHERE n.family = 'nbd' AND f.family IN ('bg/nbd', 'mbg/nbd', 'pareto/nbd');

-- To the last bit: any order of rows, any split, through text
SELECT is(clv.fit(family, x, t_x, age)::text, f.m::text, family || ': shuffled') FROM fitted f, (SELECT * FROM summary ORDER BY md5(customer::text)) s
WHERE f.dataset = 'cdnow' AND f.family <> 'gamma-gamma' GROUP BY family, f.m::text;
SELECT is(clv.fit(clv.merge(o))::text, f.m::text, family || ': collected in parts, merged')
FROM fitted f, LATERAL (SELECT clv.observe(f.family, x, t_x, age) AS o FROM summary GROUP BY customer % 11) s
WHERE f.dataset = 'cdnow' AND f.family <> 'gamma-gamma' GROUP BY family, f.m::text;
SELECT is(clv.fit(clv.merge(o::text::clv.observation_table))::text, f.m::text, family || ': collected, written, read, merged')
FROM fitted f, LATERAL (SELECT clv.observe(f.family, x, t_x, age) AS o FROM summary GROUP BY customer % 11) s
WHERE f.dataset = 'cdnow' AND f.family <> 'gamma-gamma' GROUP BY family, f.m::text;
SELECT is(m::text::clv.model::text, m::text, family || ': the text is exact') FROM fitted;

-- What decides is what comes after: by their likelihood CDNOW's families with drop-out stand in the opposite order
CREATE TEMPORARY TABLE choice AS SELECT u.* FROM (SELECT clv.choose(h, '1998-06-30', '39 weeks') AS c FROM cdnow) s, unnest(c) WITH ORDINALITY u;
SELECT is((SELECT array_agg(family ORDER BY ordinality) FROM choice), ARRAY['pareto/nbd', 'bg/nbd', 'mbg/nbd', 'nbd'], 'families of CDNOW by what they foretell');
SELECT is((SELECT array_agg(family ORDER BY log_likelihood DESC) FROM choice), ARRAY['mbg/nbd', 'bg/nbd', 'pareto/nbd', 'nbd'], 'and by their likelihood');
SELECT is((SELECT actual FROM choice WHERE chosen), 1882::float8, 'orders of the holdout are those of the reference');

\else
SELECT skip('CLV_REFERENCE_DIR has no reference_values.json');
\endif

-- Too little, too much, too regular: an answer with a status, never an error
CREATE TEMPORARY TABLE degenerate (name text, x float8[], t_x float8[], age float8[]);
INSERT INTO degenerate VALUES
	('one customer', '{2}', '{30}', '{38}'),
	('one customer who came once', '{0}', '{0}', '{38}'),
	('nobody came back', '{0,0,0,0,0,0}', '{0,0,0,0,0,0}', '{10,20,30,40,50,60}'),
	('all alike', '{2,2,2,2,2,2}', '{30,30,30,30,30,30}', '{38,38,38,38,38,38}'),
	('observed for no time', '{0,0}', '{0,0}', '{0,0}'),
	('a single heavy buyer', '{0,0,0,0,10000}', '{0,0,0,0,300}', '{10,20,30,300,301}'),
	('nobody stopped', '{3,4,5,3,4,5}', '{30,40,50,31,41,51}', '{30,40,50,31,41,51}'),
	('everybody stopped', '{1,1,1,1,1,1}', '{1,2,1,2,1,2}', '{3000,3001,3002,3003,3004,3005}');
CREATE TEMPORARY TABLE degenerate_fit AS
SELECT d.name, f.family, clv.fit(f.family, o.x, o.t_x, o.age) AS m FROM degenerate d, ready f, unnest(d.x, d.t_x, d.age) o(x, t_x, age)
WHERE f.kind = 'transactions' GROUP BY 1, 2;
SELECT is((SELECT count(*) FROM degenerate_fit WHERE m IS NOT NULL), (SELECT count(*) FROM degenerate) * (SELECT count(*) FROM ready WHERE kind = 'transactions'), 'degenerate data give models');
SELECT is_empty($$ SELECT d.name, family, m FROM degenerate_fit d, LATERAL clv.parameters(m) p WHERE p.estimate IN ('NaN', 'Infinity') $$, 'their parameters are finite');
SELECT is_empty($$ SELECT name, family, e FROM degenerate_fit, LATERAL (SELECT clv.expected_orders(m, 1, 20, 30, 100) AS e) q WHERE e IN ('NaN', 'Infinity') OR e < 0 $$, 'their predictions are finite');
SELECT is_empty($$ SELECT name, family, p FROM degenerate_fit, LATERAL (SELECT clv.p_alive(m, 1, 20, 30) AS p) q WHERE NOT p BETWEEN 0 AND 1 $$, 'their P(alive) are probabilities');
SELECT isnt(clv.status(m), 'ok', format('%s, %s: says so', name, family)) FROM degenerate_fit WHERE name IN ('one customer', 'one customer who came once', 'nobody came back', 'observed for no time');

SELECT * FROM finish();
ROLLBACK;
