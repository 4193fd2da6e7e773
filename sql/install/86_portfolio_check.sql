--
-- Checks of a portfolio's predictions against what happened
--

CREATE FUNCTION clv.portfolio_check_holdout(name text, cut_dates date[], horizon interval) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET datestyle = iso
AS $$
DECLARE
	today constant date := clv.portfolio_report_date(name);
	cut date;
BEGIN
	FOREACH cut IN ARRAY coalesce(cut_dates, '{}') LOOP
		CONTINUE WHEN NOT isfinite(cut);
		IF (cut + horizon)::date <= cut THEN
			PERFORM clv.portfolio_refuse('horizon out of range', horizon::text, 'Give an interval of at least a day, such as ''6 months''.');
		ELSIF (cut + horizon)::date > today THEN
			RAISE EXCEPTION 'orders within the horizon are not all known yet' USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('From the cut date %s the horizon reaches to %s, the report date is %s.', cut, (cut + horizon)::date, today),
				HINT = 'Give an earlier cut date or a shorter horizon.';
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION clv.portfolio_check_holdout(text, date[], interval) IS 'raises where the horizon after a cut date is no day long, or ends after the report date of a portfolio';

CREATE FUNCTION clv.backtest(name text, families text[], cut_dates date[], horizon interval)
RETURNS TABLE (family text, cut_date date, customers bigint, actual float8, predicted float8, bias float8, mae float8, rmse float8,
	rank_correlation float8, decile_lift float8, status text, coverage float8, expected_coverage float8)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_check_holdout(name, cut_dates, horizon);
	RETURN QUERY EXECUTE format($sql$
		WITH base AS MATERIALIZED (
			SELECT h.history, c.cut, (c.cut + $3)::date AS until, (clv.statistics(h.history, c.cut)).*,
				clv.purchase_days(clv.slice(h.history, c.cut + 1, (c.cut + $3)::date + 1))::float8 AS actual
			FROM %I.history h CROSS JOIN unnest($2) c (cut)
			WHERE clv.first_order(h.history) <= c.cut),
		fitted AS MATERIALIZED (
			SELECT f.family, b.cut, clv.fit(f.family, b.history, b.cut) AS model
			FROM base b CROSS JOIN unnest($1) f (family) GROUP BY f.family, b.cut),
		scored AS (
			SELECT f.family, b.cut, clv.status(f.model) AS status, b.actual,
				clv.expected_orders(f.model, b.history, b.cut, $3) AS predicted,
				(b.actual BETWEEN i.lower AND i.upper)::int AS covered, i.probability
			FROM base b JOIN fitted f ON f.cut = b.cut
			CROSS JOIN LATERAL clv.order_interval(f.model, b.history, b.cut, $3) i
			UNION ALL
			SELECT 'same rate', b.cut, 'baseline', b.actual, coalesce(b.frequency / nullif(b.age, 0) * (b.until - b.cut), 0), NULL, NULL
			FROM base b
			UNION ALL
			SELECT 'same as before', b.cut, 'baseline', b.actual,
				clv.purchase_days(clv.slice(b.history, b.cut - (b.until - b.cut) + 1, b.cut + 1)), NULL, NULL
			FROM base b),
		placed AS (
			SELECT s.*, rank() OVER p AS place, rank() OVER a AS actual_place,
				count(*) OVER (PARTITION BY s.family, s.cut) AS customers,
				count(*) OVER (PARTITION BY s.family, s.cut, s.predicted) AS alike,
				count(*) OVER (PARTITION BY s.family, s.cut, s.actual) AS actual_alike
			FROM scored s
			WINDOW p AS (PARTITION BY s.family, s.cut ORDER BY s.predicted DESC), a AS (PARTITION BY s.family, s.cut ORDER BY s.actual DESC)),
		ranked AS (
			SELECT p.*, p.place + (p.alike - 1) / 2.0 AS predicted_rank, p.actual_place + (p.actual_alike - 1) / 2.0 AS actual_rank,
				-- Of those alike as many belong to the best tenth as have a place in it.
				least(greatest(p.customers / 10.0 - (p.place - 1), 0) / p.alike, 1)::float8 AS best
			FROM placed p)
		SELECT r.family, r.cut, count(*), sum(r.actual), sum(r.predicted), sum(r.predicted) / nullif(sum(r.actual), 0) - 1,
			avg(abs(r.predicted - r.actual)), sqrt(avg((r.predicted - r.actual) ^ 2)),
			corr(r.predicted_rank, r.actual_rank),
			sum(r.best * r.actual) / sum(r.best) / nullif(avg(r.actual), 0), min(r.status), avg(r.covered)::float8, avg(r.probability)
		FROM ranked r
		GROUP BY r.family, r.cut
		ORDER BY r.cut, min(r.status) = 'baseline', avg(abs(r.predicted - r.actual))
		$sql$, name) USING families, cut_dates, horizon;
