-- Borders of days, weeks, months and years: where clocks are put forward and back, leap days, ISO week 53, ends of years.
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

-- An order every ten minutes of the five local days around a change. Berlin changes at night by an hour, Sao Paulo at midnight, so that one day
-- starts at one o'clock and one has its last hour twice, Lord Howe by half an hour, Apia left out a whole day.
CREATE TEMPORARY TABLE change (zone text, day date, hours numeric);
INSERT INTO change VALUES ('Europe/Berlin', '2024-03-31', 23), ('Europe/Berlin', '2024-10-27', 25), ('America/Sao_Paulo', '2018-11-04', 23), ('America/Sao_Paulo', '2019-02-16', 25),
    ('Australia/Lord_Howe', '2024-10-06', 23.5), ('Australia/Lord_Howe', '2024-04-07', 24.5), ('America/New_York', '2024-11-03', 25), ('Pacific/Apia', '2011-12-30', 0);
CREATE TABLE public.clv_border_order AS
SELECT zone || ' ' || day AS customer, zone, at, 1.01 AS amount
FROM change CROSS JOIN LATERAL generate_series((day - 2)::timestamp AT TIME ZONE zone, (day + 3)::timestamp AT TIME ZONE zone - interval '1 microsecond', interval '10 minutes') AS at;
CREATE TEMPORARY TABLE expected AS
SELECT customer, (at AT TIME ZONE zone)::date AS day, count(*) AS orders, sum(amount) AS amount FROM public.clv_border_order GROUP BY 1, 2;
SELECT is((SELECT coalesce(sum(orders), 0) FROM expected WHERE customer = zone || ' ' || c.day AND expected.day = c.day), hours * 6, format('%s: %s has %s hours', zone, day, hours)) FROM change AS c;

