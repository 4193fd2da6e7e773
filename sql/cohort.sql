-- Cohort tables: counting, kinds of retention, input and output, errors.
SET datestyle = ISO;
SET extra_float_digits = 0;
CREATE SCHEMA cohort_test;
SET search_path = cohort_test;
CREATE TABLE customer (id int, h clv.history);
INSERT INTO customer VALUES
    (1, '{2024-01-05 10.00, 2024-01-20 5.50, 2024-02-11 20.00, 2024-04-01 1.00}'),
    (2, '{2024-01-31 7.25, 2024-03-01*2 9.00}'),
    (3, '{2024-02-29 100.00}'),
    (4, '{2024-01-01 3.00, 2024-02-01 3.00, 2024-03-01 3.00, 2024-03-05*0 -2.00}'),
    (5, '{2024-04-20 50.00}'),
    (6, '{2024-01-15*0 -4.00}'),
    (7, NULL);

-- Customer 5 came later, customer 6 never bought: neither counts. March is complete, April runs.
SELECT cohort, cohort_size AS size, period_number AS k, period_start, active, round(rate::numeric, 4) AS rate,
       round(lower::numeric, 4) AS lower, round(upper::numeric, 4) AS upper, complete, orders, revenue, cumulative_revenue
FROM clv.cohorts((SELECT clv.cohort_state(h, 'month', '2024-04-15') FROM customer));

-- The four kinds.
SELECT cohort, period_number AS k, "on".active AS "on", after.active AS on_or_after, rolling.active AS rolling, cumulative.active AS cumulative
FROM (SELECT clv.cohort_state(h, 'month', '2024-04-15') AS t FROM customer) AS s
CROSS JOIN LATERAL clv.cohorts(t) AS "on"
JOIN LATERAL clv.cohorts(t, 'on_or_after') AS after USING (cohort, period_number)
JOIN LATERAL clv.cohorts(t, 'rolling') AS rolling USING (cohort, period_number)
JOIN LATERAL clv.cohorts(t, kind => 'cumulative') AS cumulative USING (cohort, period_number)
ORDER BY cohort, period_number;

-- Text, and back.
SELECT clv.cohort_state(h, 'month', '2024-04-15') FROM customer;
SELECT clv.cohort_state(h, 'week', '2024-04-15', 'sunday') FROM customer WHERE id < 3;
SELECT clv.cohort_state_rolling(h, 'month', '2024-04-15') FROM customer;
SELECT clv.cohort_state_brackets(h, 'quarter', '2024-04-15', '{0,1,8,31}') FROM customer;
SELECT clv.cohort_state_recurring(h, 'month', '2024-04-15') FROM customer;
SELECT clv.cohort_state(h, 'year', '2023-12-31') FROM customer;
SELECT count(*) AS rows FROM clv.cohorts((SELECT clv.cohort_state(h, 'year', '2023-12-31') FROM customer));
SELECT clv.cohort_state(h, 'month', '2024-04-15') IS NULL AS nothing FROM customer WHERE false;
SELECT clv.cohort_state(h, 'month', NULL) IS NULL AS unknown FROM customer;
SELECT clv.merge(t) IS NULL AS nothing FROM (SELECT NULL::clv.cohort_table AS t) AS s;
SELECT count(*) AS rows FROM clv.cohorts(NULL);
SELECT bool_and(t::text::clv.cohort_table::text = t::text) AS same
FROM (SELECT clv.cohort_state_rolling(h, unit, '2024-04-15') AS t
      FROM customer, unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS unit GROUP BY unit) AS s;

-- A stored table; parts add up to the whole, byte by byte.
CREATE TABLE part AS SELECT id % 3 AS third, clv.cohort_state(h, 'month', '2024-04-15') AS t FROM customer GROUP BY id % 3;
SELECT clv.cohort_table_send(clv.merge(t)) = (SELECT clv.cohort_table_send(clv.cohort_state(h, 'month', '2024-04-15')) FROM customer) AS same
FROM part;
SELECT clv.cohort_table_send(clv.merge(t ORDER BY third DESC)) = clv.cohort_table_send(clv.merge(t ORDER BY third)) AS same FROM part;

-- Value, mean curve, matrix.
SELECT cohort, period_number AS k, active, returned, last_seen, purchase_days AS days, orders, revenue, refunds, cumulative_revenue, complete
FROM clv.cohort_cells((SELECT clv.cohort_state(h, 'month', '2024-04-15') FROM customer));
SELECT cohort, period_number AS k, orders, revenue, refunds, round(order_value, 4) AS order_value, orders_per_customer,
       round(revenue_per_customer, 4) AS by_customer, round(cumulative_revenue_per_customer, 4) AS cumulative, round(cumulative_margin_per_customer, 4) AS margin