END
$$;
COMMENT ON FUNCTION clv.backtest(text, text[], date[], interval) IS 'how well models would have foretold: each family is fitted to the orders up to each cut date and predicts the purchase days of each customer within the horizon after it; actual and predicted are totals, bias is predicted/actual - 1, mae and rmse are the mean absolute and the root mean squared error per customer, rank_correlation is that of Spearman, decile_lift how many times the average the tenth with the highest predictions bought; coverage is the share of customers whose purchase days lie in the 95 % interval of clv.order_interval, expected_coverage the share that the model promises, which is above 95 % because orders are whole; besides two baselines, the rate of each customer so far and the purchase days of a window as long before the cut; the horizon ends at the report date at the latest';

CREATE FUNCTION clv.calibration(name text, family text, cut_date date, horizon interval, top int DEFAULT 7)
RETURNS TABLE (frequency int, customers bigint, actual float8, predicted float8)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 8 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_check_holdout(name, ARRAY[cut_date], horizon);
	IF top NOT BETWEEN 1 AND 1000 THEN
		RAISE EXCEPTION 'number of frequencies out of range' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('top is %s.', top), HINT = 'Frequencies from top on are one group: 1 to 1000.';
	END IF;
	RETURN QUERY EXECUTE format($sql$
		WITH base AS MATERIALIZED (
			SELECT h.history, least((clv.statistics(h.history, $2)).frequency, $4) AS frequency,
				clv.purchase_days(clv.slice(h.history, $2 + 1, ($2 + $3)::date + 1)) AS actual
			FROM %I.history h WHERE clv.first_order(h.history) <= $2)
		SELECT b.frequency, count(*), avg(b.actual)::float8, avg(clv.expected_orders(m.model, b.history, $2, $3))
		FROM base b CROSS JOIN (SELECT clv.fit($1, history, $2) AS model FROM base) m
		GROUP BY b.frequency ORDER BY b.frequency
		$sql$, name) USING family, cut_date, horizon, top;
END
$$;
COMMENT ON FUNCTION clv.calibration(text, text, date, interval, int) IS 'purchase days per customer within the horizon after a cut date, actual and predicted by a model fitted to the orders up to it, by the frequency at the cut; frequencies from top on are one group';

