-- title: SQL tuned by hand: one bitmap of months per customer
WITH starts AS MATERIALIZED (
  SELECT array_agg(start ORDER BY start) AS months
  FROM generate_series(timestamptz '2022-01-01', '2024-12-01', interval '1 month') start
),
bitmaps AS (
  SELECT bitmap, count(*) AS customers
  FROM (
    SELECT bit_or(1::bigint << width_bucket(ordered_at, (SELECT months FROM starts))) AS bitmap
    FROM {orders} GROUP BY customer
  ) customers
  GROUP BY bitmap
)
SELECT date '2021-12-01' + make_interval(months => m) AS month,
       coalesce(sum(customers) FILTER (WHERE here AND NOT ever), 0) AS new, coalesce(sum(customers) FILTER (WHERE here AND before), 0) AS kept,
       coalesce(sum(customers) FILTER (WHERE here AND NOT before AND ever), 0) AS reactivated,
       coalesce(sum(customers) FILTER (WHERE NOT here AND before), 0) AS lost
FROM bitmaps, generate_series(1, 36) m,
     LATERAL (SELECT bitmap & (1::bigint << m) <> 0 AS here, bitmap & (1::bigint << m - 1) <> 0 AS before,
                     bitmap & ((1::bigint << m) - 1) <> 0 AS ever) bits
GROUP BY m
