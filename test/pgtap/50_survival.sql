-- Survival curves against R's package survival (test/reference/survival.R), gaps against plain SQL.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;
\set data `cat test/reference/survival_data.csv`
\set curves `cat test/reference/survival_curve.csv`
\set quantiles `cat test/reference/survival_quantile.csv`
\set means `cat test/reference/survival_mean.csv`
\set tests `cat test/reference/survival_test.csv`

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

CREATE FUNCTION pg_temp.rows(content text) RETURNS SETOF text[] LANGUAGE sql AS $$
    SELECT string_to_array(line, ',', '') FROM string_to_table(content, E'\n') WITH ORDINALITY AS t (line, n) WHERE n > 1 AND line <> ''
$$;
-- equal to a relative 1e-10, which the products of up to 60 quotients here and in R leave far behind
CREATE FUNCTION pg_temp.close(got float8, want float8) RETURNS bool LANGUAGE sql AS $$
    SELECT coalesce(abs(got - want) <= 1e-10 * greatest(abs(want), 1e-3), got IS NOT DISTINCT FROM want)
$$;
CREATE TEMPORARY TABLE subject AS
SELECT f[1] AS set, f[2]::float8 AS entry, f[3]::float8 AS weight, f[4]::float8 AS "time", f[5] = '1' AS event, f[6]::int AS grp FROM pg_temp.rows(:'data') AS f;
CREATE TEMPORARY TABLE durations AS SELECT set, clv.survival_state("time", event, weight, entry) AS t FROM subject WHERE set = 'late' GROUP BY set
    UNION ALL SELECT set, clv.survival_state("time", event, weight) AS t FROM subject WHERE set <> 'late' GROUP BY set;
SELECT is(count(*), 6::bigint, 'data sets') FROM durations;

CREATE TEMPORARY TABLE wanted_curve AS
SELECT f[1] AS set, f[2]::float8 AS "time", f[3]::float8 AS at_risk, f[4]::float8 AS events, f[5]::float8 AS censored, f[6]::float8 AS survival,
       f[7]::float8 AS std_error, f[8]::float8 AS lower, f[9]::float8 AS upper, f[10]::float8 AS hazard FROM pg_temp.rows(:'curves') AS f;
SELECT is((SELECT count(*) FROM clv.survival_curve(t)), (SELECT count(*) FROM wanted_curve w WHERE w.set = d.set), set || ': points of the curve') FROM durations AS d;
-- R leaves no bounds but numbers where the curve is still at 1
SELECT is_empty(format($$ SELECT got.*, want.* FROM durations AS d, clv.survival_curve(t) AS got
        LEFT JOIN wanted_curve AS want ON want.set = %1$L AND abs(want."time" - got."time") < 1e-9
        WHERE d.set = %1$L AND (want.set IS NULL OR NOT (pg_temp.close(got.at_risk, want.at_risk) AND pg_temp.close(got.events, want.events) AND pg_temp.close(got.censored, want.censored)
            AND pg_temp.close(got.survival, want.survival) AND pg_temp.close(got.hazard, want.hazard)
            AND (got.survival IN (0, 1) OR (pg_temp.close(got.std_error, want.std_error) AND pg_temp.close(got.lower, want.lower) AND pg_temp.close(got.upper, want.upper))))) $$, set),
    set || ': at risk, events, survival, Greenwood''s error, log-log bounds and hazard are those of R') FROM durations;
SELECT is((SELECT count(*) FROM durations AS d JOIN pg_temp.rows(content) AS f ON f[1] = d.set), n, 'reference ' || name)
FROM (VALUES ('quantiles', :'quantiles', 30::bigint), ('means', :'means', 24), ('tests', :'tests', 14)) AS v (name, content, n);
SELECT is_empty($$ SELECT f, q FROM durations AS d JOIN pg_temp.rows($$ || quote_literal(:'quantiles') || $$) AS f ON f[1] = d.set, clv.survival_quantile(t, f[2]::float8) AS q
        WHERE NOT (pg_temp.close(q."time", f[3]::float8) AND pg_temp.close(q.lower, f[4]::float8) AND pg_temp.close(q.upper, f[5]::float8)) $$, 'quantiles are those of R');
SELECT is_empty($$ SELECT f, m FROM durations AS d JOIN pg_temp.rows($$ || quote_literal(:'means') || $$) AS f ON f[1] = d.set, clv.restricted_mean(t, f[2]::float8) AS m
        WHERE NOT (pg_temp.close(m.mean, f[3]::float8) AND pg_temp.close(m.std_error, f[4]::float8)) $$, 'restricted means are those of R');
SELECT is_empty($$ SELECT f, l FROM (SELECT set, clv.log_rank(array_agg(t ORDER BY grp)) AS l
            FROM (SELECT set, grp, clv.survival_state("time", event) AS t FROM subject GROUP BY set, grp) AS g GROUP BY set) AS s
        JOIN pg_temp.rows($$ || quote_literal(:'tests') || $$) AS f ON f[1] = s.set
        WHERE NOT (pg_temp.close((l).chi_square, f[5]::float8) AND (l).degrees = f[6]::int AND pg_temp.close((l).p_value, f[7]::float8)
            AND pg_temp.close((l).observed[f[2]::int], f[3]::float8) AND pg_temp.close((l).expected[f[2]::int], f[4]::float8)) $$, 'log-rank tests are those of R');

