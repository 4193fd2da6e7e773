-- The calendar against PostgreSQL's own, day by day.
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

-- 1895 to 2105: leap years, no leap year in 1900 and 2100, each ISO week 53 and each year end between.
CREATE TEMPORARY TABLE days AS
SELECT generate_series(date '1895-01-01', date '2105-12-31', interval '1 day')::date AS day;

SELECT is_empty(
    format($$SELECT day FROM days WHERE clv.period_start(day, %1$L) <> date_trunc(%1$L, day::timestamp)::date$$, unit),
    'the start of each ' || unit || ' is that of date_trunc')
FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS unit;

SELECT is_empty(
    format($$SELECT day FROM days WHERE clv.period_end(day, %1$L) <>
             (date_trunc(%1$L, day::timestamp) + interval %2$L)::date - 1$$, unit, step),
    'the end of each ' || unit || ' is the day before the next one')
FROM (VALUES ('day', '1 day'), ('week', '7 days'), ('month', '1 month'), ('quarter', '3 months'), ('year', '1 year')) AS v (unit, step);

SELECT is_empty(
    format($$SELECT day FROM days WHERE clv.period_start(day, 'week', %1$L) <>
             day - (extract(isodow FROM day)::int - %2$s + 7) %% 7$$, name, number),
    'a week that begins on ' || name)
FROM unnest(ARRAY['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) WITH ORDINALITY AS v (name, number);

SELECT is_empty(
    format($$SELECT day FROM (SELECT day, lag(day) OVER (ORDER BY day) AS before FROM days) AS pairs
             WHERE clv.periods_between(before, day, %1$L) <>
                   (clv.period_start(day, %1$L) > clv.period_start(before, %1$L))::int$$, unit),
    'a border of each ' || unit || ' is crossed once')
FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS unit;

SELECT is_empty(
    $$SELECT day FROM days WHERE clv.periods_between('2000-01-01', day, 'month') <>
      extract(year FROM day)::int * 12 + extract(month FROM day)::int - 24001$$,
    'months are counted across years');

SELECT is_empty(
    $$SELECT day FROM days WHERE clv.periods_between('2000-01-03', day, 'week') <> floor((day - date '2000-01-03') / 7.0)$$,
    'weeks are counted across years');

SELECT throws_ok($$SELECT clv.period_start('infinity', 'month')$$, '22008', 'date out of range');
SELECT throws_ok($$SELECT clv.period_start('2024-01-01', 'decade')$$, '22023', 'unknown period');
SELECT throws_ok($$SELECT clv.period_start('2024-01-01', 'week', 'x')$$, '22023', 'unknown weekday');

SELECT * FROM finish();
ROLLBACK;
