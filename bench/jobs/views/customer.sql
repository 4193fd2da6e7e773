-- title: one customer, every column of customer_value
-- answer: none
SELECT * FROM clv_tracked.customer_value WHERE customer = 4242
