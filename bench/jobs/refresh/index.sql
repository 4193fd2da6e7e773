-- title: refresh of what changed, through the index alone as if it held customers only
-- answer: none
-- before: SET enable_indexonlyscan = off; UPDATE {tracked} SET amount = amount + 1 WHERE order_id % 1000 = 2
CALL clv.refresh('clv_tracked')
