# An ordinary owner of a database installs the extension, uses it, and drops it; others use it too.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use lib 'test/tap';
use Shop;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
	CREATE ROLE shopkeeper LOGIN;
	CREATE ROLE clerk LOGIN;
	CREATE ROLE outsider LOGIN;
	CREATE DATABASE shop OWNER shopkeeper;
});

sub as
{
	my ($role, $sql) = @_;
	my ($out, $err) = ('', '');
	my $status = $node->psql('shop', $sql, extra_params => [ '-U', $role ], stdout => \$out, stderr => \$err);
	return ($status, $out, $err);
}

my ($status, $out, $err) = as('outsider', 'CREATE EXTENSION clv');
isnt($status, 0, 'a role without CREATE on the database cannot install it');
like($err, qr/permission denied (to create extension "clv"|for database shop)/, 'and is told so');

($status, $out, $err) = as('shopkeeper', 'CREATE EXTENSION clv');
is($status, 0, 'the owner of a database installs it') or diag $err;

($status, $out, $err) = as('shopkeeper', q{
	CREATE TABLE orders AS SELECT c AS customer_id, date '2024-01-01' + c AS ordered_on, c + 0.5 AS amount FROM generate_series(1, 9) c;
	SELECT sum(clv.revenue(h)) FROM (SELECT clv.order_history(ordered_on, amount) AS h FROM orders GROUP BY customer_id) s});
is($out, '49.5', 'and uses it') or diag $err;

($status, $out, $err) = as('clerk', q{SELECT clv.order_history(date '2024-01-05', 2.5)});
is($out, '{2024-01-05 2.5}', 'every role may call its functions') or diag $err;

($status, $out, $err) = as('clerk', q{SELECT * FROM clv.histories('orders', 'customer_id', 'ordered_on', 'amount', NULL::int)});
isnt($status, 0, 'but reads orders with its own rights');
like($err, qr/permission denied for table orders/, 'and is told so');

# What an attacker could prepare: a schema of that name, with functions and operators that fit better.
$node->safe_psql('postgres', 'CREATE DATABASE trap OWNER shopkeeper');
$node->safe_psql('trap', q{
	CREATE SCHEMA clv AUTHORIZATION outsider;
	SET ROLE outsider;
	CREATE FUNCTION clv.count(anyelement) RETURNS bigint LANGUAGE sql AS 'SELECT 1 / 0';
});
$status = $node->psql('trap', 'CREATE EXTENSION clv', stdout => \$out, stderr => \$err);
isnt($status, 0, 'the extension does not come to lie beside functions of others');
like($err, qr/schema clv is not empty.*It holds the function count/s, 'and says why');
$node->safe_psql('trap', 'DROP FUNCTION clv.count; CREATE EXTENSION clv');
is($node->safe_psql('trap', q{SELECT clv.order_history(date '2024-01-05', 2.5)}), '{2024-01-05 2.5}', 'an empty schema is no obstacle');

($status, $out, $err) = as('shopkeeper', 'DROP EXTENSION clv CASCADE');
is($status, 0, 'and its owner drops it') or diag $err;
is($node->safe_psql('shop', q{SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'clv'}),
	'0', 'nothing of it is left');

done_testing();
