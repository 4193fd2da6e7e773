# Portfolios are dumped and restored with the database: reports work on the other side as they did, and go on from there.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use lib 'test/tap';
use Shop;

my $node = shop_server('main');
fill_shop($node, 'postgres', 1500);
$node->safe_psql('postgres', q{
	CREATE ROLE seller LOGIN;
	GRANT CREATE ON DATABASE postgres TO seller;
	GRANT SELECT, TRIGGER ON orders TO seller;
	CREATE SCHEMA "Odd ""schema";
	CREATE TABLE "Odd ""schema"."My orders" AS SELECT customer_id AS "Who?", ordered_on AS "when", amount::float8 AS "how much", true AS "paid's" FROM orders;
	SELECT clv.create_portfolio('shop', 'orders', 'customer_id', 'ordered_on', 'amount', as_of => '2023-12-31', discount_rate => 0.1, track => true);
	CALL clv.refresh('shop');
	SET search_path = "Odd ""schema";
	SELECT clv.create_portfolio('My "odd" shop', '"My orders"', 'Who?', 'when', 'how much', filter => $$"paid's" AND "My orders"."Who?" > 3$$,
		zone => 'Europe/Paris', as_of => '2023-12-31', family => 'bg/nbd', margin => 0.4, periods => '{quarter,year}');
	CALL clv.refresh('My "odd" shop');
	CALL clv.refresh('My "odd" shop', refit => true);
	SELECT clv.activate('My "odd" shop', 1);
	RESET search_path;
	SET ROLE seller;
	SELECT clv.create_portfolio('sold', 'orders', 'customer_id', 'ordered_on', 'amount', as_of => '2023-12-31');
	CALL clv.refresh('sold');
});
# What was noted and not yet read is part of the dump.
$node->safe_psql('postgres', q{INSERT INTO orders VALUES (5, '2023-06-06', 66), (100000, '2023-06-07', 77)});

sub picture
{
	my ($server, $database) = @_;
	my @lines;
	for my $view (split /\n/, value_of($server, q{
		SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE relkind = 'v' AND nspname IN (SELECT portfolio FROM clv.portfolios) ORDER BY 1}, $database))
	{
		push @lines, "$view " . value_of($server, "SELECT count(*), md5(string_agg(v::text, ' ' ORDER BY v::text)) FROM $view v", $database);
	}
	push @lines, value_of($server, q{
		SELECT portfolio, owner, source, customer, ordered_at, amount, zone, filter, margin, family, periods, discount_rate, as_of, track FROM clv.portfolios ORDER BY 1}, $database);
	push @lines, value_of($server, q{
		SELECT n.nspname, c.relname, a.attname, coalesce(col_description(c.oid, a.attnum), '-') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		WHERE n.nspname IN (SELECT portfolio FROM clv.portfolios) AND c.relkind = 'v' ORDER BY 1, 2, a.attnum}, $database);
	return join("\n", @lines);
}

my $before = picture($node, 'postgres');
like($before, qr/customer_value 1\d\d\d\|/, 'there is something to keep');
for my $format ('plain', 'custom')
{
	my $file = $node->basedir . "/dump.$format";
	command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-F', $format, '-f', $file ], "dump, $format");
	$node->safe_psql('postgres', "CREATE DATABASE restored_$format");
	command_ok($format eq 'plain'
		? [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr("restored_$format"), '-f', $file ]
		: [ 'pg_restore', '--exit-on-error', '-d', $node->connstr("restored_$format"), $file ], "restore, $format");
	is(picture($node, "restored_$format"), $before, "$format: every report is the same");
	$node->safe_psql("restored_$format", q{INSERT INTO orders VALUES (100001, '2023-06-07', 77); CALL clv.refresh('shop'); CALL clv.refresh('shop')});
	is(value_of($node, 'SELECT mode, added, changed, removed FROM shop.refresh_log ORDER BY refresh DESC LIMIT 2', "restored_$format"),
		"incremental|0|0|0\nfull|2|1|0", "$format: refreshed in full, then from what changed");
	is(value_of($node, 'SELECT sum(revenue) = (SELECT sum(amount) FROM orders WHERE customer_id IS NOT NULL AND ordered_on IS NOT NULL) FROM shop.customer_value', "restored_$format"),
		't', "$format: to the last cent");
	$node->safe_psql("restored_$format", q{CALL clv.refresh('My "odd" shop', refit => true); SELECT clv.drop_portfolio(portfolio) FROM clv.portfolios});
	is(value_of($node, 'SELECT count(*) FROM clv.portfolios', "restored_$format"), '0', "$format: portfolios can be dropped");
}

# The schema of one portfolio alone, into a database that has the orders
my $file = $node->basedir . '/shop.sql';
command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '--schema', 'shop', '-f', $file ], 'dump of one portfolio');
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', 'CREATE EXTENSION clv');
fill_shop($node, 'other', 1500);
command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('other'), '-f', $file ], 'restore of one portfolio');
is(value_of($node, 'SELECT count(*), sum(revenue) FROM shop.customer_value', 'other'), value_of($node, 'SELECT count(*), sum(revenue) FROM shop.customer_value'), 'its reports are there');

done_testing();
