-- title: One row per customer: days, orders and exact revenue
SELECT count(*) AS customers, sum(frequency) AS repeat_days, sum(frequency * t_x) AS t_x, sum(age) AS age,
       round(CAST(sum(spend * frequency) AS numeric), 0) AS repeat_revenue
FROM ({case}) answer
