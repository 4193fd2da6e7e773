# Stored values survive dump and restore, text and binary copies, and logical decoding of rows, byte by byte.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use lib 'test/tap';
use Shop;

my $node = shop_server('main');
fill_shop($node, 'postgres', 1500);

# One table with a column for each type of the extension that can be stored.
$node->safe_psql('postgres', q{
	CREATE TABLE kept AS SELECT customer_id, clv.order_history(ordered_on, amount) AS history FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id;
	ALTER TABLE kept ADD PRIMARY KEY (customer_id);
	CREATE TABLE cohort AS SELECT p AS period, clv.cohort_state(history, p, '2023-12-31') AS state
	FROM kept, unnest(ARRAY['week', 'month']) AS p GROUP BY p;
});
my @tables = ([ 'kept', 'history' ], [ 'cohort', 'state' ]);
if (value_of($node, q{SELECT count(*) FROM pg_proc WHERE pronamespace = 'clv'::regnamespace AND proname = 'fit'}) > 0)
{
	$node->safe_psql('postgres', q{
		CREATE TABLE model AS SELECT family, clv.fit(family, history, '2023-12-31') AS model
		FROM kept, unnest(ARRAY['bg/nbd', 'mbg/nbd']) AS family GROUP BY family});
	push @tables, [ 'model', 'model' ];
}
if (value_of($node, q{SELECT count(*) FROM pg_proc WHERE pronamespace = 'clv'::regnamespace AND proname = 'concentration'}) > 0)
{
	$node->safe_psql('postgres', q{CREATE TABLE curve AS SELECT clv.concentration(clv.revenue(history)) AS lorenz FROM kept});
	push @tables, [ 'curve', 'lorenz' ];
}

sub picture
{
	my ($database, $table, $column) = @_;
	return value_of($node, qq{SELECT count(*), md5(string_agg(md5(t.$column\::text), ' ' ORDER BY t.*::text)) FROM $table t}, $database);
}

my %before = map { $_->[0] => picture('postgres', @$_) } @tables;

for my $format ('plain', 'custom')
{
	my $file = $node->basedir . "/dump.$format";
	command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-F', $format, '-f', $file ], "dump, $format");
	$node->safe_psql('postgres', "CREATE DATABASE restored_$format");
	command_ok($format eq 'plain'
		? [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr("restored_$format"), '-f', $file ]
		: [ 'pg_restore', '--exit-on-error', '-d', $node->connstr("restored_$format"), $file ], "restore, $format");
	for (@tables)
	{
		is(picture("restored_$format", @$_), $before{ $_->[0] }, "$format: $_->[0] is the same");
	}
}

for my $format ('text', 'csv', 'binary')
{
	for (@tables)
	{
		my ($table, $column) = @$_;
		my $file = $node->basedir . "/$table.$format";
		$node->safe_psql('postgres', "COPY $table TO '$file' (FORMAT $format); CREATE TABLE again_$table (LIKE $table);
			COPY again_$table FROM '$file' (FORMAT $format)");
		is(picture('postgres', "again_$table", $column), $before{$table}, "copy, $format: $table is the same");
		$node->safe_psql('postgres', "DROP TABLE again_$table");
	}
}

# Values of the oldest release must stay readable: the bytes of today are compared with those of every later version.
is(value_of($node, q{SELECT clv.order_history(d, a)::text FROM (VALUES (date '2024-01-05', 29.33), ('2024-02-11', 29.53), ('2024-02-11', 29.53)) v (d, a)}),
	'{2024-01-05 29.33, 2024-02-11*2 59.06}', 'the text form of a history is fixed');

# Large values are stored out of line and come back.
$node->safe_psql('postgres', q{CREATE TABLE large AS SELECT clv.order_history(date '1950-01-01' + d, d * 1.01) AS history FROM generate_series(1, 20000) d});
is(value_of($node, 'SELECT clv.purchase_days(history), clv.revenue(history) FROM large'), '20000|202010100.00', 'a history of 20,000 purchase days');
ok(value_of($node, q{SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = 'large'}) > 0, 'which lies out of line');

done_testing();
