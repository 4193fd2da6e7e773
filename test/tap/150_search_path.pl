# What others put before the server's own objects: for every function, aggregate, operator, type and catalog of pg_catalog one
# of the same name and arguments that springs a trap, in a schema that is searched first and, where that goes, in the
# temporary schema.  Installation, update and every command go past them.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use lib 'test/tap';
use Shop;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\njit = off\n");
$node->start;
fill_shop($node, 'postgres', 200);

my $traps = q{
	SET search_path = pg_catalog;
	CREATE SCHEMA evil;
	CREATE FUNCTION evil.shadow(definition text) RETURNS int LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE definition;
		RETURN 1;
	EXCEPTION WHEN OTHERS THEN
		RETURN 0;
	END $$;
	CREATE TABLE evil.laid AS
	SELECT 'function' AS kind, sum(evil.shadow(format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', proname,
		replace(replace(oidvectortypes(proargtypes), '"any"', 'anyelement'), 'internal', 'text'),
		replace(prorettype::regtype::text, '"any"', 'text'), format('BEGIN RAISE EXCEPTION %L; END', 'trap ' || proname)))) AS number
	FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind IN ('f', 'a', 'w') AND proname !~ '^(pg_sleep|RI_)'
	UNION ALL
	SELECT 'function of any number of arguments', sum(evil.shadow(format('CREATE FUNCTION evil.%I(%s) RETURNS text LANGUAGE plpgsql AS %L', f,
		array_to_string(array_fill('text'::text, ARRAY[n]), ', '), 'BEGIN RAISE EXCEPTION $t$trap$t$; END')))
	FROM unnest('{format,concat,concat_ws,jsonb_build_object,jsonb_build_array}'::text[]) f, generate_series(1, 9) n
	UNION ALL
	SELECT 'operator', sum(evil.shadow(format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L; CREATE OPERATOR evil.%s (%s FUNCTION = evil.%1$I)',
		'operator_' || oid, concat_ws(', ', NULLIF(oprleft, 0)::regtype, oprright::regtype), oprresult::regtype, 'BEGIN RAISE EXCEPTION $t$trap$t$; END', oprname,
		concat('LEFTARG = ' || NULLIF(oprleft, 0)::regtype || ',', 'RIGHTARG = ' || oprright::regtype || ','))))
	FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace
	UNION ALL
	SELECT 'operator across types', sum(evil.shadow(format('CREATE FUNCTION evil.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L; CREATE OPERATOR evil.%s (LEFTARG = %2$s, RIGHTARG = %3$s, FUNCTION = evil.%1$I)',
		'mixed_' || o || l || r, l, r, CASE WHEN o = '||' THEN 'text' WHEN o ~ '[<=>~]' THEN 'boolean' ELSE 'numeric' END, 'BEGIN RAISE EXCEPTION $t$trap$t$; END', o)))
	FROM unnest('{||,=,<>,<,<=,>,>=,+,-,*,/}'::text[]) o, unnest('{text,name,oid,integer,bigint,numeric,regclass}'::text[]) l,
		unnest('{text,name,oid,integer,bigint,numeric,regclass}'::text[]) r WHERE l <> r
	UNION ALL
	SELECT 'catalog', sum(evil.shadow(format('CREATE TABLE evil.%I (trap int)', relname)))
	FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')
	UNION ALL
	SELECT 'type', sum(evil.shadow(format('CREATE DOMAIN evil.%I AS pg_catalog.int4 CHECK (false)', typname)))
	FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' AND typcategory <> 'A';
	GRANT USAGE ON SCHEMA evil TO PUBLIC;
	GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC;
};
my $temporary = join '', map { "CREATE TEMPORARY TABLE $_ (trap pg_catalog.int4);" } qw(pg_class pg_attribute pg_namespace pg_proc pg_type pg_roles pg_depend pg_rewrite
	pg_index pg_opclass pg_amop pg_operator pg_extension pg_trigger pg_collation setting stored_history change);
$temporary .= join '', map { "CREATE DOMAIN pg_temp.$_ AS pg_catalog.int4 CHECK (false);" } qw(text name date numeric float8 regclass jsonb oid history model);

my $create = q{SELECT clv.create_portfolio('shop', 'public.orders', 'customer_id', 'ordered_on', 'amount', as_of => '2023-12-31', zone => 'UTC',
	discount_rate => 0.1, track => true, refunds => 'net')};
