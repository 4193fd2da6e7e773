--
-- Segments: customers scored by recency, frequency, monetary value and perhaps a fourth axis, and named by rules
--

CREATE TYPE clv.segment_rule AS (priority int, segment text, r_from int, r_to int, f_from int, f_to int, m_from int, m_to int, a_from int, a_to int, meaning text);
COMMENT ON TYPE clv.segment_rule IS 'name of a segment by ranges of scores, both ends included, NULL for no bound; of several rules that fit the one with the least priority counts';

CREATE FUNCTION clv.segment_rules(bins int DEFAULT 5) RETURNS SETOF clv.segment_rule
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF bins NOT BETWEEN 1 AND 10000 THEN
		RAISE EXCEPTION 'number of bins out of range' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('bins is %s.', bins), HINT = 'There can be 1 to 10000 bins.';
	END IF;
	RETURN QUERY SELECT n.priority, n.segment,
		1 + (n.r_from - 1) * bins / 5, n.r_to * bins / 5, 1 + (n.f_from - 1) * bins / 5, n.f_to * bins / 5, 1, bins, NULL::int, NULL::int, n.meaning
	FROM (VALUES
		(1, 'champions', 5, 5, 4, 5, 'bought just now, and often'),
		(2, 'loyal', 3, 4, 4, 5, 'buy often'),
		(3, 'potential loyalists', 4, 5, 2, 3, 'bought recently, and more than once'),
		(4, 'new', 5, 5, 1, 1, 'bought just now, for the first time'),
		(5, 'promising', 4, 4, 1, 1, 'bought recently, and not often'),
		(6, 'need attention', 3, 3, 3, 3, 'middling in everything'),
		(7, 'about to sleep', 3, 3, 1, 2, 'seldom bought, and not lately'),
		(8, 'cannot lose', 1, 2, 5, 5, 'bought most often, and stay away'),
		(9, 'at risk', 1, 2, 3, 4, 'bought often, and stay away'),
		(10, 'hibernating', 1, 2, 1, 2, 'seldom bought, long ago')
	) AS n (priority, segment, r_from, r_to, f_from, f_to, meaning);
END
$$;
COMMENT ON FUNCTION clv.segment_rules(int) IS 'the usual ten segments by scores of recency and frequency, every pair of which has one; ranges are fifths of the scores from 1 to bins; copy them into a table to edit them: CREATE TABLE rule AS SELECT * FROM clv.segment_rules()';

CREATE FUNCTION clv.segment_rules_of(rules regclass, bins int) RETURNS SETOF clv.segment_rule
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF rules IS NULL THEN
		RETURN QUERY SELECT * FROM clv.segment_rules(bins);
	ELSE
		PERFORM clv.portfolio_column_type(rules, 'segment', 'rules'), clv.portfolio_column_type(rules, 'priority', 'rules');
		RETURN QUERY EXECUTE format('SELECT (jsonb_populate_record(NULL::clv.segment_rule, to_jsonb(t))).* FROM %s AS t', rules);
	END IF;
END
$$;
COMMENT ON FUNCTION clv.segment_rules_of(regclass, int) IS 'the rules of a table with columns priority, segment and any of the bounds of clv.segment_rule; NULL for the usual ones';

CREATE FUNCTION clv.rfm(source regclass, customer_column name, history_column name, key anyelement, as_of date,
		bins int DEFAULT 5, axis text DEFAULT NULL, weights numeric[] DEFAULT NULL, rules regclass DEFAULT NULL,
		r_limits numeric[] DEFAULT NULL, f_limits numeric[] DEFAULT NULL, m_limits numeric[] DEFAULT NULL, a_limits numeric[] DEFAULT NULL,
		OUT customer anyelement, OUT last_order date, OUT recency_days int, OUT purchase_days int, OUT revenue numeric, OUT axis_value numeric,
		OUT r_score int, OUT f_score int, OUT m_score int, OUT a_score int, OUT rfm text, OUT score float8, OUT segment text)
	RETURNS SETOF record LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100000 COST 100000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	axes constant int := CASE WHEN axis IS NULL THEN 3 ELSE 4 END;
	fourth text := CASE axis WHEN 'tenure' THEN '($1 - clv.first_order(h))::numeric' WHEN 'average_order' THEN 'clv.revenue(h) / clv.orders(h)' WHEN 'orders' THEN 'clv.orders(h)::numeric' END;
	given text := 'NULL';
