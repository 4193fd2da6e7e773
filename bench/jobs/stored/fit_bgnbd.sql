-- title: fit of BG/NBD
-- answer: none
SELECT clv.fit('bg/nbd', history, date '2024-12-31') FROM {histories}
