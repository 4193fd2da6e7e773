-- title: GROUP BY and clv.abc
SELECT customer, revenue, clv.abc(revenue) OVER ()::text AS class
FROM (SELECT customer, sum(amount) AS revenue FROM {orders} GROUP BY customer) customers
