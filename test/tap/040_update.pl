# A database made with 0.1.0 and this library, with values of every type, models and portfolios: it works as it is, it is
# updated, and then nothing tells it from one made fresh.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use lib 'test/tap';
use Shop;

my $node = shop_server('main');
$node->safe_psql('postgres', q{
	CREATE ROLE keeper LOGIN;
	CREATE ROLE analyst LOGIN;
	CREATE DATABASE old OWNER keeper;
	CREATE DATABASE restored OWNER keeper;
	CREATE DATABASE fresh OWNER keeper;
});

sub as
{
	my ($role, $database, $sql) = @_;
	my ($out, $err) = ('', '');
	my $status = $node->psql($database, $sql, extra_params => [ '-U', $role ], on_error_stop => 1, stdout => \$out, stderr => \$err);
	return ($status, $out, $err);
}

# Every object of the extension with its definition, comment and rights.
sub catalog
{
	return [ split /\n(?=\x{1e})/, value_of($node, q{
		WITH member AS (
			SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
			WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'clv'),
		described AS (
			SELECT m.*, i.type || ' ' || i.identity AS identity FROM member m, pg_identify_object(m.classid, m.objid, 0) i)
		SELECT chr(30) || d.identity || E'\n' || concat_ws(E'\n',
			(SELECT CASE WHEN p.prokind = 'a' THEN
				(SELECT concat_ws(' ', a.aggkind, a.aggnumdirectargs, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
					a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn, a.aggfinalextra, a.aggmfinalextra, a.aggfinalmodify, a.aggmfinalmodify,
					a.aggsortop, a.aggtranstype::regtype, a.aggtransspace, a.agginitval, p.proparallel, pg_get_function_arguments(p.oid))
				FROM pg_aggregate a WHERE a.aggfnoid = p.oid)
				ELSE pg_get_functiondef(p.oid) END || coalesce(' ' || p.proacl::text, '') FROM pg_proc p WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid),
			(SELECT concat_ws(' ', t.typlen, t.typbyval, t.typtype, t.typcategory, t.typdelim, t.typinput, t.typoutput, t.typreceive, t.typsend,
				t.typmodin, t.typalign, t.typstorage, t.typacl, (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
				FROM pg_type t WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid),
			(SELECT string_agg(format('%s %s %s %s', a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), col_description(a.attrelid, a.attnum)), E'\n' ORDER BY a.attnum)
				FROM pg_attribute a WHERE a.attnum > 0 AND a.attrelid = CASE d.classid WHEN 'pg_class'::regclass THEN d.objid
					WHEN 'pg_type'::regclass THEN (SELECT typrelid FROM pg_type WHERE oid = d.objid) END),
			(SELECT concat_ws(' ', c.relkind, c.reloptions, c.relacl, pg_get_viewdef(c.oid)) FROM pg_class c WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid),
			(SELECT concat_ws(' ', o.oprcom::regoperator, o.oprnegate::regoperator, o.oprcode, o.oprrest, o.oprjoin, o.oprcanhash, o.oprcanmerge)
				FROM pg_operator o WHERE d.classid = 'pg_operator'::regclass AND o.oid = d.objid),
			(SELECT concat_ws(' ', c.castfunc::regprocedure, c.castcontext, c.castmethod) FROM pg_cast c WHERE d.classid = 'pg_cast'::regclass AND c.oid = d.objid),
			(SELECT n.nspacl::text FROM pg_namespace n WHERE d.classid = 'pg_namespace'::regclass AND n.oid = d.objid),
			obj_description(d.objid, d.classid::regclass::name))
		FROM described d ORDER BY d.identity COLLATE "C"}, $_[0]) ];
}

# Columns of tables and views of a portfolio with their comments.
sub columns
{
	my ($database, $portfolio) = @_;
	return value_of($node, qq{
		SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum), obj_description(c.oid)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = '$portfolio'::regnamespace AND c.relkind IN ('r', 'v') ORDER BY 1, 2}, $database);
}

my $released = '0.1.0';
my $create = q{
	SELECT clv.create_portfolio('%1$s', 'orders', 'customer_id', 'ordered_on', 'amount', filter => 'genuine(amount)', as_of => '2023-12-31',
		zone => 'UTC', discount_rate => 0.1, track => true, periods => '{month,week,quarter}');
	CALL clv.refresh('%1$s');
};

