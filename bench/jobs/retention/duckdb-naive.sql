-- title: DuckDB, count(DISTINCT) over a join
WITH cohorts AS (SELECT customer, date_trunc('month', min(ordered_at)) AS cohort FROM {orders} GROUP BY customer)
SELECT cohort, date_diff('month', cohort, ordered_at) AS period, count(DISTINCT customer) AS customers
FROM {orders} JOIN cohorts USING (customer)
GROUP BY 1, 2
