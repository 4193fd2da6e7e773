# What the TAP tests share: a server with clv and a table of orders that looks like a shop's.
package Shop;

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(shop_server fill_shop value_of);

# A server with the extension, in database "postgres".
sub shop_server
{
	my ($name, @settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init;
	$node->append_conf('postgresql.conf', join("\n", 'fsync = off', 'jit = off', "timezone = 'UTC'", @settings, ''));
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION clv');
	return $node;
}

# Orders of some thousand customers over two years: uneven, with several on a day, refunds, late entries, amounts of
# several scales, and rows that say nothing. A fixed arithmetic stands for chance, so every server gets the same.
sub fill_shop
{
	my ($node, $database, $customers) = @_;
	$node->safe_psql($database, qq{
		CREATE TABLE orders (customer_id bigint, ordered_on date, amount numeric);
		INSERT INTO orders
		SELECT c, date '2022-01-01' + (c * 7919 % 400 + (c * 31 + k * k * 17) % (1 + 330 * k / (k + 2)))::int,
			CASE WHEN k % 11 = 10 THEN -1 ELSE 1 END * ((c * 131 + k * 977) % 20000)::numeric / (ARRAY[100, 1, 1000, 100])[1 + (c + k) % 4]
		FROM generate_series(1, $customers) c, generate_series(0, (c * 37 % 13) * (c % 3) / 2) k;
		INSERT INTO orders VALUES (NULL, '2022-01-01', 1), (1, NULL, 1), (1, '2022-01-01', NULL);
		ANALYZE orders;
	});
	return;
}

sub value_of
{
	my ($node, $sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', $sql);
}

1;
