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

-- Of histories: last order, purchase days and revenue; who bought nothing has no score and does not count.
SELECT customer, (clv.rfm_score(history, 3) OVER ()).*, clv.rfm_score(history, 12) OVER (PARTITION BY customer < 'd') AS twelve
FROM (VALUES ('a', '{2024-01-05 10, 2024-02-05 10}'::clv.history), ('b', '{2024-02-05 20.001}'), ('c', '{2024-02-05*3 1}'), ('d', '{}'), ('e', NULL), ('f', '{2023-12-31 100, 2024-03-01*0 -99}')) AS v (customer, history) ORDER BY customer;
SELECT clv.rfm_score(history, NULL) OVER () FROM (VALUES ('{2024-01-05 10}'::clv.history)) AS v (history);

-- By limits of one's own: a value that reaches a limit has the next score; where less is better, one that does not exceed it.
SELECT value, clv.score_by(value, '{10,50,200}') AS more, clv.score_by(value, '{7,30,90}', true) AS less, clv.score_by(value, '{10,10,50}') AS no_second, clv.score_by(value, '{}') AS none
FROM unnest('{-5,7,7.01,10,30,49.99,50,90,200,1e30,NULL}'::numeric[]) AS value;
SELECT clv.weighted_score('{5,4,1}', '{1,1,1}'), clv.weighted_score('{5,4,1}', '{0,0,2.5}'), clv.weighted_score('{5,4,1,3}', '{1,2,3,4}'), clv.weighted_score('{5,NULL}', '{1,1}');

-- One clear error each.
SELECT clv.score_by(1, '{10,9}');
SELECT clv.score_by(1, '{10,NULL}');
SELECT clv.score_by(1, '{10,NaN}');
SELECT clv.score_by('NaN', '{10}');
SELECT clv.weighted_score('{5,4,1}', '{1,1}');
SELECT clv.weighted_score('{5,4}', '{1,-1}');
SELECT clv.weighted_score('{5,4}', '{0,0}');
SELECT clv.weighted_score('{5,4}', '{1,NULL}');
SELECT clv.weighted_score('{}', '{}');
SELECT clv.score(value, 0) OVER () FROM (VALUES (1)) AS v (value);
SELECT clv.rfm_score(history, 0) OVER () FROM (VALUES ('{2024-01-05 10}'::clv.history)) AS v (history);
SELECT clv.rfm_score(history) FROM (VALUES ('{2024-01-05 10}'::clv.history)) AS v (history);
SELECT clv.score(value, 10001) OVER () FROM (VALUES (1)) AS v (value);
SELECT clv.score(value, 5) OVER () FROM (VALUES (1.0::float8), ('NaN')) AS v (value);
SELECT clv.score(value, 5) OVER () FROM (VALUES (1.0::numeric), ('Infinity')) AS v (value);
