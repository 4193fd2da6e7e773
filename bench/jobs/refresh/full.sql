-- title: refresh of all
-- answer: none
-- before: UPDATE {tracked} SET amount = amount + 1 WHERE order_id % 1000 = 3
CALL clv.refresh('clv_tracked', 'full')
