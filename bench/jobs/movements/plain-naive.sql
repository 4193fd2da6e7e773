-- title: SQL as people write it: lag and lead over the months of a customer
WITH months AS (SELECT DISTINCT customer, date_trunc('month', ordered_at) AS month FROM {orders}),
neighbors AS (
  SELECT month, lag(month) OVER w AS before, lead(month) OVER w AS after
  FROM months
  WINDOW w AS (PARTITION BY customer ORDER BY month)
),
states AS (
  SELECT month, CASE WHEN before IS NULL THEN 'new' WHEN before = month - interval '1 month' THEN 'kept' ELSE 'reactivated' END AS state
  FROM neighbors
  UNION ALL
  SELECT month + interval '1 month', 'lost'
  FROM neighbors
  WHERE (after IS NULL OR after > month + interval '1 month') AND month < '2024-12-01'
)
SELECT month, count(*) FILTER (WHERE state = 'new') AS new, count(*) FILTER (WHERE state = 'kept') AS kept,
       count(*) FILTER (WHERE state = 'reactivated') AS reactivated, count(*) FILTER (WHERE state = 'lost') AS lost
FROM states
GROUP BY month
