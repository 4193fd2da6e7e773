-- title: DuckDB, grouped days and arg_min
SELECT customer, count(*) - 1 AS frequency, max(day) - min(day) AS t_x, DATE '2024-12-31' - min(day) AS age,
       CASE WHEN count(*) > 1 THEN (sum(total) - arg_min(total, day)) / (count(*) - 1) ELSE 0 END AS spend
FROM (SELECT customer, CAST(ordered_at AS DATE) AS day, sum(amount) AS total FROM {orders} GROUP BY 1, 2) per_day
GROUP BY customer
