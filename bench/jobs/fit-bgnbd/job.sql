-- title: Fit of BG/NBD
-- best: largest
SELECT round(CAST(log_likelihood / observations AS numeric), 4) FROM ({case}) answer
