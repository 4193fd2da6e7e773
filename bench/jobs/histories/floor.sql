-- title: floor: every column read, nothing grouped
-- answer: none
SELECT count(customer), min(ordered_at), max(ordered_at), sum(amount) FROM {orders}
