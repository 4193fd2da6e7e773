-- title: DuckDB, lag and lead over the months of a customer
WITH months AS (SELECT DISTINCT customer, date_trunc('month', ordered_at) AS month FROM {orders}),
neighbors AS (
  SELECT month, lag(month) OVER w AS before, lead(month) OVER w AS after
  FROM months
  WINDOW w AS (PARTITION BY customer ORDER BY month)
),
states AS (
  SELECT month, CASE WHEN before IS NULL THEN 'new' WHEN before = month - INTERVAL 1 MONTH THEN 'kept' ELSE 'reactivated' END AS state
  FROM neighbors
  UNION ALL
  SELECT month + INTERVAL 1 MONTH, 'lost'
  FROM neighbors
  WHERE (after IS NULL OR after > month + INTERVAL 1 MONTH) AND month < DATE '2024-12-01'
)
SELECT month, count(*) FILTER (WHERE state = 'new') AS new, count(*) FILTER (WHERE state = 'kept') AS kept,
       count(*) FILTER (WHERE state = 'reactivated') AS reactivated, count(*) FILTER (WHERE state = 'lost') AS lost
FROM states
GROUP BY month
