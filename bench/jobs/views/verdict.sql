-- title: verdict
-- answer: none
SELECT * FROM clv_tracked.verdict
