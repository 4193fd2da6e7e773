-- Classes A, B and C; distributions of value over customers.
SET extra_float_digits = 0;
CREATE SCHEMA concentration_test;
SET search_path = concentration_test;
CREATE TABLE customer (id int, store text, value numeric);
INSERT INTO customer VALUES (1, 'north', 50), (2, 'north', 30), (3, 'north', 10), (4, 'north', 10), (5, 'north', -4), (6, 'north', 0),
    (7, 'south', 7), (8, 'south', 7), (9, 'south', NULL);

-- 80 of 100 is reached by two; the equal tens share a class; the loss and the zero are C.
SELECT id, value, clv.abc(value) OVER () AS whole, clv.abc(value) OVER (PARTITION BY store) AS store,
       clv.abc(value::float8) OVER (PARTITION BY store) AS float8,
       clv.abc(value, 0.5, 0.9) OVER (PARTITION BY store) AS narrow,
       clv.abc(value, 0, 1) OVER (PARTITION BY store ORDER BY id) AS no_a,
       clv.abc(value::int, 0.95, 0.95) OVER (PARTITION BY store) AS no_b
FROM customer ORDER BY id;
SELECT count(*) FROM (SELECT clv.abc(value) OVER () FROM customer WHERE false) AS s;
SELECT clv.abc(value, NULL, 0.9) OVER () FROM customer WHERE id = 1;
SELECT clv.abc(value) OVER () FROM (VALUES (-1.0), (0)) AS v (value);
-- Decimals are compared as decimals: 0.5 and 0.3 are exactly 80 % of 1, so 0.2 is not in A.
SELECT value, clv.abc(value) OVER () FROM (VALUES (0.5), (0.3), (0.2)) AS v (value);

-- Distributions.
SELECT store, clv.concentration(value), clv.concentration(value::float8) FROM customer GROUP BY store ORDER BY store;
SELECT clv.customers(l), clv.total(l), clv.cutoff(l, 0.8), clv.cutoff(l, 0.81), clv.cutoff(l, 0), clv.top_customers(l, 0.8), clv.top_customers(l, 0.9),
       clv.top_share(l, 0.5), clv.top_share(l, 0.1), clv.largest_share(l), clv.gini(l)
FROM (SELECT clv.concentration(value) AS l FROM customer WHERE store = 'north') AS s;
SELECT * FROM clv.lorenz_curve((SELECT clv.concentration(value) FROM customer WHERE store = 'north'), 6);
SELECT clv.merge(l) FROM (SELECT clv.concentration(value) AS l FROM customer GROUP BY store) AS s;
SELECT clv.concentration(value) IS NULL AS nothing FROM customer WHERE value IS NULL;
SELECT clv.total(l), clv.cutoff(l, 0.8), clv.gini(l), clv.top_share(l, 0.2), clv.top_customers(l, 0.2), clv.largest_share(l)
FROM (SELECT clv.concentration(value) AS l FROM customer WHERE value <= 0) AS s;
SELECT count(*) AS rows FROM clv.lorenz_curve((SELECT clv.concentration(value) FROM customer WHERE value <= 0));
SELECT l, l::text::clv.lorenz::text = l::text AS same
FROM unnest(ARRAY['numeric scale 0 {}', 'float8 {}', ' numeric scale 3{ -0.001 , 5*7 } ', 'float8 {-1e300, 0.1*2, 5e-1}']::clv.lorenz[]) AS l;
SELECT clv.concentration(value) FROM (VALUES (0.001), (10), (3.10)) AS v (value);

-- Limits from the curve. By hand: 3 customers make 75 % and are nearest to all yield without effort (0.3² + 0.25² is least); the mean is 10, so the
-- fourth customer still yields as much as the average one; from the effort of these four, five who make 90 % are nearest to all yield.
SELECT v.*, clv.abc(value, a_share, b_share) OVER () FROM unnest('{40,20,15,10,5,4,3,2,1,0}'::numeric[]) AS value,
    clv.abc_limits((SELECT clv.concentration(value) FROM unnest('{40,20,15,10,5,4,3,2,1,0}'::numeric[]) AS value)) AS v ORDER BY value DESC;
-- Equal customers: all of them are A. Nobody has value: no limits.
SELECT * FROM clv.abc_limits('float8 {2.5*7}');
SELECT * FROM clv.abc_limits('numeric scale 0 {-1, 0}');
SELECT clv.without_largest(l), clv.without_largest(l, 2), clv.without_largest(l, 99)
FROM (SELECT 'numeric scale 1 {-1.5, 2.5*2, 7.0}'::clv.lorenz AS l) AS s;

-- Limits of scores.
SELECT * FROM clv.score_limits((SELECT clv.concentration(value) FROM customer), 3);

-- One clear error each.
SELECT clv.abc(value, 0.9, 0.8) OVER () FROM customer;
SELECT clv.abc(value, 80, 95) OVER () FROM customer;
SELECT clv.abc(value, 'NaN', 0.9) OVER () FROM customer;
SELECT clv.abc(value) OVER () FROM (VALUES (1.0::float8), ('NaN')) AS v (value);
SELECT clv.abc(value) OVER () FROM (VALUES (1.0::float8), ('-Infinity')) AS v (value);
SELECT clv.abc(value) OVER () FROM (VALUES (1.0::numeric), ('NaN')) AS v (value);
SELECT clv.concentration(value) FROM (VALUES (1.0::numeric), ('Infinity')) AS v (value);
SELECT clv.concentration(value) FROM (VALUES (1.0::float8), ('Infinity')) AS v (value);
SELECT clv.abc(value) OVER () FROM (VALUES (9999999999999999999999999999999999999::numeric), (1)) AS v (value);
SELECT clv.abc(value) OVER () FROM (VALUES (9999999999999999999999999999999999999::numeric), (0.1)) AS v (value);
SELECT clv.gini(clv.concentration(value)) FROM (VALUES (9999999999999999999999999999999999999::numeric), (1)) AS v (value);
SELECT clv.cutoff('float8 {1}', 1.5);
SELECT clv.without_largest('float8 {1}', -1);
SELECT clv.top_share('float8 {1}', 'NaN');
SELECT clv.lorenz_curve('float8 {1}', 0);
SELECT clv.score_limits('float8 {1}', 0);
SELECT clv.merge(l) FROM unnest(ARRAY['float8 {1}', 'numeric scale 0 {1}']::clv.lorenz[]) AS l;
SELECT 'float8 {2, 1}'::clv.lorenz;
SELECT 'float8 {NaN}'::clv.lorenz;
SELECT 'numeric scale 1 {1.55}'::clv.lorenz;
SELECT 'numeric scale 1 {1*0}'::clv.lorenz;
SELECT ''::clv.lorenz;

DROP SCHEMA concentration_test CASCADE;
