-- Shares and their ratios: against R and against their definition.
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

-- R: prop.test(successes, trials, correct = FALSE)$conf.int, which is Wilson's interval, printed with 15 digits
SELECT ok(abs(w.lower / v.lower - 1) < 1e-14 AND abs(w.upper / v.upper - 1) < 1e-14, format('Wilson''s interval of %s in %s is that of R', successes, trials))
FROM (VALUES (4, 5, 0.375534629762525, 0.96377589136757), (124, 781, 0.134818315893188, 0.18606363547456),
             (4000, 5000, 0.788684322748031, 0.810855056084935), (1, 200, 0.000883168715600977, 0.0277737043978929)) AS v (successes, trials, lower, upper),
     clv.wilson(successes, trials) AS w;
SELECT is_empty($$ SELECT s, n FROM generate_series(1, 60) AS n, generate_series(0, n) AS s, clv.wilson(s, n, 0.9) AS w, clv.wilson(s, n, 0.99) AS v
                   WHERE NOT (0 <= v.lower AND v.lower <= w.lower AND w.lower <= w.rate AND w.rate <= w.upper AND w.upper <= v.upper AND v.upper <= 1) $$,
                'a higher level gives a wider interval, inside 0 and 1');
SELECT is_empty($$ SELECT a, c FROM generate_series(1, 20) AS a, generate_series(1, 30) AS c, clv.lift(a, 20, c, 30) AS l, clv.lift(c, 30, a, 20) AS m
                   WHERE NOT (abs(l.lift * m.lift - 1) < 1e-14 AND abs(l.lower * m.upper - 1) < 1e-13 AND l.lower <= l.lift AND l.lift <= l.upper) $$,
                'a lift and its mirror multiply to 1, as do their bounds');

-- Drivers, against counts of their own.
CREATE TABLE public.clv_rate_customer AS
SELECT c AS customer, CASE WHEN c % 10 < 9 THEN 'channel ' || c % 4 END AS channel, c % 2 AS "Store no", CASE WHEN c % 17 > 0 THEN (c * 7919) % 10 < 3 + c % 4 END AS lost FROM generate_series(1, 800) AS c;
SELECT set_eq($$ SELECT attribute::text, value, lost_with, lost, kept_with, kept, lift FROM clv.drivers('public.clv_rate_customer', 'lost', '{channel,Store no}') $$,
    $$ SELECT a, v, count(*) FILTER (WHERE lost) AS n1, (SELECT count(*) FROM public.clv_rate_customer WHERE lost) AS n2, count(*) FILTER (WHERE NOT lost) AS n3, (SELECT count(*) FROM public.clv_rate_customer WHERE NOT lost) AS n4,
              count(*) FILTER (WHERE lost)::float8 / (SELECT count(*) FROM public.clv_rate_customer WHERE lost) / (nullif(count(*) FILTER (WHERE NOT lost), 0)::float8 / (SELECT count(*) FROM public.clv_rate_customer WHERE NOT lost))
       FROM public.clv_rate_customer, LATERAL (VALUES ('channel', channel), ('Store no', "Store no"::text)) AS x (a, v) WHERE lost IS NOT NULL GROUP BY a, v $$, 'drivers');
SELECT throws_ok($$ SELECT clv.drivers('public.clv_rate_customer', 'channel', '{lost}') $$, '42804', 'column channel of public.clv_rate_customer cannot be used as lost_column');
SELECT throws_ok($$ SELECT clv.drivers('public.clv_rate_customer', 'lost', '{colour}') $$, '42703', 'column colour of public.clv_rate_customer does not exist');

SELECT throws_ok($$ SELECT clv.wilson(2, 1) $$, '22023', 'count out of range');
SELECT throws_ok($$ SELECT clv.wilson(1, 2, 'NaN') $$, '22023', 'probability out of range');
SELECT throws_ok($$ SELECT clv.lift(2, 1, 1, 2) $$, '22023', 'count out of range');

SELECT * FROM finish();
ROLLBACK;
