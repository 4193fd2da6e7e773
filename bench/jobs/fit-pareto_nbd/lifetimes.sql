-- title: lifetimes, statistics in memory
-- family: pareto/nbd
SELECT (s).* FROM (SELECT clv.statistics(history, date '2024-12-31') AS s FROM {histories} OFFSET 0) statistics
