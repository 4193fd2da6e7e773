-- title: clv.histories and clv.abc
SELECT customer, revenue, clv.abc(revenue) OVER ()::text AS class
FROM (
  SELECT customer, clv.revenue(history) AS revenue
  FROM clv.histories('{orders}', 'customer', 'ordered_at', 'amount', NULL::{key}, 'UTC')
  OFFSET 0
) customers
