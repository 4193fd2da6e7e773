-- title: retention triangle by month
-- answer: none
SELECT * FROM clv.cohorts((SELECT clv.cohort_state(history, 'month', date '2024-12-31') FROM {histories}))
