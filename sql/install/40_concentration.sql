--
-- How much of the value comes from how few customers
--

CREATE TYPE clv.abc_class AS ENUM ('A', 'B', 'C');
COMMENT ON TYPE clv.abc_class IS 'class of a customer by value: A, the fewest of the best who make most of the total; B, the next; C, the rest';

CREATE FUNCTION clv.abc(value numeric) RETURNS clv.abc_class
	AS 'MODULE_PATHNAME', 'clv_abc_numeric' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.abc(numeric) IS 'window function: class of the row within its partition by value, with or without an order; A reaches 80 % of the total of the positive values, A and B 95 %; equal values share the better class; values of zero and below are C, NULL stays NULL';

CREATE FUNCTION clv.abc(value float8) RETURNS clv.abc_class
	AS 'MODULE_PATHNAME', 'clv_abc_float8' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.abc(float8) IS 'window function: class of the row within its partition by value, as for numeric; NaN and infinity are errors (22023)';

CREATE FUNCTION clv.abc(value numeric, a float8, b float8) RETURNS clv.abc_class
	AS 'MODULE_PATHNAME', 'clv_abc_numeric' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.abc(numeric, float8, float8) IS 'window function: class of the row, where A reaches share a of the total and A and B together share b, 0 <= a <= b <= 1; the shares of the first row hold for the partition';

CREATE FUNCTION clv.abc(value float8, a float8, b float8) RETURNS clv.abc_class
	AS 'MODULE_PATHNAME', 'clv_abc_float8' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.abc(float8, float8, float8) IS 'window function: class of the row, where A reaches share a of the total and A and B together share b';

-- clv.lorenz: how the value is distributed over the customers

CREATE TYPE clv.lorenz;

CREATE FUNCTION clv.lorenz_in(cstring) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_lorenz_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lorenz_in(cstring) IS 'text input of clv.lorenz';

CREATE FUNCTION clv.lorenz_out(clv.lorenz) RETURNS cstring
	AS 'MODULE_PATHNAME', 'clv_lorenz_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lorenz_out(clv.lorenz) IS 'text output of clv.lorenz';

CREATE FUNCTION clv.lorenz_recv(internal) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_lorenz_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lorenz_recv(internal) IS 'binary input of clv.lorenz';

CREATE FUNCTION clv.lorenz_send(clv.lorenz) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clv_lorenz_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lorenz_send(clv.lorenz) IS 'binary output of clv.lorenz';

CREATE TYPE clv.lorenz (
	INPUT = clv.lorenz_in,
	OUTPUT = clv.lorenz_out,
	RECEIVE = clv.lorenz_recv,
	SEND = clv.lorenz_send,
	INTERNALLENGTH = VARIABLE,
	STORAGE = extended
);
COMMENT ON TYPE clv.lorenz IS 'distribution of value over customers: every different value with the number of its customers, exact; text form numeric scale 2 {-1.00, 2.50*3}';

CREATE FUNCTION clv.concentration_trans(clv.lorenz, numeric) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_concentration_numeric_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.concentration_trans(clv.lorenz, numeric) IS 'transition function of clv.concentration';

CREATE FUNCTION clv.concentration_trans(clv.lorenz, float8) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_concentration_float8_trans' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.concentration_trans(clv.lorenz, float8) IS 'transition function of clv.concentration';

CREATE FUNCTION clv.lorenz_combine(clv.lorenz, clv.lorenz) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_lorenz_combine' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.lorenz_combine(clv.lorenz, clv.lorenz) IS 'combine function of clv.concentration, transition function of clv.merge';