BEGIN
	IF source IS NULL OR customer_column IS NULL OR history_column IS NULL OR as_of IS NULL OR bins IS NULL THEN
		RETURN;
	END IF;
	weights := coalesce(weights, array_fill(1::numeric, ARRAY[axes]));
	PERFORM clv.period_start(as_of, 'day'), clv.segment_rules(bins), clv.weighted_score(array_fill(1, ARRAY[axes]), weights);
	PERFORM clv.portfolio_column_type(source, customer_column, 'customer_column'), clv.portfolio_column_type(source, history_column, 'history_column', '{clv.history}');
	IF axis IS NOT NULL AND fourth IS NULL THEN
		PERFORM clv.portfolio_column_type(source, axis, 'axis', '{numeric,smallint,integer,bigint,real,double precision}');
		fourth := 'given';
		given := clv.portfolio_number(source, axis);
	END IF;
	RETURN QUERY EXECUTE format($query$
		WITH scored AS MATERIALIZED (
			SELECT v.*, %1$s AS r, %2$s AS f, %3$s AS m, %4$s AS a
			FROM (SELECT t.customer, clv.last_order(h) AS last_order, $1 - clv.last_order(h) AS recency_days, clv.purchase_days(h)::int AS purchase_days,
					clv.revenue(h) AS revenue, %5$s AS axis_value
				FROM (SELECT %6$I::%7$s AS customer, clv.truncate(%8$I, $1) AS h, %12$s AS given FROM %9$s OFFSET 0) t
				WHERE clv.first_order(h) IS NOT NULL) v),
		named AS MATERIALIZED (
			SELECT d.*, (SELECT n.segment FROM clv.segment_rules_of($4, $2) n
				WHERE d.r BETWEEN coalesce(n.r_from, d.r) AND coalesce(n.r_to, d.r) AND d.f BETWEEN coalesce(n.f_from, d.f) AND coalesce(n.f_to, d.f)
				AND d.m BETWEEN coalesce(n.m_from, d.m) AND coalesce(n.m_to, d.m) AND d.a BETWEEN coalesce(n.a_from, d.a) AND coalesce(n.a_to, d.a)
				ORDER BY n.priority LIMIT 1) AS segment
			FROM (SELECT DISTINCT r, f, m, coalesce(a, 0) AS a FROM scored) d)
		SELECT s.customer, s.last_order, s.recency_days, s.purchase_days, s.revenue, s.axis_value, s.r, s.f, s.m, s.a,
			concat_ws(%10$L, s.r, s.f, s.m, s.a), (s.r * $3[1] + s.f * $3[2] + s.m * $3[3] %11$s) / (SELECT sum(w) FROM unnest($3) w), n.segment
		FROM scored s
		JOIN named n ON n.r = s.r AND n.f = s.f AND n.m = s.m AND n.a = coalesce(s.a, 0)$query$,
		CASE WHEN r_limits IS NULL THEN 'clv.score(last_order, $2) OVER ()' ELSE 'clv.score_by(recency_days, $5, true)' END,
		CASE WHEN f_limits IS NULL THEN 'clv.score(purchase_days, $2) OVER ()' ELSE 'clv.score_by(purchase_days, $6)' END,
		CASE WHEN m_limits IS NULL THEN 'clv.score(revenue, $2) OVER ()' ELSE 'clv.score_by(revenue, $7)' END,
		CASE WHEN axis IS NULL THEN 'NULL::int' WHEN a_limits IS NULL THEN 'clv.score(axis_value, $2) OVER ()' ELSE 'clv.score_by(axis_value, $8)' END,
		coalesce(fourth, 'NULL::numeric'), customer_column, pg_typeof(key), history_column, source,
		CASE WHEN greatest(bins, 1 + cardinality(r_limits), 1 + cardinality(f_limits), 1 + cardinality(m_limits), 1 + cardinality(a_limits)) > 9 THEN '-' ELSE '' END,
		CASE WHEN axes = 4 THEN '+ s.a * $3[4]' END, given)
	USING as_of, bins, weights::float8[], rules, r_limits, f_limits, m_limits, a_limits;
END
$$;
COMMENT ON FUNCTION clv.rfm(regclass, name, name, anyelement, date, int, text, numeric[], regclass, numeric[], numeric[], numeric[], numeric[]) IS
'scores of recency, frequency and monetary value of all customers of a table of histories as of a day, and the segment they fall into; axis adds a fourth: tenure (days since the first order), average_order, orders, or a column of the table; scores are quantiles of which there are bins, or come from limits of your own; score is their mean weighted by weights; rules is a table such as clv.segment_rules() gives, NULL for the usual segments';

CREATE FUNCTION clv.rfm_limits(source regclass, customer_column name, history_column name, as_of date,
		bins int DEFAULT 5, axis text DEFAULT NULL,
		r_limits numeric[] DEFAULT NULL, f_limits numeric[] DEFAULT NULL, m_limits numeric[] DEFAULT NULL, a_limits numeric[] DEFAULT NULL,
		OUT measure text, OUT score int, OUT from_value numeric, OUT to_value numeric, OUT customers bigint)
	RETURNS SETOF record LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 COST 100000 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY SELECT v.measure, v.score, trim_scale(min(v.value)), trim_scale(max(v.value)), count(*)
	FROM clv.rfm(source, customer_column, history_column, NULL::text, as_of, bins, axis, NULL, NULL, r_limits, f_limits, m_limits, a_limits) s
	CROSS JOIN LATERAL (VALUES (1, 'recency_days', s.r_score, s.recency_days::numeric), (2, 'purchase_days', s.f_score, s.purchase_days), (3, 'revenue', s.m_score, s.revenue),
		(4, 'axis', s.a_score, s.axis_value)) v (place, measure, score, value)
	WHERE v.score IS NOT NULL
	GROUP BY v.place, v.measure, v.score
	ORDER BY v.place, v.score;
