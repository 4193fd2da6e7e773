-- title: DuckDB, one bitmap of months per customer
WITH bitmaps AS (
  SELECT bitmap, count(*) AS customers, CAST(round(log2(CAST(bitmap & -bitmap AS DOUBLE))) AS INTEGER) AS first_month
  FROM (
    SELECT bit_or(CAST(1 AS BIGINT) << CAST(date_diff('month', TIMESTAMP '2022-01-01', ordered_at) AS INTEGER)) AS bitmap
    FROM {orders} GROUP BY customer
  ) customers
  GROUP BY bitmap
)
SELECT DATE '2022-01-01' + to_months(first_month) AS cohort, month - first_month AS period, sum(customers) AS customers
FROM bitmaps, range(36) months(month)
WHERE (bitmap >> CAST(month AS INTEGER)) & 1 = 1
GROUP BY 1, 2
