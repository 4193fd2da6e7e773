-- Damaged texts of every type of the extension: each is refused with an error of its own, or is a value that writes and reads back the same.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

CREATE TEMPORARY TABLE sample (type text, value text);
INSERT INTO sample
SELECT 'history', clv.order_history(date '2020-01-31' + i * 37, (i - 2) * 10.25)::text FROM generate_series(1, 5) i
UNION ALL SELECT 'model', clv.fit('bg/nbd', i % 5, CASE WHEN i % 5 = 0 THEN 0 ELSE 10 + i % 83 END, 100)::text FROM generate_series(1, 200) i
UNION ALL SELECT 'model', 'gamma-gamma(p=6.25, q=3.74, gamma=15.44)'
UNION ALL SELECT 'observation_table', clv.observe('nbd', i % 3, i % 3 * 10.5, 40)::text FROM generate_series(1, 9) i
UNION ALL SELECT 'observation_table', clv.observe('bg/nbd', h, date '2020-12-31')::text FROM (SELECT clv.order_history(date '2020-01-01' + i, 1) AS h FROM generate_series(1, 300) i GROUP BY i % 9) x
UNION ALL SELECT 'cohort_table', clv.cohort_state(h, 'month', date '2020-06-30')::text FROM (SELECT clv.order_history(date '2020-01-01' + i, 1.5) AS h FROM generate_series(1, 90) i GROUP BY i % 7) x
UNION ALL SELECT 'cohort_table', 'month brackets(0 1 8 31) until 2024-06-30 scale 0 {2024-01-01 (2024-01-03 2024-01-03): 0 1 0 1 0 1 1 7 0, 2 1 1 0 1 1 1 3 0}'
UNION ALL SELECT 'movement_table', clv.movement_state(h, 'week', date '2020-06-30')::text FROM (SELECT clv.order_history(date '2020-01-01' + i, 1.5) AS h FROM generate_series(1, 40) i GROUP BY i % 7) x
UNION ALL SELECT 'lorenz', clv.concentration(v::numeric)::text FROM unnest('{1.5,1.5,20,-3,0.25,100}'::numeric[]) v
UNION ALL SELECT 'lorenz', clv.concentration(v::float8)::text FROM unnest('{1.5,1.5,20,-3,0.1,1e100}'::float8[]) v
UNION ALL SELECT 'survival_table', 'scale 2 from start 2.50 {0: 0.50 0.00 0.00, 2.5: 1.00 1.00 0.25, 3: 0.25 0.00 0.00}';

-- One change: a piece is lost, comes twice, or another stands in its place.
CREATE FUNCTION pg_temp.damaged(value text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	pieces CONSTANT text[] := '{"",0,1,-1,-,+,.,",",;,:,"(",")","{","}","[","]",*,=," ",2147483648,9223372036854775807,-9223372036854775808,
		99999999999999999999999999999999999999,0.00000000000000000000000000000000000001,1e400,1e-400,1e100,5e-324,NaN,infinity,0x1p3,
		2024-02-30,5874897-12-31,4714-11-24 BC,0000-00-00,1999-12-31,month,week(monday),day,é,%s,\\}'::text[];
	at int := 1 + floor(random() * length(value));
	size int := floor(random() ^ 3 * 12);
	piece text := CASE WHEN random() < 0.25 THEN substr(value, 1 + floor(random() * length(value))::int, size) ELSE pieces[1 + floor(random() * cardinality(pieces))] END;
BEGIN
	IF random() < 0.3 THEN RETURN left(value, at - 1) || piece || substr(value, at); END IF;
	-- Numbers as a whole are what a reader understands.
	IF random() < 0.5 THEN
		RETURN regexp_replace(value, '\m[0-9][0-9.-]*', replace(piece, '\', '\\'), 1, 1 + floor(random() * regexp_count(value, '\m[0-9][0-9.-]*'))::int);
	END IF;
	RETURN overlay(value PLACING piece FROM at FOR size);
END $$;

-- The first text that is answered wrongly, NULL if there is none.
CREATE FUNCTION pg_temp.wrong(type text, value text, rounds int, OUT first text, OUT accepted int, OUT refused int) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	given text;
	written text;
	again text;
BEGIN
	accepted := 0;
	refused := 0;
	FOR i IN 0 .. rounds LOOP
		given := CASE WHEN i = 0 THEN value ELSE pg_temp.damaged(value) END;
		IF i > 0 AND random() < 0.3 THEN given := pg_temp.damaged(given); END IF;
		BEGIN
			EXECUTE format('SELECT %L::clv.%I::text', given, type) INTO written;
			EXECUTE format('SELECT %L::clv.%I::text', written, type) INTO again;
			accepted := accepted + 1;
			IF again IS DISTINCT FROM written THEN first := given; RETURN; END IF;
		EXCEPTION WHEN OTHERS THEN
			refused := refused + 1;
			IF i = 0 OR SQLSTATE NOT SIMILAR TO '(22|54|0A)___' THEN first := format('%s: %s %s', given, SQLSTATE, SQLERRM); RETURN; END IF;
		END;
	END LOOP;
END $$;

SELECT setseed(0.25);
CREATE TEMPORARY TABLE answered AS
SELECT type, value, w.* FROM (SELECT * FROM sample ORDER BY type, value LIMIT 1000) s, LATERAL pg_temp.wrong(type, value, 250) w;
SELECT is(first, NULL, format('250 damaged texts of clv.%s are refused (%s) or are values (%s): %s', type, refused, accepted, left(value, 50))) FROM answered ORDER BY type, value;
SELECT cmp_ok(sum(accepted), '>', 0::bigint, format('some damaged texts of clv.%s are values', type)) FROM answered GROUP BY type ORDER BY type;

SELECT * FROM finish();
ROLLBACK;
