-- title: clv.histories and clv.movements
SELECT period_start AS month, new, kept, reactivated, lost
FROM clv.movements((
  SELECT clv.movement_state(history, 'month', date '2024-12-31')
  FROM clv.histories('{orders}', 'customer', 'ordered_at', 'amount', NULL::{key}, 'UTC')))
