-- title: SQL with rank(), the same scores
SELECT customer, 1 + 5 * (rank() OVER (ORDER BY last_order) - 1) / n AS r, 1 + 5 * (rank() OVER (ORDER BY orders) - 1) / n AS f,
       1 + 5 * (rank() OVER (ORDER BY revenue) - 1) / n AS m
FROM (
  SELECT customer, max(ordered_at::date) AS last_order, count(*) AS orders, sum(amount) AS revenue, count(*) OVER () AS n
  FROM {orders} GROUP BY customer
) customers
