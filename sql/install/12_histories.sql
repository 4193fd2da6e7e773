--
-- clv.histories: the histories of a whole order table
--

CREATE FUNCTION clv.histories_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'clv_histories_support' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clv.histories_support(internal) IS 'tells the planner how many customers clv.histories will answer and what that costs, from the statistics of the order table';

CREATE FUNCTION clv.histories(source regclass, customer name, ordered_at name, amount name, key anyelement,
		zone text DEFAULT NULL)
	RETURNS TABLE (customer anyelement, history clv.history)
	AS 'MODULE_PATHNAME', 'clv_histories_relation' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 100000 SUPPORT clv.histories_support;
COMMENT ON FUNCTION clv.histories(regclass, name, name, name, anyelement, text) IS 'the history of every customer of an order table, view or foreign table, in one scan: source with its columns for customer, time of order (date, timestamp, or timestamptz with a zone such as Europe/Paris) and amount (NULL for none); key only names the type of the customers, such as NULL::bigint; rows with a NULL are skipped; runs with the rights and row-level security of the caller; uses work_mem, then temporary files';

CREATE FUNCTION clv.histories(query text, key anyelement, zone text DEFAULT NULL)
	RETURNS TABLE (customer anyelement, history clv.history)
	AS 'MODULE_PATHNAME', 'clv_histories_query' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 100000;
COMMENT ON FUNCTION clv.histories(text, anyelement, text) IS 'the history of every customer in the rows of a query: customer, time of order and, if wanted, amount and number of orders (integer; 0 for a refund, negative for removed orders); the query is a single SELECT and runs with the rights of the caller';

CREATE FUNCTION clv.histories(query text, key anyelement, zone text, refunds_count boolean)
	RETURNS TABLE (customer anyelement, history clv.history)
	AS 'MODULE_PATHNAME', 'clv_histories_query' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 100000;
COMMENT ON FUNCTION clv.histories(text, anyelement, text, boolean) IS 'the same, where a row of negative amount is a refund unless refunds_count is true: it lowers the revenue of its day and is no order; for queries of three columns, without the number of orders';
