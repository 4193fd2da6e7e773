-- title: lifetimes, statistics in memory
-- family: gamma-gamma
SELECT (s).* FROM (SELECT clv.statistics(history, date '2024-12-31') AS s FROM {histories} OFFSET 0) statistics
