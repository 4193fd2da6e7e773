-- title: CLVTools, purchases in memory
-- family: gamma-gamma
SELECT customer, CAST(ordered_at AT TIME ZONE 'UTC' AS date) AS day, sum(amount) AS amount FROM {orders} GROUP BY 1, 2
