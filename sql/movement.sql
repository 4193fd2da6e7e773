-- Movements of customers and the bridge of revenue.
SET datestyle = ISO;
SET extra_float_digits = 0;
CREATE SCHEMA movement_test;
SET search_path = movement_test;
CREATE TABLE customer (id int, h clv.history);
INSERT INTO customer VALUES
    (1, '{2024-01-05 10.00, 2024-02-20 15.50, 2024-04-11 20.00}'),
    (2, '{2024-01-31 7.00, 2024-02-01*2 4.00, 2024-03-01 4.00}'),
    (3, '{2024-02-29 100.00}'),
    (4, '{2023-12-20*0 -1.00, 2024-01-01 3.00, 2024-02-10*0 -2.00}'),
    (5, '{2024-05-20 50.00}'),
    (6, '{2024-01-15*0 -4.00}'),
    (7, NULL);

SELECT period_start, complete, opening, new, kept, reactivated, lost, closing, net, buyers, churn, round(churn_lower::numeric, 4) AS churn_lower,
       round(churn_upper::numeric, 4) AS churn_upper, average_churn, quick_ratio
FROM clv.movements((SELECT clv.movement_state(h, 'month', '2024-05-15') FROM customer));
SELECT period_start, churn_trend, new_value_ratio, leaking, small_new FROM clv.movements((SELECT clv.movement_state(h, 'month', '2024-05-31') FROM customer));
SELECT * FROM clv.value_bridge((SELECT clv.movement_state(h, 'month', '2024-05-15') FROM customer));
-- A customer who buys every other month stays, if two months without purchase are needed to leave.
SELECT period_start, opening, new, kept, reactivated, lost, closing, buyers FROM clv.movements((SELECT clv.movement_state(h, 'month', '2024-05-15', 2) FROM customer));
SELECT period_start, opening, new, kept, reactivated, lost, closing FROM clv.movements((SELECT clv.movement_state(h, 'week', '2024-02-10', 1, 'sunday') FROM customer)) WHERE new + reactivated + lost > 0;

-- Text, and back.
SELECT clv.movement_state(h, 'month', '2024-05-15') FROM customer;
SELECT clv.movement_state(h, 'week', '2024-05-15', 4, 'saturday') FROM customer WHERE id = 1;
SELECT clv.movement_state(h, 'year', '2023-12-31') FROM customer;
SELECT bool_and(t::text::clv.movement_table::text = t::text) AS same
FROM (SELECT clv.movement_state(h, unit, '2024-05-15') AS t FROM customer, unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS unit GROUP BY unit) AS s;
SELECT count(*) AS rows FROM clv.movements((SELECT clv.movement_state(h, 'year', '2023-12-31') FROM customer));
SELECT clv.movement_state(h, 'month', '2024-05-15') IS NULL AS nothing FROM customer WHERE false;
SELECT clv.movement_state(h, 'month', NULL) IS NULL AS unknown FROM customer;
SELECT clv.movement_table_send(clv.merge(t)) = (SELECT clv.movement_table_send(clv.movement_state(h, 'month', '2024-05-15')) FROM customer) AS same
FROM (SELECT clv.movement_state(h, 'month', '2024-05-15') AS t FROM customer GROUP BY id % 3) AS s;

-- One clear error each.
SELECT clv.movement_state(h, 'fortnight', '2024-05-15') FROM customer;
SELECT clv.movement_state(h, 'month', 'infinity') FROM customer;
SELECT clv.movement_state(h, 'month', '2024-05-15', 0) FROM customer;
SELECT clv.movement_state(h, 'week', '2024-05-15', 1, 'x') FROM customer;
SELECT clv.movement_state(h, 'month', '2024-05-15', id) FROM customer;
SELECT clv.merge(t) FROM (SELECT clv.movement_state(h, unit, '2024-05-15') AS t FROM customer, unnest(ARRAY['week', 'month']) AS unit GROUP BY unit) AS s;
SELECT clv.movement_state(h, 'month', '2024-05-15') FROM unnest(ARRAY['{2024-01-01 9999999999999999999999999999999999999}', '{2024-01-01 1}']::clv.history[]) AS h;
SELECT clv.movement_state('{4000-01-01 BC 1}', 'day', '5874897-12-31');
SELECT clv.movement_state('{4000-01-01 BC 1, 5874000-01-01 1}', 'day', '5874897-12-31');
SELECT ''::clv.movement_table;
SELECT 'month gap 0 until 2024-05-15 scale 2 {}'::clv.movement_table;
SELECT 'month gap 1 until 2024-05-15 scale 0 {2024-01-02: 1 0 0 1 1 5 5 0 0 0 0}'::clv.movement_table;
SELECT 'month gap 1 until 2024-05-15 scale 0 {2024-01-01: 1 0 0 1 1 5 4 0 0 0 0}'::clv.movement_table;
SELECT 'month gap 1 until 2024-01-31 scale 0 {2024-01-01: 1 0 1 1 1 5 5 0 0 0 0}'::clv.movement_table;

DROP SCHEMA movement_test CASCADE;
