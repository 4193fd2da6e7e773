-- title: residual value of every customer, BG/NBD and gamma-gamma
-- answer: none
SELECT clv.residual_value('bg/nbd(r=0.5, alpha=10, a=0.5, b=4.5)'::clv.model, 'gamma-gamma(p=6.25, q=3.75, gamma=15)'::clv.model, history, date '2024-12-31', 0.1) FROM {histories}
