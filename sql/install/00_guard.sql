/* clv: customer lifetime value, computed where the orders are */

-- Complain if the script is sourced in psql rather than run by CREATE EXTENSION.
\echo Use "CREATE EXTENSION clv" to load this file. \quit

-- What somebody else has prepared in a schema clv could be mistaken for ours: the schema is new, or it is empty.
DO $$
DECLARE
	found pg_catalog.text;
BEGIN
	SELECT prepared.object INTO found FROM (
		SELECT 'function ' OPERATOR(pg_catalog.||) proname::pg_catalog.text, pronamespace FROM pg_catalog.pg_proc
		UNION ALL
		SELECT 'operator ' OPERATOR(pg_catalog.||) oprname::pg_catalog.text, oprnamespace FROM pg_catalog.pg_operator
		UNION ALL
		SELECT 'type ' OPERATOR(pg_catalog.||) typname::pg_catalog.text, typnamespace FROM pg_catalog.pg_type
		UNION ALL
		SELECT 'relation ' OPERATOR(pg_catalog.||) relname::pg_catalog.text, relnamespace FROM pg_catalog.pg_class
	) AS prepared (object, namespace)
	JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) prepared.namespace
	WHERE n.nspname OPERATOR(pg_catalog.=) 'clv' LIMIT 1;
	IF found IS NOT NULL THEN
		RAISE EXCEPTION 'schema clv is not empty' USING ERRCODE = 'duplicate_object',
			DETAIL = pg_catalog.format('It holds the %s.', found),
			HINT = 'clv has the schema to itself: move these objects elsewhere, then create the extension.';
	END IF;
END
$$;

-- Every function runs with the rights of its caller.
GRANT USAGE ON SCHEMA clv TO PUBLIC;

