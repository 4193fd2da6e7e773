-- title: cohort_retention
-- answer: none
SELECT * FROM clv_tracked.cohort_retention
