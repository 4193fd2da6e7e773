-- title: movement
-- answer: none
SELECT * FROM clv_tracked.movement
