-- title: A/B/C class of every customer
-- answer: none
SELECT customer, clv.abc(revenue) OVER () FROM (SELECT customer, clv.revenue(history) AS revenue FROM {histories} OFFSET 0) customers
