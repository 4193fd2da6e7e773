-- title: A/B/C class of every customer
-- answer: none
SELECT customer, clv.abc(clv.revenue(history)) OVER () FROM {histories}