-- The zone of the session changes nothing.
CREATE FUNCTION pg_temp.under(session_zone text, query text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('timezone', session_zone, true);
    RETURN QUERY EXECUTE query;
END $$;
SELECT set_eq(format($$ SELECT * FROM pg_temp.under(%L, 'SELECT customer, p.day, p.orders::bigint, p.amount
                  FROM (SELECT customer, clv.order_history(at, amount, zone) AS h FROM public.clv_border_order GROUP BY customer) AS s, clv.purchases(h) AS p')
                AS t (customer text, day date, orders bigint, amount numeric) $$, session_zone), 'SELECT * FROM expected', 'days of orders for a session in ' || session_zone)
FROM unnest('{UTC,Europe/Berlin,Asia/Kolkata,Pacific/Kiritimati,America/Sao_Paulo}'::text[]) AS session_zone;
SELECT set_eq(format($$ SELECT customer, p.day, p.orders::bigint, p.amount FROM clv.histories(%L, NULL::text, %L), clv.purchases(history) AS p $$,
                     format('SELECT customer, at, amount FROM public.clv_border_order WHERE zone = %L', zone), zone),
              format('SELECT * FROM expected WHERE customer LIKE %L', zone || '%'), 'a scan in ' || zone)
FROM (SELECT DISTINCT zone FROM change) AS c;

-- The last microsecond of a local day and the first of the next: day 0 and day 1, in whatever zone, and a week or month later exactly where one begins.
CREATE TEMPORARY TABLE midnight AS
SELECT zone, day, day::timestamp AT TIME ZONE zone AS at FROM (SELECT DISTINCT zone FROM change) AS z, generate_series(date '2024-02-20', date '2025-04-10', interval '1 day') AS g, LATERAL (SELECT g::date AS day) AS d;
SELECT is_empty(format($$ SELECT zone, day, c.period_number FROM midnight, LATERAL (SELECT clv.order_history(t, 1::numeric, zone) AS h FROM unnest(ARRAY[at - interval '1 microsecond', at]) AS t) AS o,
        LATERAL (SELECT max(period_number) FILTER (WHERE active > 0) AS period_number, min(cohort) AS cohort FROM clv.cohorts((SELECT clv.cohort_state(one, %1$L, day + 40, %2$L) FROM (VALUES (h)) AS v (one)))) AS c
    WHERE c.period_number <> (day = %3$s)::int OR c.cohort <> clv.period_start(day - 1, %1$L, %2$L) $$, unit, week_start, begins),
    concat_ws(' ', 'one microsecond across midnight, by', unit, nullif(week_start, 'monday')))
FROM (VALUES ('day', 'monday', 'day'), ('week', 'monday', 'day - (extract(isodow FROM day)::int - 1)'), ('week', 'sunday', 'day - extract(dow FROM day)::int'),
             ('week', 'saturday', 'day - (extract(dow FROM day)::int + 1) % 7'), ('month', 'monday', 'date_trunc(''month'', day)::date'), ('year', 'monday', 'date_trunc(''year'', day)::date')) AS v (unit, week_start, begins);

-- First orders on the days around leap days, ISO weeks 53 and ends of years; a second one after every number of days up to 45 and around a year or more.
CREATE TEMPORARY TABLE pair AS
SELECT first, first + gap AS second
FROM unnest('{1899-12-31,1900-02-28,2000-02-29,2015-12-28,2016-01-03,2016-02-28,2016-02-29,2020-12-26,2020-12-27,2020-12-28,2021-01-01,2021-01-03,2021-01-04,2024-01-31,2024-02-29,2024-12-31,2026-12-31,2027-01-03,2100-02-28,2100-03-01}'::date[]) AS first,
     (SELECT generate_series(1, 45) UNION SELECT generate_series(360, 370) UNION SELECT generate_series(725, 735) UNION SELECT generate_series(1456, 1465)) AS g (gap);
SELECT is_empty(format($$ SELECT first, second, k FROM pair, LATERAL (SELECT max(period_number) AS k FROM clv.cohorts((SELECT clv.cohort_state(h, %1$L, second, %2$L) FROM (SELECT clv.order_history(day) AS h FROM unnest(ARRAY[first, second]) AS day) AS one)) WHERE active > 0) AS c
    WHERE k <> %3$s $$, unit, week_start, want), concat_ws(' ', 'second orders by', unit, nullif(week_start, 'monday')))
FROM (VALUES ('day', 'monday', 'second - first'),
    ('week', 'monday', '(second - first + extract(isodow FROM first)::int - 1) / 7'), ('week', 'sunday', '(second - first + extract(dow FROM first)::int) / 7'),
    ('week', 'saturday', '(second - first + (extract(dow FROM first)::int + 1) % 7) / 7'),
    ('month', 'monday', '(extract(year FROM second) - extract(year FROM first)) * 12 + extract(month FROM second) - extract(month FROM first)'),
    ('quarter', 'monday', '(extract(year FROM second) - extract(year FROM first)) * 4 + extract(quarter FROM second) - extract(quarter FROM first)'),
    ('year', 'monday', 'extract(year FROM second) - extract(year FROM first)')) AS v (unit, week_start, want);
-- Rolling windows: the number of whole periods since the first day, as intervals add them to it.
SELECT is_empty(format($$ SELECT first, second, k FROM pair, LATERAL (SELECT max(period_number) AS k FROM clv.cohorts((SELECT clv.cohort_state_rolling(h, %1$L, second) FROM (SELECT clv.order_history(day) AS h FROM unnest(ARRAY[first, second]) AS day) AS one)) WHERE active > 0) AS c
    WHERE NOT ((first + k * interval %2$L)::date <= second AND (first + (k + 1) * interval %2$L)::date > second) $$, unit, step), 'rolling windows by ' || unit)
FROM (VALUES ('day', '1 day'), ('week', '7 days'), ('month', '1 month'), ('quarter', '3 months'), ('year', '1 year')) AS v (unit, step);
-- Movements: of two orders in one period the customer is kept, of two in neighboring ones too, else lost and reactivated.
SELECT is_empty(format($$ SELECT first, second FROM pair, LATERAL (SELECT sum(new) AS new, sum(lost) AS lost, sum(reactivated) AS back, sum(buyers) AS buyers, count(*) AS rows, clv.periods_between(first, second, %1$L, %2$L) AS k
        FROM clv.movements((SELECT clv.movement_state(h, %1$L, second, 1, %2$L) FROM (SELECT clv.order_history(day) AS h FROM unnest(ARRAY[first, second]) AS day) AS one))) AS m
    WHERE (new, lost, back, buyers, rows) <> (1, (k > 1)::int, (k > 1)::int, 1 + (k > 0)::int, k + 1) $$, unit, week_start), concat_ws(' ', 'movements by', unit, nullif(week_start, 'monday')))
FROM (VALUES ('day', 'monday'), ('week', 'monday'), ('week', 'sunday'), ('week', 'saturday'), ('month', 'monday'), ('quarter', 'monday'), ('year', 'monday')) AS v (unit, week_start);

SELECT * FROM finish();
ROLLBACK;
