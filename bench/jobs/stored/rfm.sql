-- title: RFM scores of every customer, all three by clv.rfm_score
-- answer: none
SELECT customer, clv.rfm_score(history) OVER () FROM {histories}