# 0.1.0, as its users have it
my ($status, $out, $err) = as('keeper', 'old', "CREATE EXTENSION clv VERSION '$released'");
is($status, 0, "the install script of $released runs with this library") or diag $err;
fill_shop($node, 'old', 500);
$node->safe_psql('old', q{ALTER TABLE orders OWNER TO keeper; GRANT CREATE ON SCHEMA public TO keeper; GRANT SELECT ON orders TO analyst});
($status, $out, $err) = as('keeper', 'old', q{
	CREATE SCHEMA help;
	CREATE FUNCTION help.genuine(amount numeric) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN amount > -1e9;
	GRANT USAGE ON SCHEMA help TO PUBLIC;
	ALTER ROLE keeper SET search_path = help, public;
});
is($status, 0, 'an owner sets up') or diag $err;
($status, $out, $err) = as('keeper', 'old', sprintf($create, 'shop') . q{
	GRANT USAGE ON SCHEMA shop TO analyst;
	GRANT SELECT ON ALL TABLES IN SCHEMA shop TO analyst;
	CREATE TABLE public.kept AS SELECT customer_id, clv.order_history(ordered_on, amount) AS history FROM public.orders WHERE customer_id IS NOT NULL GROUP BY customer_id;
	CREATE TABLE public.model AS SELECT family, clv.fit(family, history, '2023-12-31') AS model
		FROM kept, unnest('{bg/nbd,mbg/nbd,pareto/nbd,nbd,bg/bb}'::text[]) family GROUP BY family;
	INSERT INTO model SELECT 'spend', clv.fit_spend(history, '2023-12-31') FROM kept;
	CREATE TABLE public.counted AS SELECT clv.cohort_state(history, 'month', '2023-12-31') AS cohorts, clv.movement_state(history, 'month', '2023-12-31') AS movements,
		clv.concentration(clv.revenue(history)) AS curve FROM kept;
	CREATE VIEW public.best AS SELECT customer, total_value FROM shop.customer_value WHERE abc = 'A';
	INSERT INTO orders VALUES (5, '2023-06-06', 66), (100000, '2023-06-07', 77);
});
is($status, 0, "and works with $released") or diag $err;
my @stored = ('kept', 'model', 'counted');
my $stored = sub {
	my ($database) = @_;
	return join "\n", map { value_of($node, qq{SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C")) FROM public.$_ t}, $database) } @stored;
};
my $values = $stored->('old');
like($values, qr{^[3-9]\d\d\|}, 'there is something to keep');
my @views = views($node, 'old', 'shop');
my $counts = join "\n", map { /^(\w+\|\d+)/ } reports($node, 'old', 'shop', @views);
my $dump = $node->basedir . '/old.sql';
command_ok([ 'pg_dump', '-d', $node->connstr('old'), '-f', $dump ], "a dump of a database with $released");

# Updated in place, by the owner of the database
($status, $out, $err) = as('keeper', 'old', 'CREATE FUNCTION clv.revenue(int) RETURNS int LANGUAGE sql RETURN 1; ALTER EXTENSION clv UPDATE');
isnt($status, 0, 'the update does not come to lie beside functions of others');
like($err, qr/schema clv is not its own.*It holds the function (clv\.)?revenue\(integer\)/s, 'and says why');
$node->safe_psql('old', 'DROP FUNCTION clv.revenue(int)');
($status, $out, $err) = as('keeper', 'old', 'ALTER EXTENSION clv UPDATE');
is($status, 0, "the owner of the database updates from $released") or diag $err;
($status, $out, $err) = as('keeper', 'fresh', 'CREATE EXTENSION clv');
is($status, 0, 'another database gets the extension afresh') or diag $err;
my ($updated, $fresh) = (catalog('old'), catalog('fresh'));
cmp_ok(scalar(@$fresh), '>', 370, 'the catalog shows all objects');
my %fresh = map { $_ => 1 } @$fresh;
my %updated = map { $_ => 1 } @$updated;
my @wrong = ((grep { !$fresh{$_} } @$updated), (grep { !$updated{$_} } @$fresh));
is(scalar(@wrong), 0, 'the updated catalog is that of a fresh installation') or diag join("\n", @wrong[ 0 .. ($#wrong < 5 ? $#wrong : 5) ]);

is($stored->('old'), $values, 'stored histories, models and tables read as before');
is(join("\n", map { /^(\w+\|\d+)/ } reports($node, 'old', 'shop', @views)), $counts, 'reports work before the next refresh');
($status, $out, $err) = as('analyst', 'old', q{SELECT count(*) > 0 FROM shop.customer_value});
is($out, 't', 'for others too') or diag $err;

# Who is not the owner refreshes, and leaves the definitions to the owner.
$node->safe_psql('old', q{CREATE ROLE helper LOGIN; GRANT pg_read_all_data, pg_write_all_data TO helper; ALTER ROLE helper SET search_path = help, public;
	GRANT USAGE ON ALL SEQUENCES IN SCHEMA shop TO helper});
($status, $out, $err) = as('helper', 'old', q{CALL clv.refresh('shop', refit => false)});
like($err, qr/portfolio shop is still as clv 0\.1\.0 defined it: its owner's next refresh completes it/, 'a helper is told that definitions are old');

($status, $out, $err) = as('keeper', 'old', q{SET search_path = public; CALL clv.refresh('shop')});
like($err, qr/filter does not fit public\.orders.*function genuine\(numeric\) does not exist/s, 'a filter is read anew, under the path of who refreshes');
($status, $out, $err) = as('keeper', 'old', q{CALL clv.refresh('shop', refit => true)});
is($status, 0, 'the owner refreshes') or diag $err;
is(value_of($node, 'SELECT version = (SELECT extversion FROM pg_extension WHERE extname = $$clv$$) FROM clv.portfolios', 'old'), 't', 'which brings the portfolio to this version');
($status, $out, $err) = as('keeper', 'old', sprintf($create, 'new'));
is($status, 0, 'beside it one is made afresh') or diag $err;
@views = views($node, 'old', 'new');
is(join("\n", reports($node, 'old', 'shop', @views)), join("\n", reports($node, 'old', 'new', @views)), 'the reports of the updated portfolio are those of one made afresh');
is(columns('old', 'shop'), columns('old', 'new'), 'with the same columns and comments');
is(value_of($node, 'SELECT count(*) > 0 FROM public.best', 'old'), 't', 'a view that a user built on it still works');
($status, $out, $err) = as('keeper', 'old', q{
	INSERT INTO orders VALUES (7, '2023-07-07', 1);
	CALL clv.refresh('shop'); CALL clv.refresh('new');
	SELECT mode, changed FROM shop.refresh_log ORDER BY refresh DESC LIMIT 1});
is($out, 'incremental|1', 'and it goes on from what changed') or diag $err;
is(join("\n", reports($node, 'old', 'shop', @views)), join("\n", reports($node, 'old', 'new', @views)), 'to the same reports');

# Dumped from 0.1.0, restored beside the new version
command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $dump ], "the dump of $released is restored");
is(value_of($node, q{SELECT extversion <> '0.1.0' FROM pg_extension WHERE extname = 'clv'}, 'restored'), 't', 'with the new version');
is($stored->('restored'), $values, 'the values are the same');
$node->safe_psql('restored', 'GRANT CREATE ON DATABASE restored TO keeper');
($status, $out, $err) = as('keeper', 'restored', q{CALL clv.refresh('shop', refit => true)} . ';' . sprintf($create, 'new'));
is($status, 0, 'the portfolio is refreshed') or diag $err;
is(join("\n", reports($node, 'restored', 'shop', @views)), join("\n", reports($node, 'restored', 'new', @views)), 'and its reports are those of one made afresh');
is(columns('restored', 'shop'), columns('restored', 'new'), 'with the same columns and comments');
($status, $out, $err) = as('postgres', 'restored', q{SELECT clv.drop_portfolio(portfolio, cascade => true) FROM clv.portfolios; DROP TABLE kept, model, counted; DROP EXTENSION clv});
is($status, 0, 'all of it can be dropped') or diag $err;

done_testing();
