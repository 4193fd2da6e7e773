-- title: SQL with running totals; peers share a class
SELECT customer, revenue,
       CASE WHEN before < 0.80 * total THEN 'A' WHEN before < 0.95 * total THEN 'B' ELSE 'C' END AS class
FROM (
  SELECT customer, revenue, sum(revenue) OVER () AS total,
         sum(revenue) OVER (ORDER BY revenue DESC) - sum(revenue) OVER (PARTITION BY revenue) AS before
  FROM (SELECT customer, sum(amount) AS revenue FROM {orders} GROUP BY customer) customers
) running
