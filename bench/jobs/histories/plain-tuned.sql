-- title: SQL tuned by hand: two hashed groupings, the first day's total from min() of a pair
SELECT customer, count(*) - 1 AS frequency, max(day) - min(day) AS t_x, 9131 - min(day) AS age,
       CASE WHEN count(*) > 1 THEN (sum(total) - (min(day * 1e9 + total) - min(day) * 1e9)) / (count(*) - 1) ELSE 0 END AS spend
FROM (
  SELECT customer, (extract(epoch FROM ordered_at)::bigint / 86400 - 10957)::int AS day, sum(amount) AS total
  FROM {orders}
  GROUP BY 1, 2
) per_day
GROUP BY customer
