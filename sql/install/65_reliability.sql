--
-- Can a report be relied on?
--

CREATE TYPE clv.check_result AS ("check" text, value numeric, threshold text, verdict text, meaning text);
COMMENT ON TYPE clv.check_result IS 'one finding of clv.checks: what is checked, what was found, what it is compared with, a verdict (ok, caution, insufficient, or unknown where nothing can be said) and why it matters';

CREATE FUNCTION clv.check_limits(OUT "check" text, OUT ok_from float8, OUT ok_to float8, OUT usable_from float8, OUT usable_to float8, OUT meaning text)
	RETURNS SETOF record LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY VALUES
		('customers', 500::float8, NULL::float8, 50::float8, NULL::float8,
			'With fewer customers shares and means swing with every single one.'),
		('repeat customers', 100, NULL, 20, NULL,
			'Only customers who came back tell how often customers come back.'),
		('customers with three orders', 1, NULL, 1, NULL,
			'Without them a rhythm of orders cannot be told from chance.'),
		('days of history', 180, NULL, NULL, NULL,
			'A short history does not show who stays away for good.'),
		('days since last order', NULL, 30, NULL, NULL,
			'If orders are missing at the end, all customers look lost: is the report date right, and were orders loaded?'),
		('share of the largest customer', NULL, 0.05, NULL, 0.5,
			'The loss of this one customer would change every total by that much.'),
		('change of the Gini coefficient without the largest customer', -0.01, 0.01, NULL, NULL,
			'If it moves much, the shape of the distribution hangs on one customer.'),
		('change of a rate by one customer', NULL, 0.02, NULL, 0.2,
			'One customer more or less moves the rate of a group of usual size by that much.'),
		('complete periods', 3, NULL, 1, NULL,
			'A trend needs periods to compare with, and so does a curve.'),
		('rows of running periods', NULL, 0, NULL, NULL,
			'Figures of a period that still runs will grow: read only rows that are complete.'),
		('subjects', 500, NULL, 50, NULL,
			'With fewer of them the curve swings with every single one.'),
		('events', 100, NULL, 20, NULL,
			'Only durations that ended tell how long they last.'),
		('share without an event at the end', NULL, 0.5, NULL, NULL,
			'If the curve does not come down to the half, the observation is too short for a median.'),
		('at risk at the last event', 10, NULL, NULL, NULL,
			'Where few are left, the end of the curve hangs on them.'),
		('largest relative error of a parameter', NULL, 0.5, NULL, NULL,
			'A parameter that the data do not locate makes predictions far ahead uncertain.'),
		('days since fit', 0, 31, NULL, NULL,
			'A model fitted for another time does not know what changed since, or knows what was still to come.'),
		('correlation of frequency and spend', -0.3, 0.3, NULL, NULL,
			'The spend model takes for granted that how often and how much are independent.');
END
$$;
COMMENT ON FUNCTION clv.check_limits() IS 'every check of a number with the values that are ok, and those beyond which a figure is insufficient (NULL: no bound), and why it matters';

CREATE FUNCTION clv.judge("check" text, value float8, OUT threshold text, OUT verdict text, OUT meaning text)
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	l record;
BEGIN
	SELECT c.* INTO l FROM clv.check_limits() c WHERE c."check" = $1;
	IF l."check" IS NULL THEN
		RAISE EXCEPTION 'unknown check' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('There is no check %s.', coalesce(quote_literal($1), 'NULL')),
			HINT = 'clv.check_limits() lists all checks.';
	END IF;
	threshold := CASE WHEN l.ok_to IS NULL THEN 'at least ' || l.ok_from WHEN l.ok_from IS NULL THEN 'at most ' || l.ok_to
		ELSE 'between ' || l.ok_from || ' and ' || l.ok_to END;
	verdict := CASE WHEN $2 IS NULL OR $2 = 'NaN' THEN 'unknown' WHEN $2 < l.usable_from OR $2 > l.usable_to THEN 'insufficient'
		WHEN $2 < l.ok_from OR $2 > l.ok_to THEN 'caution' ELSE 'ok' END;
	meaning := l.meaning;
END
$$;
COMMENT ON FUNCTION clv.judge(text, float8) IS 'one check: what the value is compared with, the verdict (ok, caution, insufficient; unknown for NULL), and why it matters';

CREATE FUNCTION clv.check_value("check" text, value float8) RETURNS clv.check_result
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	j record;
BEGIN
	j := clv.judge("check", value);
	RETURN ("check", CASE WHEN abs(value) < 'Infinity' THEN trim_scale(round(value::numeric, 4)) END, j.threshold, j.verdict, j.meaning)::clv.check_result;
END
$$;
COMMENT ON FUNCTION clv.check_value(text, float8) IS 'one check as a row of clv.checks, the value rounded to four decimals';

