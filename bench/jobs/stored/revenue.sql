-- title: exact revenue of every customer
-- answer: none
SELECT clv.revenue(history) FROM {histories}
