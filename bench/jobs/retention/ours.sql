-- title: clv.histories and clv.cohorts
SELECT cohort, period_number AS period, active AS customers
FROM clv.cohorts((
  SELECT clv.cohort_state(history, 'month', date '2024-12-31')
  FROM clv.histories('{orders}', 'customer', 'ordered_at', 'amount', NULL::{key}, 'UTC')))
WHERE active > 0
