-- title: SQL tuned by hand: one bitmap of months per customer
WITH starts AS MATERIALIZED (
  SELECT array_agg(start ORDER BY start) AS months
  FROM generate_series(timestamptz '2022-01-01', '2024-12-01', interval '1 month') start
),
bitmaps AS (
  SELECT bitmap, count(*) AS customers, floor(log(2, (bitmap & -bitmap)::numeric) + 0.5)::int AS first_month
  FROM (
    SELECT bit_or(1::bigint << width_bucket(ordered_at, (SELECT months FROM starts))) AS bitmap
    FROM {orders} GROUP BY customer
  ) customers
  GROUP BY bitmap
)
SELECT (date '2021-12-01' + make_interval(months => first_month))::date AS cohort, month - first_month AS period,
       sum(customers) AS customers
FROM bitmaps, generate_series(1, 36) month
WHERE bitmap & (1::bigint << month) <> 0
GROUP BY 1, 2
