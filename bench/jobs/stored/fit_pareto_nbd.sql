-- title: fit of Pareto/NBD
-- answer: none
SELECT clv.fit('pareto/nbd', history, date '2024-12-31') FROM {histories}