CREATE FUNCTION clv.verdict(checks clv.check_result[], OUT verdict text, OUT reasons text[])
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	SELECT CASE WHEN bool_or(c.verdict = 'insufficient') THEN 'insufficient' WHEN bool_or(c.verdict = 'caution') THEN 'caution'
			WHEN bool_or(c.verdict = 'ok') THEN 'ok' ELSE 'unknown' END,
		coalesce(array_agg(CASE WHEN c.threshold = 'status ok' THEN format('%s: %s', c."check", c.meaning)
				ELSE format('%s: %s, %s. %s', c."check", c.value, c.threshold, c.meaning) END
				ORDER BY c.verdict = 'insufficient' DESC, n) FILTER (WHERE c.verdict IN ('caution', 'insufficient')), '{}')
	INTO verdict, reasons
	FROM unnest(checks) WITH ORDINALITY AS c ("check", value, threshold, verdict, meaning, n);
END
$$;
COMMENT ON FUNCTION clv.verdict(clv.check_result[]) IS 'the worst verdict of several checks, and a reason for each check that is not ok, the worst first';

-- Cohorts

CREATE FUNCTION clv.checks(cohorts clv.cohort_table, revenue clv.lorenz DEFAULT NULL) RETURNS SETOF clv.check_result
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 6 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	t record;
BEGIN
	SELECT * INTO t FROM clv.cohort_extent(cohorts);
	IF t.customers > 0 THEN
		RETURN NEXT clv.check_value('customers', t.customers);
		RETURN NEXT clv.check_value('repeat customers', t.returned);
		RETURN NEXT clv.check_value('change of a rate by one customer', t.cohorts / t.customers::float8);
		RETURN NEXT clv.check_value('complete periods', t.complete_periods);
		RETURN NEXT clv.check_value('rows of running periods', t.running_cells);
		IF revenue IS NOT NULL THEN
			RETURN NEXT clv.check_value('share of the largest customer', clv.largest_share(revenue));
		END IF;
	END IF;
END
$$;
COMMENT ON FUNCTION clv.checks(clv.cohort_table, clv.lorenz) IS 'checks of a cohort report: customers, repeat customers, the mean size of a cohort, complete and running periods and, with the distribution of the revenue over the customers, what hangs on the largest; no rows without customers';

CREATE FUNCTION clv.verdict(cohorts clv.cohort_table, revenue clv.lorenz DEFAULT NULL, OUT verdict text, OUT reasons text[])
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	SELECT v.* INTO verdict, reasons FROM clv.verdict(ARRAY(SELECT c FROM clv.checks(cohorts, revenue) c)) v WHERE cohorts IS NOT NULL;
END
$$;
COMMENT ON FUNCTION clv.verdict(clv.cohort_table, clv.lorenz) IS 'can a cohort report be relied on: the worst verdict of its checks, and the reasons';

-- Movements

CREATE FUNCTION clv.checks(movements clv.movement_table, revenue clv.lorenz DEFAULT NULL) RETURNS SETOF clv.check_result
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 6 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	t record;
BEGIN
	SELECT sum(m.new) AS customers, count(*) FILTER (WHERE m.complete) AS complete, count(*) FILTER (WHERE NOT m.complete) AS running,
		1 / nullif((array_agg(m.opening ORDER BY m.period_start DESC) FILTER (WHERE m.complete))[1], 0)::float8 AS change
	INTO t FROM clv.movements(movements) m;
	IF t.customers > 0 THEN
		RETURN NEXT clv.check_value('customers', t.customers::float8);
		RETURN NEXT clv.check_value('change of a rate by one customer', t.change);
		RETURN NEXT clv.check_value('complete periods', t.complete);
		RETURN NEXT clv.check_value('rows of running periods', t.running);
		IF revenue IS NOT NULL THEN
			RETURN NEXT clv.check_value('share of the largest customer', clv.largest_share(revenue));
		END IF;
	END IF;
END
$$;
COMMENT ON FUNCTION clv.checks(clv.movement_table, clv.lorenz) IS 'checks of a report on movements: customers, the base that the churn of the last complete period is a share of, complete and running periods and, with the distribution of the revenue over the customers, what hangs on the largest; no rows without customers';

CREATE FUNCTION clv.verdict(movements clv.movement_table, revenue clv.lorenz DEFAULT NULL, OUT verdict text, OUT reasons text[])
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	SELECT v.* INTO verdict, reasons FROM clv.verdict(ARRAY(SELECT c FROM clv.checks(movements, revenue) c)) v WHERE movements IS NOT NULL;
END
$$;
COMMENT ON FUNCTION clv.verdict(clv.movement_table, clv.lorenz) IS 'can a report on movements be relied on: the worst verdict of its checks, and the reasons';