CREATE AGGREGATE clv.concentration(value numeric) (
	SFUNC = clv.concentration_trans, STYPE = clv.lorenz, SSPACE = 65536,
	COMBINEFUNC = clv.lorenz_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.concentration(numeric) IS 'distribution of value over customers, one row per customer; NULL is skipped, values may be negative; read it with clv.cutoff, clv.top_share, clv.top_customers, clv.gini, clv.lorenz_curve';

CREATE AGGREGATE clv.concentration(value float8) (
	SFUNC = clv.concentration_trans, STYPE = clv.lorenz, SSPACE = 65536,
	COMBINEFUNC = clv.lorenz_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.concentration(float8) IS 'distribution of value over customers, as for numeric; NaN and infinity are errors (22023)';

CREATE AGGREGATE clv.merge(distribution clv.lorenz) (
	SFUNC = clv.lorenz_combine, STYPE = clv.lorenz, SSPACE = 65536,
	COMBINEFUNC = clv.lorenz_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clv.merge(clv.lorenz) IS 'one distribution from several of different customers';

CREATE FUNCTION clv.recount(total clv.lorenz, removed clv.lorenz, added clv.lorenz) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_lorenz_recount' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clv.recount(clv.lorenz, clv.lorenz, clv.lorenz) IS 'a distribution after some customers changed: removed counts them as they were, added as they are; NULL in removed or added for none; NULL where all customers have to be counted again, for values may have fewer decimals than before';

CREATE FUNCTION clv.customers(l clv.lorenz) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clv_lorenz_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.customers(clv.lorenz) IS 'number of customers, those without value included';

CREATE FUNCTION clv.total(l clv.lorenz) RETURNS numeric
	AS 'MODULE_PATHNAME', 'clv_lorenz_total' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.total(clv.lorenz) IS 'total of the positive values, exact for numeric';

CREATE FUNCTION clv.cutoff(l clv.lorenz, share float8) RETURNS numeric
	AS 'MODULE_PATHNAME', 'clv_lorenz_cutoff_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.cutoff(clv.lorenz, float8) IS 'least value of the best customers who reach a share of the total: customers at or above clv.cutoff(l, 0.8) are those of class A; NULL if the share is 0 or nobody has value';

CREATE FUNCTION clv.top_customers(l clv.lorenz, share float8) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clv_lorenz_top_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.top_customers(clv.lorenz, float8) IS 'least number of customers who together reach a share of the total; NULL if nobody has value';

CREATE FUNCTION clv.top_share(l clv.lorenz, fraction float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_lorenz_top_share_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.top_share(clv.lorenz, float8) IS 'share of the total that the best fraction of all customers makes, the last of them in proportion; NULL if nobody has value';

CREATE FUNCTION clv.largest_share(l clv.lorenz) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_lorenz_largest_share' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.largest_share(clv.lorenz) IS 'share of the total that the largest customer makes; NULL if nobody has value';

CREATE FUNCTION clv.gini(l clv.lorenz) RETURNS float8
	AS 'MODULE_PATHNAME', 'clv_lorenz_gini_index' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.gini(clv.lorenz) IS 'Gini coefficient: 0 where all customers are worth the same, close to 1 where one is worth all; negative values count as 0; NULL if nobody has value';

CREATE FUNCTION clv.gini_interval(l clv.lorenz, level float8 DEFAULT 0.95, OUT gini float8, OUT std_error float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_lorenz_gini_interval' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.gini_interval(clv.lorenz, float8) IS 'Gini coefficient with its standard error (jackknife over the customers, Karagiannis and Kovacevic 2000) and normal interval within 0 and 1; the error is NULL where without the largest customer nothing is left; NULL if nobody has value';

CREATE FUNCTION clv.top_share_interval(l clv.lorenz, fraction float8, level float8 DEFAULT 0.95, OUT share float8, OUT std_error float8, OUT lower float8, OUT upper float8)
	AS 'MODULE_PATHNAME', 'clv_lorenz_top_share_interval' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.top_share_interval(clv.lorenz, float8, float8) IS 'share of the best fraction of the customers with its standard error (delta method, Beach and Davidson 1983) and normal interval within 0 and 1; the error is NULL for a single customer; NULL if nobody has value';

CREATE FUNCTION clv.lorenz_curve(l clv.lorenz, points int DEFAULT 20,
		OUT customer_share float8, OUT value_share float8, OUT customers float8, OUT value float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_lorenz_curve' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 21;
COMMENT ON FUNCTION clv.lorenz_curve(clv.lorenz, int) IS 'Pareto curve from the best customer down, in steps of 1 / points of all customers: their share of the customers and of the total, their number and value';

CREATE FUNCTION clv.lorenz_values(l clv.lorenz, OUT value numeric, OUT customers bigint)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'clv_lorenz_values' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000;
COMMENT ON FUNCTION clv.lorenz_values(clv.lorenz) IS 'every different value, ascending, with the number of its customers; a double as its shortest decimal';

CREATE FUNCTION clv.abc_limits(l clv.lorenz, OUT a_value numeric, OUT b_value numeric,
		OUT a_customers bigint, OUT b_customers bigint, OUT a_share float8, OUT b_share float8)
	AS 'MODULE_PATHNAME', 'clv_lorenz_abc_limits' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.abc_limits(clv.lorenz) IS 'limits of the classes that the curve itself suggests (Ultsch and Loetsch 2015): least value of A and of B, customers in A and in A and B together, and the shares of the total they make, which clv.abc takes; NULL if nobody has value';

CREATE FUNCTION clv.without_largest(l clv.lorenz, customers bigint DEFAULT 1) RETURNS clv.lorenz
	AS 'MODULE_PATHNAME', 'clv_lorenz_without_largest' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.without_largest(clv.lorenz, bigint) IS 'the distribution without its largest customers, to see what hangs on them';
