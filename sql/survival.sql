-- Survival tables, curves, quantiles, means, tests; gaps between purchases.
SET extra_float_digits = 0;
CREATE SCHEMA survival_test;
SET search_path = survival_test;
CREATE TABLE subject (id int, grp text, months numeric, gone bool);
INSERT INTO subject VALUES (1, 'a', 1, false), (2, 'a', 2, true), (3, 'b', 2, true), (4, 'a', 3, false), (5, 'b', 4, true), (6, 'b', 4, false), (7, 'b', 6, true), (8, 'b', NULL, true), (9, 'a', 9, NULL);

SELECT * FROM clv.survival_curve((SELECT clv.survival_state(months, gone) FROM subject));
SELECT "time", lower, upper FROM clv.survival_curve((SELECT clv.survival_state(months, gone) FROM subject), 0.5);
SELECT clv.survival_at(t, -1), clv.survival_at(t, 1.9), clv.survival_at(t, 2), clv.survival_at(t, 'Infinity'), e.*
FROM (SELECT clv.survival_state(months, gone) AS t FROM subject) AS s, clv.survival_extent(t) AS e;
SELECT share, q.* FROM (SELECT clv.survival_state(months, gone) AS t FROM subject) AS s, unnest(ARRAY[0, 0.2, 0.5, 0.6, 1]) AS share, clv.survival_quantile(t, share) AS q;
SELECT tau, m.* FROM (SELECT clv.survival_state(months, gone) AS t FROM subject) AS s, unnest(ARRAY[0, 1, 4, 6, 8]) AS tau, clv.restricted_mean(t, tau) AS m;
SELECT clv.log_rank(array_agg(t ORDER BY grp)) FROM (SELECT grp, clv.survival_state(months, gone) AS t FROM subject GROUP BY grp) AS s;
-- A row that stands for two is as good as two rows; who enters late is at risk later only.
SELECT clv.survival_state(months, gone, 2) FROM subject;
SELECT * FROM clv.survival_curve((SELECT clv.survival_state(months, gone, 0.5, months / 2) FROM subject));
SELECT clv.survival_state(months, gone, 0) FROM subject;
SELECT clv.survival_state(months, gone) IS NULL AS nothing FROM subject WHERE months IS NULL;
SELECT t, t::text::clv.survival_table::text = t::text AS same
FROM unnest(ARRAY['scale 0 from start 0 {}', ' scale 2 from start 1.5 { 0 : 0.5 0 0, 2.5e-1:0 1 .25 , 3: 0.25 0 0 }']::clv.survival_table[]) AS t;
-- Nobody, nobody gone, everybody gone at once.
SELECT count(*) FROM clv.survival_curve('scale 0 from start 0 {}');
SELECT e.*, q.*, m.* FROM clv.survival_extent('scale 0 from start 0 {}') AS e, clv.survival_quantile('scale 0 from start 0 {}') AS q, clv.restricted_mean('scale 0 from start 0 {}', 3) AS m;
SELECT c.*, q."time" AS median FROM clv.survival_curve('scale 0 from start 2 {5: 0 2 0}') AS c, clv.survival_quantile('scale 0 from start 2 {5: 0 2 0}') AS q;
SELECT c.*, q."time" AS median FROM clv.survival_curve('scale 0 from start 2 {5: 2 0 0}') AS c, clv.survival_quantile('scale 0 from start 2 {5: 2 0 0}') AS q;
SELECT * FROM clv.log_rank(ARRAY['scale 0 from start 0 {}', 'scale 0 from start 2 {5: 2 0 0}']::clv.survival_table[]);

-- Gaps: 10, 20 and 30 days; silences of 40 and 5 days, and of 100 without a second purchase.
CREATE TABLE customer (id int, h clv.history);
INSERT INTO customer VALUES (1, '{2024-01-01 1, 2024-01-11 1, 2024-01-15*0 -1, 2024-01-31*2 1}'), (2, '{2024-02-05 1, 2024-03-06 1}'), (3, '{2023-12-02 1}'), (4, '{2024-05-01 1}'), (5, NULL);
SELECT clv.gap_state(h, '2024-03-11') FROM customer;
SELECT method, g.* FROM (SELECT clv.gap_state(h, '2024-03-11') AS t FROM customer) AS s, unnest(ARRAY['balanced', 'percentile']) AS method, clv.churn_gap(t, method) AS g;
SELECT g.* FROM (SELECT clv.gap_state(h, '2024-03-11') AS t FROM customer) AS s, generate_series(0, 50, 10) AS days, clv.churn_gap_errors(t, days) AS g;
SELECT id, clv.usual_gap(h, '2024-03-11') AS usual, clv.usual_gap(h, '2024-03-11', 0.5) AS median, clv.usual_gap(h, '2024-03-11', 0) AS least FROM customer ORDER BY id;
SELECT g.* FROM clv.churn_gap('scale 0 from start 0 {}') AS g;

-- One clear error each.
SELECT clv.survival_state(-1, true);
SELECT clv.survival_state('Infinity', true);
SELECT clv.survival_state(1, true, 'NaN');
SELECT clv.survival_state(1, true, 1, 1);
SELECT clv.survival_state(1, true, 1, -1);
SELECT clv.survival_state(1, true, 1e37) FROM generate_series(1, 2);
SELECT clv.survival_curve('scale 0 from start 0 {}', 1);
SELECT clv.survival_at('scale 0 from start 0 {}', 'NaN');
SELECT clv.survival_quantile('scale 0 from start 0 {}', 50);
SELECT clv.restricted_mean('scale 0 from start 0 {}', 'Infinity');
SELECT clv.log_rank(ARRAY['scale 0 from start 0 {}']::clv.survival_table[]);
SELECT clv.log_rank(ARRAY['scale 0 from start 0 {}', NULL]::clv.survival_table[]);
SELECT clv.churn_gap('scale 0 from start 0 {}', 'guess');
SELECT clv.usual_gap('{}', '2024-01-01', 2);
SELECT ''::clv.survival_table;
SELECT 'scale 0 from start 1 {2: 1 0 0, 1: 0 0 0}'::clv.survival_table;
SELECT 'scale 0 from start 1 {2: 2 0 0}'::clv.survival_table;
SELECT 'scale 0 from start 2 {2: 1 0 0}'::clv.survival_table;
SELECT 'scale 0 from start 1 {NaN: 1 0 0}'::clv.survival_table;

DROP SCHEMA survival_test CASCADE;