-- Concentration

CREATE FUNCTION clv.checks(l clv.lorenz) RETURNS SETOF clv.check_result
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 3 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF clv.customers(l) > 0 THEN
		RETURN NEXT clv.check_value('customers', clv.customers(l));
		RETURN NEXT clv.check_value('share of the largest customer', clv.largest_share(l));
		RETURN NEXT clv.check_value('change of the Gini coefficient without the largest customer', clv.gini(clv.without_largest(l)) - clv.gini(l));
	END IF;
END
$$;
COMMENT ON FUNCTION clv.checks(clv.lorenz) IS 'checks of a distribution: customers, and what hangs on the largest one; no rows without customers';

CREATE FUNCTION clv.verdict(l clv.lorenz, OUT verdict text, OUT reasons text[])
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	SELECT v.* INTO verdict, reasons FROM clv.verdict(ARRAY(SELECT c FROM clv.checks(l) c)) v;
END
$$;
COMMENT ON FUNCTION clv.verdict(clv.lorenz) IS 'can a report on concentration be relied on: the worst verdict of its checks, and the reasons';

-- Survival

CREATE FUNCTION clv.checks(durations clv.survival_table) RETURNS SETOF clv.check_result
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 4 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	extent record := clv.survival_extent(durations);
BEGIN
	IF extent.subjects > 0 THEN
		RETURN NEXT clv.check_value('subjects', extent.subjects);
		RETURN NEXT clv.check_value('events', extent.events);
		RETURN NEXT clv.check_value('share without an event at the end', clv.survival_at(durations, extent.last_time));
		RETURN NEXT clv.check_value('at risk at the last event',
			(SELECT c.at_risk FROM clv.survival_curve(durations) c WHERE c.events > 0 ORDER BY c."time" DESC LIMIT 1));
	END IF;
END
$$;
COMMENT ON FUNCTION clv.checks(clv.survival_table) IS 'checks of a survival curve: subjects, events, whether it comes down to the half, and how many its end hangs on; no rows without subjects';

CREATE FUNCTION clv.verdict(durations clv.survival_table, OUT verdict text, OUT reasons text[])
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	SELECT v.* INTO verdict, reasons FROM clv.verdict(ARRAY(SELECT c FROM clv.checks(durations) c)) v;
END
$$;
COMMENT ON FUNCTION clv.verdict(clv.survival_table) IS 'can a survival curve be relied on: the worst verdict of its checks, and the reasons';

-- Models

CREATE FUNCTION clv.check_model("check" text, m clv.model) RETURNS clv.check_result
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	good constant boolean := clv.status(m) = 'ok';
BEGIN
	-- A fit that ended elsewhere than at an inner maximum is an answer, but one to be careful with.
	RETURN CASE WHEN m IS NULL THEN ("check", NULL, 'status ok', 'unknown', 'There is no model: clv.refresh fits one of orders as soon as there are any, one of spend as soon as a customer came back and spent something.')::clv.check_result
		WHEN clv.observations(m) IS NULL THEN ("check", NULL, 'status ok', 'unknown', 'It was given, not fitted.')::clv.check_result
		ELSE ("check", good::int, 'status ok', CASE WHEN good THEN 'ok' WHEN clv.converged(m) THEN 'caution' ELSE 'insufficient' END,
			format('The fit ended with status %s. %s', clv.status(m), clv.status_reason(m)))::clv.check_result END;
END
$$;
COMMENT ON FUNCTION clv.check_model(text, clv.model) IS 'how the fit of a model ended, as a row of clv.checks: 1 where the status is ok, else 0 and, in the meaning, the status with its reason; unknown without a model and for one that was not fitted';

CREATE FUNCTION clv.checks(m clv.model) RETURNS SETOF clv.check_result
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 3 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN NEXT clv.check_value('customers', clv.observations(m));
	RETURN NEXT clv.check_model('model', m);
	RETURN NEXT clv.check_value('largest relative error of a parameter', (SELECT max(p.std_error / nullif(abs(p.estimate), 0)) FROM clv.parameters(m) p));
END
$$;
COMMENT ON FUNCTION clv.checks(clv.model) IS 'checks of a model: customers it was fitted to, how the fit ended, and how well the data locate its parameters; unknown for what a model given by hand does not tell';

CREATE FUNCTION clv.verdict(m clv.model, OUT verdict text, OUT reasons text[])
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	SELECT v.* INTO verdict, reasons FROM clv.verdict(ARRAY(SELECT c FROM clv.checks(m) c)) v;
END
$$;
COMMENT ON FUNCTION clv.verdict(clv.model) IS 'can a model be relied on: the worst verdict of its checks, and the reasons';
