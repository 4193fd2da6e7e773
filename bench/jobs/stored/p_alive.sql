-- title: P(alive) of every customer, BG/NBD
-- answer: none
SELECT clv.p_alive('bg/nbd(r=0.5, alpha=10, a=0.5, b=4.5)'::clv.model, history, date '2024-12-31') FROM {histories}
