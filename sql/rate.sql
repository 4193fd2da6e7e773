-- Wilson's interval.
SET extra_float_digits = 0;
SELECT v.*, w.* FROM (VALUES (4, 5), (40, 50), (400, 500), (4000, 5000), (0, 10), (10, 10)) AS v (successes, trials), clv.wilson(successes, trials) AS w;
SELECT * FROM clv.wilson(4, 5, 0.99);
SELECT clv.wilson(0, 0) IS NULL AS unknown, clv.wilson(NULL, 5) IS NULL AS null_in;
SELECT clv.wilson(2, 1);
SELECT clv.wilson(-1, 1);
SELECT clv.wilson(1, 2, 95);
SELECT clv.wilson(1, 2, 'NaN');

-- An attribute among lost and kept customers.
SELECT * FROM clv.lift(30, 100, 45, 300);
SELECT * FROM clv.lift(30, 100, 45, 300, 0.99);
SELECT l.* FROM (VALUES (0, 100, 45, 300), (5, 100, 0, 300), (7, 7, 9, 9), (0, 0, 1, 2)) AS v (a, b, c, d), clv.lift(a, b, c, d) AS l;
SELECT clv.lift(5, 4, 1, 2);
SELECT clv.lift(1, 4, -1, 2);
SELECT clv.lift(1, 4, 1, 2, 0);
