-- title: movements by month
-- answer: none
SELECT * FROM clv.movements((SELECT clv.movement_state(history, 'month', date '2024-12-31') FROM {histories}))
