-- title: From orders to the value of every customer, stored
SELECT 1
