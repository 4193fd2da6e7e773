-- title: Customers new, kept, back and lost, month by month
SELECT count(*) AS months, sum(new) AS new, sum(kept) AS kept, sum(reactivated) AS reactivated, sum(lost) AS lost,
       sum(kept * CAST(date_part('year', month) * 12 + date_part('month', month) AS int)) AS kept_by_month
FROM ({case}) answer
