-- title: SQL tuned by hand: the two limits first
WITH customers AS MATERIALIZED (SELECT customer, sum(amount) AS revenue FROM {orders} GROUP BY customer),
totals AS MATERIALIZED (SELECT sum(revenue) AS total FROM customers),
limits AS MATERIALIZED (
  SELECT min(revenue) FILTER (WHERE before < 0.80 * total) AS a, min(revenue) FILTER (WHERE before < 0.95 * total) AS b
  FROM (
    SELECT revenue, sum(revenue) OVER (ORDER BY revenue DESC ROWS UNBOUNDED PRECEDING) - revenue AS before FROM customers
  ) running, totals
)
SELECT customer, revenue, CASE WHEN revenue >= a THEN 'A' WHEN revenue >= b THEN 'B' ELSE 'C' END AS class
FROM customers, limits
