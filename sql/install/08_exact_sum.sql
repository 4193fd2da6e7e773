--
-- Sums of doubles that do not depend on the order of the rows
--

CREATE FUNCTION clv.exact_sum_trans(state bytea, value float8) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_exact_sum_trans' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.exact_sum_trans(bytea, float8) IS 'transition function of clv.exact_sum';

CREATE FUNCTION clv.exact_sum_combine(bytea, bytea) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_exact_sum_combine' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.exact_sum_combine(bytea, bytea) IS 'combine function of clv.exact_sum';

CREATE FUNCTION clv.exact_sum_final(bytea) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_exact_sum_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.exact_sum_final(bytea) IS 'final function of clv.exact_sum';

CREATE FUNCTION clv.exact_sum_trans(state bytea, value float8[], weight float8) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_exact_sum_array_trans' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.exact_sum_trans(bytea, float8[], float8) IS 'transition function of clv.exact_sum of arrays';

CREATE FUNCTION clv.exact_sum_array_final(bytea) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'clv_exact_sum_array_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.exact_sum_array_final(bytea) IS 'final function of clv.exact_sum of arrays';

CREATE AGGREGATE clv.exact_sum(value float8) (
	SFUNC = clv.exact_sum_trans, STYPE = bytea, SSPACE = 560, INITCOND = '',
	FINALFUNC = clv.exact_sum_final,
	COMBINEFUNC = clv.exact_sum_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.exact_sum(float8) IS 'sum of double precision numbers, added without rounding and rounded once at the end: the nearest double to the true sum, so the same for any order of rows, any plan and any number of parallel workers, which sum does not promise; NULL is skipped, no rows give NULL, NaN and infinity are as for sum; source: Neal 2015, Fast exact summation using small and large superaccumulators';

CREATE AGGREGATE clv.exact_sum(value float8[], weight float8) (
	SFUNC = clv.exact_sum_trans, STYPE = bytea, SSPACE = 6600, INITCOND = '',
	FINALFUNC = clv.exact_sum_array_final,
	COMBINEFUNC = clv.exact_sum_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.exact_sum(float8[], float8) IS 'sum of arrays of one length, element by element, each array times its weight; as for numbers, but for the rounding of each product';
