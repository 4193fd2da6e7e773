-- Sums that are rounded once.
SELECT clv.exact_sum(v), sum(v) FROM (VALUES (0.1::float8), (0.2), (0.3), (1e16), (-1e16)) AS v (v);
SELECT clv.exact_sum(v) FROM generate_series(1, 10) AS n, LATERAL (SELECT 0.1::float8 AS v) AS v;
-- As of sum: NULL is skipped, of nothing there is no sum.
SELECT clv.exact_sum(v) AS one, clv.exact_sum(v) FILTER (WHERE v > 5) AS none FROM (VALUES (1.5::float8), (NULL)) AS v (v);
SELECT clv.exact_sum(NULL) IS NULL AS only_null;
SELECT clv.exact_sum(v) FROM (VALUES (1::float8), ('Infinity')) AS v (v);
SELECT clv.exact_sum(v) FROM (VALUES ('-Infinity'::float8), ('Infinity')) AS v (v);
SELECT clv.exact_sum(v) FROM (VALUES ('NaN'::float8), ('Infinity')) AS v (v);
-- Only the result has to be in range.
SELECT clv.exact_sum(v) FROM (VALUES (1.7e308::float8), (1.7e308), (-1.7e308)) AS v (v);
SELECT clv.exact_sum(v) FROM (VALUES (1.7e308::float8), (1.7e308)) AS v (v);
-- As a window function.
SELECT n, clv.exact_sum(n / 10.0::float8) OVER (ORDER BY n ROWS 1 PRECEDING) AS last_two, clv.exact_sum(n / 10.0::float8) OVER (ORDER BY n) AS all
FROM generate_series(1, 4) AS n;
-- States come from the aggregate only.
SELECT clv.exact_sum_final('\x01');
SELECT clv.exact_sum_trans('', 1);
-- Arrays, element by element, each times its weight.
SELECT clv.exact_sum(v, w) FROM (VALUES ('{1e16,0.1,NaN}'::float8[], 1), ('{1,0.2,1}', 3), ('{-1e16,0.3,1}', 1), (NULL, 1), ('{5,5,5}', NULL)) AS v (v, w);
SELECT clv.exact_sum(v, 1) IS NULL AS none FROM (SELECT '{1}'::float8[] AS v WHERE false) AS v;
SELECT clv.exact_sum(v, 1) FROM (VALUES ('{}'::float8[]), ('{}')) AS v (v);
SELECT clv.exact_sum(v, 1) FROM (VALUES ('{1,2}'::float8[]), ('{1}')) AS v (v);
SELECT clv.exact_sum(v, 1) FROM (VALUES ('{1,NULL}'::float8[])) AS v (v);
SELECT clv.exact_sum(array_fill(1::float8, '{1000001}'), 1);
SELECT clv.exact_sum_final(decode(repeat('00', 1108), 'hex')), clv.exact_sum_array_final(decode(repeat('00', 1108), 'hex'));