END
$$;
COMMENT ON FUNCTION clv.rfm_limits(regclass, name, name, date, int, text, numeric[], numeric[], numeric[], numeric[]) IS 'the thresholds behind clv.rfm: least and largest value of every score of every axis, and the number of its customers';

CREATE FUNCTION clv.segment_migration(source regclass, customer_column name, history_column name, from_date date, to_date date,
		bins int DEFAULT 5, axis text DEFAULT NULL, rules regclass DEFAULT NULL, fixed_limits bool DEFAULT false,
		r_limits numeric[] DEFAULT NULL, f_limits numeric[] DEFAULT NULL, m_limits numeric[] DEFAULT NULL, a_limits numeric[] DEFAULT NULL,
		OUT from_segment text, OUT to_segment text, OUT customers bigint, OUT share float8, OUT lower float8, OUT upper float8, OUT revenue numeric)
	RETURNS SETOF record LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 COST 100000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	key text;
BEGIN
	IF from_date > to_date THEN
		RAISE EXCEPTION 'dates out of order' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('from_date is %s and to_date is %s.', from_date, to_date),
			HINT = 'Give the earlier day first.';
	ELSIF source IS NULL OR customer_column IS NULL OR history_column IS NULL OR from_date IS NULL OR to_date IS NULL OR bins IS NULL THEN
		RETURN;
	END IF;
	IF fixed_limits THEN
		-- The limit of a score is the worst value with that score or a better one: what nobody has is left out by equal limits.
		WITH lim AS MATERIALIZED (
			SELECT t.* FROM clv.rfm_limits(source, customer_column, history_column, from_date, bins, axis, r_limits, f_limits, m_limits, a_limits) t),
		cut AS (
			SELECT m.measure, CASE m.measure WHEN 'recency_days' THEN max(w.to_value) OVER better ELSE min(w.from_value) OVER better END AS value
			FROM (SELECT t.measure, max(t.score) AS best FROM lim t GROUP BY t.measure) m
			CROSS JOIN generate_series(2, m.best) s
			LEFT JOIN lim w ON w.measure = m.measure AND w.score = s
			WINDOW better AS (PARTITION BY m.measure ORDER BY s DESC))
		SELECT coalesce(r_limits, array_agg(c.value ORDER BY c.value) FILTER (WHERE c.measure = 'recency_days'), l.none),
			coalesce(f_limits, array_agg(c.value ORDER BY c.value) FILTER (WHERE c.measure = 'purchase_days'), l.none),
			coalesce(m_limits, array_agg(c.value ORDER BY c.value) FILTER (WHERE c.measure = 'revenue'), l.none),
			coalesce(a_limits, array_agg(c.value ORDER BY c.value) FILTER (WHERE c.measure = 'axis'), l.none)
		INTO r_limits, f_limits, m_limits, a_limits
		FROM (SELECT CASE WHEN count(*) > 0 THEN '{}'::numeric[] END AS none FROM lim) l
		LEFT JOIN cut c ON true
		GROUP BY l.none;
	END IF;
	key := format_type(clv.portfolio_column_type(source, customer_column, 'customer_column'), NULL);
	RETURN QUERY EXECUTE format($query$
		WITH place AS (SELECT n.segment, min(n.priority) AS priority FROM clv.segment_rules_of($8, $5) n GROUP BY n.segment),
		moved AS (
			SELECT CASE WHEN a.r_score IS NOT NULL THEN coalesce(a.segment, 'other') END AS origin, coalesce(b.segment, 'other') AS target, count(*) AS customers, sum(b.revenue - coalesce(a.revenue, 0)) AS revenue
			FROM clv.rfm($1, $2, $3, NULL::%1$s, $7, $5, $6, NULL, $8, $9, $10, $11, $12) b
			LEFT JOIN clv.rfm($1, $2, $3, NULL::%1$s, $4, $5, $6, NULL, $8, $9, $10, $11, $12) a ON a.customer = b.customer
			GROUP BY 1, 2)
		SELECT m.origin, m.target, m.customers, w.rate, w.lower, w.upper, m.revenue
		FROM (SELECT *, (sum(customers) OVER (PARTITION BY origin))::bigint AS total FROM moved) m
		CROSS JOIN LATERAL clv.wilson(m.customers, m.total) w
		LEFT JOIN place p ON p.segment = m.origin
		LEFT JOIN place q ON q.segment = m.target
		ORDER BY m.origin IS NULL, p.priority, q.priority, m.origin, m.target$query$, key)
	USING source, customer_column, history_column, from_date, bins, axis, to_date, rules, r_limits, f_limits, m_limits, a_limits;
END
$$;
COMMENT ON FUNCTION clv.segment_migration(regclass, name, name, date, date, int, text, regclass, bool, numeric[], numeric[], numeric[], numeric[]) IS
'who moved from which segment to which between two days: customers, their share of those who were in from_segment with its 95 % Wilson interval, and the revenue they brought after from_date up to to_date; from_segment is NULL for those who were no customers yet, other where no rule fits; with fixed_limits the quantiles of from_date are the limits on both days, so that who moves has changed, not the others';
