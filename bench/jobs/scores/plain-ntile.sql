-- title: SQL with ntile(): scores of equal values differ
-- answer: none
SELECT customer, ntile(5) OVER (ORDER BY last_order) AS r, ntile(5) OVER (ORDER BY orders) AS f, ntile(5) OVER (ORDER BY revenue) AS m
FROM (SELECT customer, max(ordered_at) AS last_order, count(*) AS orders, sum(amount) AS revenue FROM {orders} GROUP BY customer) customers