my $work = q{
	CALL clv.refresh('shop');
	INSERT INTO public.orders VALUES (17, '2023-03-03', 5);
	UPDATE public.orders SET amount = 6 WHERE ctid OPERATOR(pg_catalog.=) '(0,1)';
	CALL clv.refresh('shop');
	CALL clv.refresh('shop', 'full', true);
	SELECT clv.alter_portfolio('shop', 'margin', '0.5');
	SELECT clv.alter_portfolio('shop', 'track', 'false');
	SELECT clv.alter_portfolio('shop', 'track', 'true');
	SELECT clv.activate('shop', 1);
	TABLE clv.portfolios;
	SELECT pg_catalog.count(*) FROM clv.backtest('shop', '{mbg/nbd}', '{2022-12-31}', '6 months');
	SELECT pg_catalog.count(*) FROM clv.calibration('shop', 'mbg/nbd', '2022-12-31', '6 months');
	SELECT pg_catalog.count(*) FROM clv.tracking('shop', 'month');
	SELECT pg_catalog.count(*) FROM clv.frequency_fit('shop');
	SELECT pg_catalog.count(*) FROM clv.alive_history('shop', 17::pg_catalog.int8, 'month');
	SELECT pg_catalog.count(*) FROM clv.histories('public.orders', 'customer_id', 'ordered_on', 'amount', NULL::pg_catalog.int8);
	%s
	SELECT clv.drop_portfolio('shop');
	SELECT clv.create_portfolio('shop', 'public.orders', 'customer_id', 'ordered_on', 'amount', as_of => '2023-12-31');
	SELECT clv.drop_portfolio('shop', true);
	SELECT clv.create_portfolio('words', 'public.words', 'customer', 'ordered_on', 'amount', as_of => '2023-12-31', zone => 'UTC', referrer => 'customer');
	CALL clv.refresh('words');
	SELECT clv.alter_portfolio('words', 'referrer', NULL);
	SELECT pg_catalog.count(*) FROM words.customer_origin;
};

sub run
{
	my ($database, $prelude, $sql) = @_;
	my ($out, $err) = ('', '');
	my $status = $node->psql($database, "$prelude; SET client_min_messages = warning; $sql", on_error_stop => 1, stdout => \$out, stderr => \$err);
	return ($status, $err);
}

for my $how ([ 'a schema that is searched first', '', 'SET search_path = evil, pg_catalog, public' ], [ 'the temporary schema', $temporary, 'SET search_path = public' ],
	[ 'both, and the extension\'s own schema', $temporary, 'SET search_path = evil, pg_temp, clv, public, pg_catalog' ])
{
	my ($name, $more, $path) = @$how;
	(my $database = $name) =~ s/\W/_/g;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	fill_shop($node, $database, 200);
	$node->safe_psql($database, 'CREATE TABLE words AS SELECT customer_id::text AS customer, ordered_on::timestamptz, amount FROM orders');
	$node->safe_psql($database, $traps);
	if ($how->[1] eq '')
	{
		my %laid = map { split /\|/ } split /\n/, value_of($node, 'SELECT * FROM evil.laid', $database);
		cmp_ok($laid{$_}, '>', 40, "there are $laid{$_} traps: $_") for sort keys %laid;
		like((run($database, $path, 'SELECT 1 + 1'))[1], qr/trap/, 'they spring');
		like((run($database, $path, "SELECT upper('a'::pg_catalog.text)"))[1], qr/trap/, 'for functions too');
	}
	my $prelude = "$more $path";
	my ($status, $err) = run($database, $prelude, "CREATE EXTENSION clv VERSION '0.1.0'");
	is($status, 0, "$name: installation of 0.1.0") or diag $err;
	($status, $err) = run($database, $prelude, 'ALTER EXTENSION clv UPDATE');
	is($status, 0, "$name: update") or diag $err;
	($status, $err) = run($database, $prelude, 'DROP EXTENSION clv; CREATE EXTENSION clv');
	is($status, 0, "$name: installation") or diag $err;
	($status, $err) = run($database, $prelude, $create);
	is($status, 0, "$name: creation of a portfolio") or diag $err;
	my $read = join ' ', map { "SELECT pg_catalog.count(*) FROM (SELECT v.* FROM shop.$_ v OFFSET 0) v;" } views($node, $database, 'shop');
	($status, $err) = run($database, $prelude, sprintf($work, $read));
	is($status, 0, "$name: all that is done with it, to its end") or diag $err;
}

done_testing();