FROM clv.cohort_value((SELECT clv.cohort_state(h, 'month', '2024-04-15') FROM customer), 0.3);
SELECT * FROM clv.cohort_curve((SELECT clv.cohort_state(h, 'month', '2024-04-15') FROM customer));
SELECT * FROM clv.cohort_extent((SELECT clv.cohort_state(h, 'month', '2024-04-15') FROM customer));
SELECT * FROM clv.cohort_extent((SELECT clv.cohort_state(h, 'month', '2023-04-15') FROM customer));
SELECT period_number, cohorts_used, active FROM clv.cohort_curve((SELECT clv.cohort_state(h, 'month', '2024-04-30') FROM customer), 'cumulative');
SELECT measure, clv.cohort_matrix((SELECT clv.cohort_state(h, 'month', '2024-04-15') FROM customer), 'on', measure)
FROM unnest(ARRAY['rate', 'active', 'orders', 'revenue', 'cumulative_revenue']) AS measure;
SELECT clv.cohort_matrix((SELECT clv.cohort_state(h, 'month', '2023-12-31') FROM customer)) IS NULL AS nothing;
SELECT clv.cohort_rule(clv.cohort_state_brackets(h, 'week', '2024-04-15', '{0,1,8}')) FROM customer;

-- As a window aggregate: the state grows while rows read it.
SELECT id, (SELECT sum(revenue) FROM clv.cohorts(t))
FROM (SELECT id, clv.cohort_state(h, 'month', '2024-04-15') OVER (ORDER BY id) AS t FROM customer) AS s ORDER BY id;

-- One clear error each.
SELECT clv.cohort_state(h, 'fortnight', '2024-04-15') FROM customer;
SELECT clv.cohort_state(h, 'week', '2024-04-15', 'moonday') FROM customer;
SELECT clv.cohort_state(h, 'month', 'infinity') FROM customer;
SELECT clv.cohort_state(h, 'month', date '2024-04-15' + id) FROM customer;
SELECT clv.cohort_state_brackets(h, 'month', '2024-04-15', '{1,2}') FROM customer;
SELECT clv.cohort_state_brackets(h, 'month', '2024-04-15', '{}') FROM customer;
SELECT clv.cohort_state_brackets(h, 'month', '2024-04-15', '{{0,1},{2,3}}') FROM customer;
SELECT clv.cohort_state_brackets(h, 'month', '2024-04-15', '{0,NULL}') FROM customer;
SELECT clv.merge(t) FROM (SELECT clv.cohort_state(h, 'month', '2024-04-15') AS t FROM customer
                          UNION ALL SELECT clv.cohort_state(h, 'week', '2024-04-15', 'sunday') FROM customer) AS s;
SELECT clv.cohorts(clv.cohort_state(h, 'month', '2024-04-15'), 'at') FROM customer;
SELECT clv.cohort_curve(clv.cohort_state(h, 'month', '2024-04-15'), '') FROM customer;
SELECT clv.cohort_matrix(clv.cohort_state(h, 'month', '2024-04-15'), 'on', 'margin') FROM customer;
SELECT clv.cohort_state(h, 'month', '2024-04-15')
FROM unnest(ARRAY['{2024-01-01 9999999999999999999999999999999999999}', '{2024-01-01 1}']::clv.history[]) AS h;
SELECT clv.cohort_state(h, 'month', '2024-04-15')
FROM unnest(ARRAY['{2024-01-01 9999999999999999999999999999999999999}', '{2024-01-01 0.1}']::clv.history[]) AS h;
-- each cohort is full, so that no sum over cohorts can be told
CREATE TEMP TABLE full_cohorts AS
	SELECT 'month until 2024-02-29 scale 0 {2024-01-01: 0 9223372036854775807 9223372036854775807 9223372036854775807 0 9223372036854775807 9223372036854775807 5 0; 2024-02-01: 0 1 1 1 0 1 1 5 0}'::clv.cohort_table AS t;
SELECT * FROM full_cohorts, clv.cohort_curve(t);
SELECT * FROM full_cohorts, clv.cohort_extent(t);
SELECT 'month until 2024-01-31 scale 0 {2024-01-01: 0 1 1 2 0 1 1 5 0}'::clv.cohort_table;
SELECT 'month until 2024-01-31 scale 0 {2024-01-01: 0 1 1}'::clv.cohort_table;
SELECT 'month'::clv.cohort_table;

DROP SCHEMA cohort_test CASCADE;
