-- Segments: scores of customers, names by rules, and who moved between two days.
SET datestyle = ISO;
SET extra_float_digits = 0;
CREATE SCHEMA segment_test;
SET search_path = segment_test;
CREATE TABLE customer (id text, h clv.history, products int);
INSERT INTO customer VALUES ('a', '{2024-01-10 100, 2024-03-01 50, 2024-06-20 70}', 9), ('b', '{2024-01-20 20}', 1), ('c', '{2024-02-01 10, 2024-02-20 30}', 2),
    ('d', '{2024-05-01 500}', NULL), ('e', '{2024-06-25 15}', 1), ('later', '{2024-07-01 1}', 1), ('refund', '{2024-02-01*0 -5}', 1), ('none', NULL, 1);

SELECT * FROM clv.segment_rules();
SELECT priority, segment, r_from, r_to, f_from, f_to FROM clv.segment_rules(3) WHERE r_from <= r_to AND f_from <= f_to;

SELECT * FROM clv.rfm('customer', 'id', 'h', NULL::text, '2024-06-30') ORDER BY customer;
SELECT customer, axis_value, a_score, rfm, score FROM clv.rfm('customer', 'id', 'h', NULL::varchar, '2024-06-30', 10, 'products', '{1,0,0,3}') ORDER BY customer;
SELECT * FROM clv.rfm_limits('customer', 'id', 'h', '2024-06-30', 3, 'average_order', r_limits => '{7,30,120}');

-- Names of your own, over a fourth axis as well; who fits no rule has none.
CREATE TABLE rule (priority int, segment text, m_from int, a_from int, a_to int);
INSERT INTO rule VALUES (2, 'big spenders', 2, NULL, NULL), (1, 'big old spenders', 2, 2, NULL), (3, 'fresh', NULL, NULL, 1);
SELECT customer, revenue, axis_value, rfm, segment FROM clv.rfm('customer', 'id', 'h', NULL::text, '2024-06-30', 3, 'tenure', rules => 'rule', a_limits => '{90}') ORDER BY customer;

-- Who was where at the end of February, and is where now; d and e are new.
SELECT from_segment, to_segment, customers, round(share::numeric, 3) AS share, round(lower::numeric, 3) AS lower, round(upper::numeric, 3) AS upper, revenue
FROM clv.segment_migration('customer', 'id', 'h', '2024-02-28', '2024-06-30', 3);
SELECT from_segment, to_segment, customers FROM clv.segment_migration('customer', 'id', 'h', '2024-02-28', '2024-06-30', 3, 'tenure', 'rule', a_limits => '{90}');
-- By the limits of the end of February: nobody but e ordered within the 8 days that were good then.
SELECT from_segment, to_segment, customers FROM clv.segment_migration('customer', 'id', 'h', '2024-02-28', '2024-06-30', 3, fixed_limits => true);
SELECT count(*) FROM clv.segment_migration('customer', 'id', 'h', '2023-02-28', '2023-06-30');
SELECT count(*) FROM clv.rfm('customer', 'id', 'h', NULL::text, NULL);

-- One clear error each.
\set VERBOSITY terse
SELECT * FROM clv.rfm('customer', 'nobody', 'h', NULL::text, '2024-06-30');
SELECT * FROM clv.rfm('customer', 'id', 'products', NULL::text, '2024-06-30');
SELECT * FROM clv.rfm('customer', 'id', 'h', NULL::text, '2024-06-30', 0);
SELECT * FROM clv.rfm('customer', 'id', 'h', NULL::text, '2024-06-30', axis => 'weather');
SELECT * FROM clv.rfm('customer', 'id', 'h', NULL::text, '2024-06-30', axis => 'id');
SELECT * FROM clv.rfm('customer', 'id', 'h', NULL::text, '2024-06-30', weights => '{1,2}');
SELECT * FROM clv.rfm('customer', 'id', 'h', NULL::text, '2024-06-30', r_limits => '{30,7}');
SELECT * FROM clv.rfm('customer', 'id', 'h', NULL::text, '2024-06-30', rules => 'customer');
SELECT * FROM clv.rfm('customer', 'id', 'h', NULL::text, 'infinity');
SELECT * FROM clv.segment_migration('customer', 'id', 'h', '2024-06-30', '2024-02-28');

DROP TABLE customer, rule;
DROP SCHEMA segment_test;
