-- title: abc_summary
-- answer: none
SELECT * FROM clv_tracked.abc_summary
