-- title: SQL with a window over the days
SELECT customer, count(*) - 1 AS frequency, max(day) - min(day) AS t_x, date '2024-12-31' - min(day) AS age,
       coalesce(avg(total) FILTER (WHERE nth > 1), 0) AS spend
FROM (
  SELECT customer, ordered_at::date AS day, sum(amount) AS total,
         row_number() OVER (PARTITION BY customer ORDER BY ordered_at::date) AS nth
  FROM {orders}
  GROUP BY customer, ordered_at::date
) per_day
GROUP BY customer
