-- title: clv.order_history with GROUP BY
-- answer: SELECT (s).* FROM (SELECT clv.statistics(history, date '2024-12-31') AS s FROM ({case}) h OFFSET 0) statistics
SELECT customer, clv.order_history(ordered_at, amount::numeric, 'UTC') AS history FROM {orders} GROUP BY customer
