-- title: customer_value: probability, orders and value of every customer
-- answer: none
SELECT sum(p_alive), sum(expected_orders), sum(expected_value) FROM clv_tracked.customer_value
