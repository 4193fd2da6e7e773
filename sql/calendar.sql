SET datestyle = ISO;
-- Periods of the calendar.
SELECT unit, clv.period_start(day, unit), clv.period_end(day, unit)
FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS unit, (VALUES (date '2024-02-29')) AS v (day);
SELECT first, clv.period_start('2024-03-03', 'week', first), clv.period_end('2024-03-03', 'week', first)
FROM unnest(ARRAY['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) AS first;
SELECT clv.periods_between('2023-12-31', '2024-01-01', 'year') AS year,
       clv.periods_between('2024-03-31', '2023-12-31', 'quarter') AS quarter,
       clv.periods_between('2024-01-01', '2024-01-31', 'month') AS month,
       clv.periods_between('2024-03-02', '2024-03-03', 'week') AS monday_week,
       clv.periods_between('2024-03-02', '2024-03-03', 'week', 'Sun') AS sunday_week;

-- The ends of the calendar.
SELECT unit, clv.period_start('4714-11-24 BC', unit), clv.period_end('4714-11-24 BC', unit),
       clv.period_start('5874897-12-31', unit), clv.period_end('5874897-12-31', unit)
FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS unit;
SELECT clv.periods_between('4714-11-24 BC', '5874897-12-31', 'day');

-- NULL in, NULL out.
SELECT clv.period_start(NULL, 'month') IS NULL AND clv.period_end('2024-01-01', NULL) IS NULL AS unknown;

-- One clear error each.
SELECT clv.period_start('infinity', 'month');
SELECT clv.periods_between('2024-01-01', '-infinity', 'month');
SELECT clv.period_start('2024-01-01', 'fortnight');
SELECT clv.period_start('2024-01-01', 'week', 'someday');
