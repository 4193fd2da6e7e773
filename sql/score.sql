-- Scores by rank: equal values have equal scores.
SET datestyle = ISO;
SELECT value, clv.score(value, 3) OVER () AS three, clv.score(value, 10) OVER () AS ten, clv.score(value, 1) OVER () AS one,
       clv.score(value::float8, 3) OVER () AS float8, clv.score(value::bigint, 3) OVER () AS int8, clv.score(-value, 3) OVER () AS reversed
FROM unnest(ARRAY[1, 2, 2, 3, NULL, 5, 5, 5]::numeric[]) AS value;
SELECT team, value, clv.score(value, 2) OVER (PARTITION BY team ORDER BY value DESC) AS half
FROM (VALUES ('a', 1.5), ('a', 1.50), ('a', 2), ('b', -7), ('b', -7.001)) AS v (team, value) ORDER BY team, value;
SELECT day, clv.score(day, 3) OVER () AS day_score, clv.score(day::timestamp, 3) OVER () AS timestamp_score,
       clv.score(day::timestamp AT TIME ZONE 'UTC', 3) OVER () AS timestamptz_score
FROM unnest(ARRAY['2024-01-01', '-infinity', '1999-12-31', 'infinity']::date[]) AS day;
SELECT clv.score(value, NULL) OVER () FROM (VALUES (1)) AS v (value);
SELECT count(*) FROM (SELECT clv.score(value, 5) OVER () FROM (SELECT NULL::numeric AS value) AS s) AS t;

-- One clear error each.
SELECT clv.score(value, 0) OVER () FROM (VALUES (1)) AS v (value);
SELECT clv.score(value, 10001) OVER () FROM (VALUES (1)) AS v (value);
SELECT clv.score(value, 5) OVER () FROM (VALUES (1.0::float8), ('NaN')) AS v (value);
SELECT clv.score(value, 5) OVER () FROM (VALUES (1.0::numeric), ('Infinity')) AS v (value);
