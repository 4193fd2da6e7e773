-- title: rfm_summary
-- answer: none
SELECT * FROM clv_tracked.rfm_summary
