-- title: Retention triangle by month
SELECT count(*) AS cells, sum(customers) AS customers, sum(customers * period) AS weighted,
       sum(customers * CAST(date_part('year', cohort) * 12 + date_part('month', cohort) AS int)) AS by_cohort
FROM ({case}) answer
