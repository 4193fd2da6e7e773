-- Can a report be relied on: checks, their verdict, and the reasons.
SET extra_float_digits = 0;
CREATE SCHEMA reliability_test;
SET search_path = reliability_test;
CREATE TABLE customer AS
SELECT c AS id, clv.order_history(date '2024-01-01' + (c * 7 + n * n * 31) % 170, 10 + c % 5 + CASE WHEN c = 7 THEN 900 ELSE 0 END) AS h
FROM generate_series(1, 120) AS c, generate_series(0, 3) AS n WHERE n <= c % 4 GROUP BY c;

SELECT "check", ok_from, ok_to, usable_from, usable_to FROM clv.check_limits();
SELECT name, value, j.* FROM (VALUES ('customers', 500::float8), ('customers', 499), ('customers', 50), ('customers', 49), ('customers', NULL), ('customers', 'NaN'), ('customers', 'Infinity'),
    ('days since fit', -1), ('days since fit', 31), ('share of the largest customer', 0.051), ('share of the largest customer', 0.51)) AS v (name, value), clv.judge(name, value) AS j;

-- A small shop whose last month still runs.
SELECT * FROM clv.checks((SELECT clv.cohort_state(h, 'month', '2024-06-20') FROM customer));
SELECT verdict, array_to_string(reasons, E'\n') AS reasons FROM clv.verdict((SELECT clv.cohort_state(h, 'month', '2024-06-20') FROM customer), (SELECT clv.concentration(clv.revenue(h)) FROM customer));
SELECT verdict, array_to_string(reasons, E'\n') AS reasons FROM clv.verdict((SELECT clv.movement_state(h, 'quarter', '2024-06-30') FROM customer));
SELECT verdict, array_to_string(reasons, E'\n') AS reasons FROM clv.verdict((SELECT clv.concentration(clv.revenue(h)) FROM customer));
SELECT verdict, array_to_string(reasons, E'\n') AS reasons FROM clv.verdict((SELECT clv.survival_state(30 + id, id % 4 = 0) FROM customer));
SELECT verdict, array_to_string(reasons, E'\n') AS reasons FROM clv.verdict((SELECT clv.fit('bg/nbd', h, '2024-06-30') FROM customer WHERE id <= 20));
SELECT verdict, array_to_string(reasons, E'\n') AS reasons FROM clv.verdict('bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)'::clv.model);
SELECT verdict, array_to_string(reasons, E'\n') AS reasons FROM clv.verdict(ARRAY(SELECT clv.check_value('customers', n) FROM generate_series(400, 600, 100) AS n));

-- Nobody: no checks, no verdict.
SELECT count(*) FROM clv.checks((SELECT clv.cohort_state(h, 'month', '2024-06-20') FROM customer WHERE false));
SELECT count(*) FROM clv.checks((SELECT clv.movement_state(h, 'month', '2023-06-20') FROM customer));
SELECT count(*) FROM clv.checks('float8 {}'::clv.lorenz);
SELECT * FROM clv.verdict((SELECT clv.cohort_state(h, 'month', '2024-06-20') FROM customer WHERE false));
SELECT * FROM clv.verdict('float8 {}'::clv.lorenz);

-- One clear error.
SELECT clv.judge('weather', 1);
SELECT clv.judge(NULL, 1);

DROP TABLE customer;
DROP SCHEMA reliability_test;
