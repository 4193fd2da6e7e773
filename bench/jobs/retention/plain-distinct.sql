-- title: SQL with the distinct months of a customer first
SELECT cohort, (date_part('year', month) * 12 + date_part('month', month)
                - date_part('year', cohort) * 12 - date_part('month', cohort))::int AS period, count(*) AS customers
FROM (
  SELECT month, min(month) OVER (PARTITION BY customer) AS cohort
  FROM (SELECT DISTINCT customer, date_trunc('month', ordered_at) AS month FROM {orders}) months
) active
GROUP BY 1, 2
