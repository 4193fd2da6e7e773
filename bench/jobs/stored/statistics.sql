-- title: frequency, t_x, age and spend of every customer
-- answer: none
SELECT clv.statistics(history, date '2024-12-31') FROM {histories}
