-- title: clv.histories
-- answer: SELECT (s).* FROM (SELECT clv.statistics(history, date '2024-12-31') AS s FROM ({case}) h OFFSET 0) statistics
SELECT customer, history FROM clv.histories('{orders}', 'customer', 'ordered_at', 'amount', NULL::{key}, 'UTC')
