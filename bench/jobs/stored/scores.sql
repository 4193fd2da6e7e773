-- title: RFM scores of every customer
-- answer: none
SELECT customer, clv.score(last_order, 5) OVER (), clv.score(orders, 5) OVER (), clv.score(revenue, 5) OVER ()
FROM (
  SELECT customer, clv.last_order(history) AS last_order, clv.orders(history) AS orders, clv.revenue(history) AS revenue
  FROM {histories}
  OFFSET 0
) customers
