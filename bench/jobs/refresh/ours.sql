-- title: refresh of what changed, where an index of customers holds times and amounts too
-- answer: none
-- before: UPDATE {tracked} SET amount = amount + 1 WHERE order_id % 1000 = 1
CALL clv.refresh('clv_tracked')
