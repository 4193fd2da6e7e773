-- title: SQL as people write it: days, then the first day joined back
WITH per_day AS (
  SELECT customer, date_trunc('day', ordered_at)::date AS day, sum(amount) AS total
  FROM {orders}
  GROUP BY customer, date_trunc('day', ordered_at)::date
),
first_days AS (SELECT customer, min(day) AS first_day FROM per_day GROUP BY customer)
SELECT customer, count(*) - 1 AS frequency, max(day) - min(first_day) AS t_x, date '2024-12-31' - min(first_day) AS age,
       coalesce(avg(total) FILTER (WHERE day > first_day), 0) AS spend
FROM per_day JOIN first_days USING (customer)
GROUP BY customer