CREATE FUNCTION clv.tracking(name text, period text DEFAULT 'week', whole_days boolean DEFAULT false)
RETURNS TABLE (period_start date, actual bigint, expected float8, actual_cumulative bigint, expected_cumulative float8, calibration boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_require(name);
	RETURN QUERY EXECUTE format($sql$
		WITH basis AS MATERIALIZED (SELECT b.as_of, b.week_start, clv.in_unit(b.order_model, '1 day') AS model FROM %1$I.report_basis b),
		first AS MATERIALIZED (SELECT clv.first_order(h.history) AS day, count(*) AS customers FROM %1$I.history h GROUP BY 1),
		bought AS (
			SELECT clv.period_start(p.day, $1, b.week_start) AS start, count(*) FILTER (WHERE p.day > clv.first_order(h.history)) AS repeats
			FROM basis b CROSS JOIN %1$I.history h CROSS JOIN LATERAL clv.purchases(h.history) p
			WHERE p.orders > 0 GROUP BY 1),
		ends AS (
			SELECT clv.period_start(d::date, $1, b.week_start) AS start, least(max(d::date), b.as_of) AS last
			FROM basis b CROSS JOIN LATERAL generate_series((SELECT min(day) FROM first)::timestamp, b.as_of::timestamp, '1 day') d
			GROUP BY 1, b.as_of),
		counted AS (
			SELECT e.start, e.last, coalesce(max(g.repeats), 0) AS repeats,
				sum(f.customers * clv.expected_orders_new(b.model, e.last - f.day + $2::int)) AS expected
			FROM ends e CROSS JOIN basis b
			LEFT JOIN bought g ON g.start = e.start
			LEFT JOIN first f ON f.day < e.last + $2::int
			GROUP BY e.start, e.last)
		SELECT c.start, c.repeats, coalesce(c.expected, 0) - lag(coalesce(c.expected, 0), 1, 0::float8) OVER w,
			(sum(c.repeats) OVER w)::bigint, coalesce(c.expected, 0),
			c.last <= (SELECT v.as_of FROM %1$I.model_version v WHERE v.active AND v.role = 'transactions')
		FROM counted c WINDOW w AS (ORDER BY c.start) ORDER BY c.start
		$sql$, name) USING period, coalesce(whole_days, false);
END
$$;
COMMENT ON FUNCTION clv.tracking(text, text, boolean) IS 'repeat purchase days of all customers period by period, actual and expected by the active model from the days of their first orders alone, over the days after the first order as models count them, or with whole_days as if that day counted too, from morning to the midnight that ends the period, which is how published curves are drawn; calibration tells the periods that the model was fitted to, the others are a test of it';

CREATE FUNCTION clv.frequency_fit(name text, top int DEFAULT 7)
RETURNS TABLE (frequency int, actual bigint, expected float8)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 8 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_require(name);
	IF top NOT BETWEEN 1 AND 1000 THEN
		RAISE EXCEPTION 'number of frequencies out of range' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('top is %s.', top), HINT = 'Frequencies from top on are one group: 1 to 1000.';
	END IF;
	RETURN QUERY EXECUTE format($sql$
		WITH fitted AS MATERIALIZED (
			SELECT clv.in_unit(v.model, '1 day') AS model, v.as_of FROM %1$I.model_version v WHERE v.active AND v.role = 'transactions'),
		customer AS MATERIALIZED (
			SELECT (clv.statistics(h.history, f.as_of)).* FROM fitted f CROSS JOIN %1$I.history h),
		ages AS MATERIALIZED (SELECT age, count(*) AS customers FROM customer WHERE age IS NOT NULL GROUP BY age),
		expected AS (
			SELECT n, sum(a.customers * clv.order_probability(f.model, a.age, n)) AS expected
			FROM fitted f CROSS JOIN ages a CROSS JOIN generate_series(0, $1 - 1) n GROUP BY n)
		SELECT n, (SELECT count(*) FROM customer c WHERE least(c.frequency, $1) = n),
			CASE WHEN n < $1 THEN e.expected ELSE (SELECT sum(a.customers) FROM ages a) - (SELECT sum(o.expected) FROM expected o) END
		FROM generate_series(0, $1) n LEFT JOIN expected e USING (n)
		ORDER BY n
		$sql$, name) USING top;
END
$$;
COMMENT ON FUNCTION clv.frequency_fit(text, int) IS 'customers by their number of repeat purchase days, actual and expected by the active model, on the day it was fitted for; the last row holds all from top on';

CREATE FUNCTION clv.alive_history(name text, customer text, step text DEFAULT 'week')
RETURNS TABLE (day date, p_alive float8, purchase boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clv.portfolio_require(name);
	PERFORM clv.period_start('2000-01-01', step);
	RETURN QUERY EXECUTE format($sql$
		SELECT d.day, clv.p_alive(b.order_model, h.history, d.day), bool_or(d.purchase)
		FROM (SELECT * FROM %1$I.report_basis LIMIT 1) b
		CROSS JOIN (SELECT c.history FROM %1$I.history c WHERE c.customer OPERATOR(%2$s) $1::%3$s) h
		CROSS JOIN LATERAL (
			SELECT clv.period_end(s::date, $2, b.week_start) AS day, false AS purchase
			FROM generate_series(clv.first_order(h.history)::timestamp, b.as_of::timestamp, '1 day') s
			UNION ALL SELECT p.day, true FROM clv.purchases(h.history) p WHERE p.orders > 0
			UNION ALL SELECT b.as_of, false) d
		WHERE d.day <= b.as_of
		GROUP BY d.day, b.order_model, h.history
		ORDER BY d.day
		$sql$, name, clv.portfolio_equality(name), clv.portfolio_key_type(name)) USING customer, step;
END
$$;
COMMENT ON FUNCTION clv.alive_history(text, text, text) IS 'probability that one customer was still one, by the active model, on each purchase day and at the end of each day, week, month, quarter or year from the first order to the report date; the customer as text, so that a plain literal does for customers of any type';

CREATE FUNCTION clv.alive_history(name text, customer anyelement, step text DEFAULT 'week')
RETURNS TABLE (day date, p_alive float8, purchase boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	given text;
BEGIN
	PERFORM clv.portfolio_require(name);
	EXECUTE format('SELECT $1::%s::text', clv.portfolio_key_type(name)) INTO given USING customer;
	RETURN QUERY SELECT h.day, h.p_alive, h.purchase FROM clv.alive_history(name, given, step) h;
END
$$;
COMMENT ON FUNCTION clv.alive_history(text, anyelement, text) IS 'the same for a customer given as a value of another type than text';
