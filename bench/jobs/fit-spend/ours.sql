-- title: clv, from stored histories
-- answer: SELECT clv.log_likelihood(model) AS log_likelihood, clv.observations(model) AS observations FROM ({case}) f
SELECT clv.fit_spend(history, date '2024-12-31') AS model FROM {histories}