-- However the subjects are divided: the same bytes.
SELECT is((SELECT clv.survival_table_send(clv.survival_state("time", event, weight, entry ORDER BY md5(s::text))) FROM subject AS s WHERE set = 'late'), clv.survival_table_send(t), 'in any order')
FROM durations WHERE set = 'late';
SELECT is((SELECT clv.survival_table_send(clv.merge(p ORDER BY grp DESC)) FROM (SELECT grp, clv.survival_state("time", event, weight) AS p FROM subject WHERE set = d.set GROUP BY grp) AS parts),
          clv.survival_table_send(t), set || ': merged from groups') FROM durations AS d WHERE set <> 'late';
SELECT is(clv.survival_table_send(t::text::clv.survival_table), clv.survival_table_send(t), set || ': through text') FROM durations;
CREATE TABLE clv_survival_subject AS SELECT s.* FROM subject AS s, generate_series(1, 20);
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 3;
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT matches((SELECT string_agg(line, ' ') FROM pg_temp.plan($$ SELECT clv.survival_state("time", event, weight) FROM clv_survival_subject $$) AS line), 'Partial Aggregate', 'the aggregate runs in parallel');
SELECT is((SELECT clv.survival_table_send(clv.survival_state("time", event, weight)) FROM clv_survival_subject WHERE set = 'weights'),
          (SELECT clv.survival_table_send(clv.merge(t)) FROM durations, generate_series(1, 20) WHERE set = 'weights'), 'in parallel');

-- Gaps between purchases, by window functions.
CREATE TEMPORARY TABLE orders AS
SELECT c AS customer, date '2020-12-20' + ((c * 7919) % 700 + CASE WHEN n = 0 THEN 0 ELSE (c * n * 104729 + n * n * 31) % 500 END)::int AS day
FROM generate_series(1, 800) AS c CROSS JOIN LATERAL generate_series(0, c % 7) AS n;
CREATE TEMPORARY TABLE gap AS
SELECT customer, coalesce(lead(day) OVER w, '2022-11-13') - day AS days, lead(day) OVER w IS NOT NULL AS completed
FROM (SELECT DISTINCT customer, day FROM orders WHERE day <= '2022-11-13') AS d WINDOW w AS (PARTITION BY customer ORDER BY day);
CREATE TEMPORARY TABLE gaps AS SELECT clv.gap_state(h, '2022-11-13') AS t FROM (SELECT clv.order_history(day) AS h FROM orders GROUP BY customer) AS s;
SELECT is((SELECT clv.survival_table_send(clv.survival_state(days, completed)) FROM gap), clv.survival_table_send(t), 'gaps and silences are those of the orders') FROM gaps;
SELECT is((SELECT gap FROM clv.churn_gap(t, 'percentile', 0.9)), (SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY days)::float8 FROM gap WHERE completed), 'percentile of the gaps') FROM gaps;
-- Both errors of a gap, from the curve and the silences.
CREATE TEMPORARY TABLE silence AS SELECT days, least((SELECT clv.survival_at(t, 'Infinity') / nullif(clv.survival_at(t, days), 0) FROM gaps), 1) AS gone FROM gap WHERE NOT completed;
SELECT ok(abs(e.false_alarm - (SELECT sum(1 - gone) FILTER (WHERE days > g) / sum(1 - gone) FROM silence)) < 1e-12
      AND abs(e.missed - (SELECT sum(gone) FILTER (WHERE days <= g) / sum(gone) FROM silence)) < 1e-12, 'errors of a gap of ' || g)
FROM gaps, unnest(ARRAY[60, 120, 300]) AS g, clv.churn_gap_errors(t, g) AS e;
SELECT is_empty($$ SELECT * FROM gaps, clv.churn_gap(t) AS best, generate_series(1, 690, 7) AS g, clv.churn_gap_errors(t, g) AS e
                   WHERE e.false_alarm + e.missed < best.false_alarm + best.missed - 1e-12 $$, 'no gap has a smaller sum of errors than the balanced one');
SELECT set_eq($$ SELECT customer, clv.usual_gap(h, '2022-11-13', 0.75) FROM (SELECT customer, clv.order_history(day) AS h FROM orders GROUP BY customer) AS s $$,
              $$ SELECT customer, percentile_disc(0.75) WITHIN GROUP (ORDER BY days) FILTER (WHERE completed)
                 FROM orders LEFT JOIN gap USING (customer) GROUP BY customer $$, 'usual gaps of customers');

SELECT throws_ok($$ SELECT clv.survival_state(-1, true) $$, '22023', 'duration out of range');
SELECT throws_ok($$ SELECT clv.survival_state('NaN', true) $$, '22023', 'duration out of range');
SELECT throws_ok($$ SELECT clv.survival_state(1, true, -1) $$, '22023', 'weight out of range');
SELECT throws_ok($$ SELECT clv.survival_state(1, true, 1, 1) $$, '22023', 'duration out of range');
SELECT throws_ok($$ SELECT ''::clv.survival_table $$, '22P02', 'invalid input syntax for type clv.survival_table');

SELECT * FROM finish();
ROLLBACK;
