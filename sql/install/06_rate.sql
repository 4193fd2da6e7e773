--
-- Shares of customers with their intervals
--

CREATE FUNCTION clv.wilson(successes bigint, trials bigint, level float8 DEFAULT 0.95,
		OUT rate float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_wilson' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.wilson(bigint, bigint, float8) IS 'share of trials that succeeded with its confidence interval (Wilson 1927), which stays between 0 and 1 and is honest for few trials; NULL without trials';

CREATE FUNCTION clv.lift(lost_with bigint, lost bigint, kept_with bigint, kept bigint, level float8 DEFAULT 0.95,
		OUT lost_share float8, OUT kept_share float8, OUT lift float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_lift' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lift(bigint, bigint, bigint, bigint, float8) IS 'how much more frequent an attribute is among lost customers than among kept ones: the ratio of both shares with its confidence interval (Katz 1978); above 1 with a lower bound above 1 it goes along with leaving; bounds are NULL where a group has nobody with it, the lift where no kept customer has it, the row where a group is empty';


CREATE FUNCTION clv.drivers(source regclass, lost_column name, attributes name[], level float8 DEFAULT 0.95,
		OUT attribute name, OUT value text, OUT lost_with bigint, OUT lost bigint, OUT kept_with bigint, OUT kept bigint,
		OUT lost_share float8, OUT kept_share float8, OUT lift float8, OUT lower float8, OUT upper float8)
	RETURNS SETOF record LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED ROWS 50 COST 100000 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name name;
BEGIN
	PERFORM clv.portfolio_column_type(source, lost_column, 'lost_column', '{boolean}');
	FOREACH name IN ARRAY attributes LOOP
		PERFORM clv.portfolio_column_type(source, name, 'attribute');
		RETURN QUERY EXECUTE format($query$
			SELECT %1$L::name, v.value, v.lost_with, v.lost, v.kept_with, v.kept, l.lost_share, l.kept_share, l.lift, l.lower, l.upper
			FROM (SELECT %1$I::text AS value,
					count(*) FILTER (WHERE %2$I) AS lost_with, (sum(count(*) FILTER (WHERE %2$I)) OVER ())::bigint AS lost,
					count(*) FILTER (WHERE NOT %2$I) AS kept_with, (sum(count(*) FILTER (WHERE NOT %2$I)) OVER ())::bigint AS kept
				FROM %3$s WHERE %2$I IS NOT NULL GROUP BY 1) v
			CROSS JOIN LATERAL clv.lift(v.lost_with, v.lost, v.kept_with, v.kept, $1) l
			ORDER BY l.lift DESC, v.lost_with DESC, v.value$query$, name, lost_column, source)
		USING level;
	END LOOP;
END
$$;
COMMENT ON FUNCTION clv.drivers(regclass, name, name[], float8) IS 'what lost customers have in common: clv.lift of every value of every attribute, columns of a table of customers with a boolean column that tells who is lost; per attribute the highest lift first, NULL (no kept customer has the value) above all; rows where lost is NULL are left out, NULL counts as a value';
