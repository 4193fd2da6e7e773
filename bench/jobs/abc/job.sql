-- title: A/B/C classes of customers by revenue
SELECT class, count(*) AS customers, round(CAST(sum(revenue) AS numeric), 0) AS revenue
FROM ({case}) answer GROUP BY class ORDER BY class
