-- title: fit of gamma-gamma
-- answer: none
SELECT clv.fit_spend(history, date '2024-12-31') FROM {histories}
