--
-- How far one customer has come
--

CREATE FUNCTION clv.value_within(h clv.history, days int, as_of date) RETURNS numeric
	AS 'MODULE_PATHNAME', 'clv_value_within_days' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.value_within(clv.history, int, date) IS 'exact amount of all orders up to so many days after the first purchase, 0 for its day alone; NULL while that day lies after as_of, so that a mean takes only customers who were observed long enough';

CREATE FUNCTION clv.days_to_purchase(h clv.history, n int, as_of date) RETURNS int
	AS 'MODULE_PATHNAME', 'clv_days_to_nth_purchase' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.days_to_purchase(clv.history, int, date) IS 'days from the first purchase day to the n-th, n = 2 for the second; NULL if it did not come up to as_of';

CREATE FUNCTION clv.variation(h clv.history, period text, as_of date, week_start text DEFAULT 'monday') RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_variation_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.variation(clv.history, text, date, text) IS 'coefficient of variation of the amounts by period: standard deviation (of a sample) over mean, over the periods from that of the first purchase to the last complete one; 0 is the same every period; NULL for less than two periods or a mean that is not positive';

CREATE TYPE clv.xyz_class AS ENUM ('X', 'Y', 'Z');
COMMENT ON TYPE clv.xyz_class IS 'class of a customer by steadiness: X buys about the same every period, Y varies, Z buys irregularly';

CREATE FUNCTION clv.xyz(variation float8, x float8 DEFAULT 0.5, y float8 DEFAULT 1) RETURNS clv.xyz_class
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT (x >= 0 AND y >= x AND y < 'Infinity') THEN
		RAISE EXCEPTION 'limits of variation out of range' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('x is %s and y is %s.', x, y), HINT = 'Give 0 <= x <= y, both finite.';
	END IF;
	IF variation = 'NaN' THEN
		RAISE EXCEPTION 'variation out of range' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'The variation is NaN.';
	END IF;
	RETURN CASE WHEN variation <= x THEN 'X' WHEN variation <= y THEN 'Y' ELSE 'Z' END::clv.xyz_class;
END
$$;
COMMENT ON FUNCTION clv.xyz(float8, float8, float8) IS 'class of a coefficient of variation: X up to x, Y up to y, Z above; together with clv.abc the nine cells of value and steadiness';

