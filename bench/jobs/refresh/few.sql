-- title: refresh of what changed, after one order in a hundred thousand
-- answer: none
-- before: UPDATE {tracked} SET amount = amount + 1 WHERE order_id % 100000 = 4
CALL clv.refresh('clv_tracked')
