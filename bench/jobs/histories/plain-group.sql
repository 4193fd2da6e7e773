-- title: GROUP BY: no days, only count, first, last, sum
-- answer: none
SELECT customer, count(*), min(ordered_at), max(ordered_at), sum(amount) FROM {orders} GROUP BY customer
