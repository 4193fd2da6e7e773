-- title: kpi
-- answer: none
SELECT * FROM clv_tracked.kpi
