-- title: RFM scores of every customer
-- answer: none
SELECT customer, clv.score(clv.last_order(history), 5) OVER (), clv.score(clv.orders(history), 5) OVER (), clv.score(clv.revenue(history), 5) OVER () FROM {histories}
