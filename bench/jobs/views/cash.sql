-- title: cash_flow
-- answer: none
SELECT * FROM clv_tracked.cash_flow
