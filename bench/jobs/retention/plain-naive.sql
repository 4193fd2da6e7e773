-- title: SQL as people write it: count(DISTINCT) over a join
WITH cohorts AS (SELECT customer, date_trunc('month', min(ordered_at)) AS cohort FROM {orders} GROUP BY customer)
SELECT cohort,
       (date_part('year', age(date_trunc('month', ordered_at), cohort)) * 12
        + date_part('month', age(date_trunc('month', ordered_at), cohort)))::int AS period,
       count(DISTINCT customer) AS customers
FROM {orders} JOIN cohorts USING (customer)
GROUP BY 1, 2
