-- title: clv.histories and clv.score
SELECT customer, clv.score(last_order, 5) OVER () AS r, clv.score(orders, 5) OVER () AS f, clv.score(revenue, 5) OVER () AS m
FROM (
  SELECT customer, clv.last_order(history) AS last_order, clv.orders(history) AS orders, clv.revenue(history) AS revenue
  FROM clv.histories('{orders}', 'customer', 'ordered_at', 'amount', NULL::{key}, 'UTC')
  OFFSET 0
) customers
