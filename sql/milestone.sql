-- How far one customer has come.
SET extra_float_digits = 0;
-- Two purchases within a month; a refund that is no purchase; a third purchase later.
SELECT days, clv.value_within(h, days, '2024-03-31')
FROM (VALUES ('{2023-12-30*0 -1, 2024-01-05 10.00, 2024-01-20 5.50, 2024-01-25*0 -2, 2024-03-05*2 20.00}'::clv.history)) AS v (h),
     unnest(ARRAY[0, 14, 15, 20, 60, 86, 87]) AS days;
SELECT n, clv.days_to_purchase(h, n, '2024-03-31'), clv.days_to_purchase(h, n, '2024-03-04')
FROM (VALUES ('{2023-12-30*0 -1, 2024-01-05 10.00, 2024-01-20 5.50, 2024-01-25*0 -2, 2024-03-05*2 20.00}'::clv.history)) AS v (h),
     generate_series(1, 4) AS n;
SELECT clv.value_within('{2024-01-05*0 -1}', 0, '2024-03-31') IS NULL AS no_purchase, clv.value_within('{2024-01-05 1}', 0, '2024-01-04') IS NULL AS later,
       clv.days_to_purchase('{}', 1, '2024-01-01') IS NULL AS nobody, clv.value_within(NULL, 0, '2024-01-01') IS NULL AS null_in;

-- Months 10, 0, 20, 10: mean 10, deviation sqrt(200 / 3). April runs.
SELECT h.*, clv.variation(h, 'month', '2024-04-30'), sqrt(200 / 3.0) / 10 AS expected, clv.xyz(clv.variation(h, 'month', '2024-04-30'))
FROM (VALUES ('{2024-01-05 4.00, 2024-01-20 6.00, 2024-03-05 20.00, 2024-04-30 10.00}'::clv.history)) AS h (h);
SELECT clv.variation(h, 'month', '2024-04-29') AS march, clv.variation(h, 'quarter', '2024-06-30') AS quarters, clv.variation(h, 'year', '2024-12-31') AS one_year
FROM (VALUES ('{2024-01-05 4.00, 2024-01-20 6.00, 2024-03-05 20.00, 2024-04-30 10.00}'::clv.history)) AS h (h);
SELECT clv.variation('{2024-01-05 1, 2024-02-05 1, 2024-03-05 1}', 'month', '2024-03-31') AS steady, clv.variation('{2024-01-05 1, 2024-02-05 -1}', 'month', '2024-03-31') AS no_mean,
       clv.variation('{}', 'month', '2024-03-31') AS nobody, clv.variation('{2024-03-02 1, 2024-03-03 2}', 'week', '2024-03-10') AS monday, clv.variation('{2024-03-02 1, 2024-03-03 1}', 'week', '2024-03-09', 'sunday') AS sunday;
SELECT variation, clv.xyz(variation), clv.xyz(variation, 0.1, 0.2) FROM unnest(ARRAY[0, 0.5, 0.51, 1, 1.01, NULL, 'Infinity']::float8[]) AS variation;

SELECT clv.value_within('{}', -1, '2024-01-01');
SELECT clv.value_within('{}', 1, 'infinity');
SELECT clv.days_to_purchase('{}', 0, '2024-01-01');
SELECT clv.variation('{}', 'decade', '2024-01-01');
SELECT clv.xyz(1, 2, 1);
SELECT clv.xyz(1, 0, 'NaN');
SELECT clv.xyz('NaN');
