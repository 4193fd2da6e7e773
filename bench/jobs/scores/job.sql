-- title: RFM scores from 1 to 5, equal values equal scores
SELECT sum(r) AS r, sum(f) AS f, sum(m) AS m, sum(100 * r + 10 * f + m) AS scores, sum(r * f * m) AS product
FROM ({case}) answer
