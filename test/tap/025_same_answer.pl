# The same orders give the same answers to the last digit: every family, prediction, simulation and report, serial and in
# parallel, with much memory and little, hashed and sorted, whatever the order of rows.
# (test/tap/130_crossing.pl compares versions of PostgreSQL in the same way.)
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Digest::MD5 qw(md5_hex);
use Test::More;
use lib 'test/tap';
use Shop;

my $node = shop_server('main', 'max_worker_processes = 16', 'max_parallel_workers = 8');
fill_shop($node, 'postgres', 250);
$node->safe_psql('postgres', q{
	CREATE TABLE shuffled AS SELECT * FROM orders ORDER BY md5(orders::text);
	CREATE TABLE backward AS SELECT * FROM orders ORDER BY ordered_on DESC, amount;
	ANALYZE;
});

my $parallel = '-c parallel_setup_cost=0 -c parallel_tuple_cost=0 -c min_parallel_table_scan_size=0 -c max_parallel_workers_per_gather=3 -c parallel_leader_participation=off';
my @ways = (
	[ 'serial', 'orders', '-c max_parallel_workers_per_gather=0' ],
	[ 'parallel', 'shuffled', $parallel ],
	[ 'sorted, with little memory', 'shuffled', '-c max_parallel_workers_per_gather=0 -c enable_hashagg=off -c enable_hashjoin=off -c work_mem=64kB -c hash_mem_multiplier=1' ],
	[ 'with nested loops, from the last row on, elsewhere', 'backward',
		'-c max_parallel_workers_per_gather=0 -c enable_hashjoin=off -c enable_mergejoin=off -c TimeZone=Pacific/Auckland -c DateStyle=German -c IntervalStyle=iso_8601' ],
);

my (@answers, @reports);
for my $number (0 .. $#ways)
{
	my ($way, $relation, $options) = @{ $ways[$number] };
	local $ENV{PGOPTIONS} = $options;
	my @said = answers($node, 'postgres', $relation, 'SET DateStyle = iso; ');
	$node->safe_psql('postgres', qq{
		SELECT clv.create_portfolio('shop$number', '$relation', 'customer_id', 'ordered_on', 'amount', as_of => '2023-12-31', zone => 'UTC',
			discount_rate => 0.1, periods => '{month,quarter}', track => true);
		CALL clv.refresh('shop$number');
	});
	# What is read anew from changed customers alone is the same as what was read at once.
	$node->safe_psql('postgres', qq{UPDATE $relation SET amount = amount + 1 WHERE customer_id % 10 = 3; CALL clv.refresh('shop$number');
		UPDATE $relation SET amount = amount - 1 WHERE customer_id % 10 = 3; CALL clv.refresh('shop$number', refit => true)}) if $number % 2 == 1;
	$ENV{PGOPTIONS} =~ s/-c (DateStyle|IntervalStyle)=\S+//g;
	# The example of an odd row is any of them, in the text of the session.
	my @told = reports($node, 'postgres', "shop$number", grep { $_ ne 'data_quality' } views($node, 'postgres', "shop$number"));
	if ($number == 0)
	{
		@answers = @said;
		@reports = @told;
		cmp_ok(scalar(@answers), '>', 12, 'there are answers');
		cmp_ok(scalar(@reports), '>', 15, 'and reports');
		next;
	}
	is(join("\n", @said), join("\n", @answers), "$way: histories, models, predictions and simulations");
	is(join("\n", @told), join("\n", @reports), "$way: reports");
}

# Compared by dev/test between the versions of PostgreSQL and of the C library that it runs on.
note($_) for @answers, @reports;
note('answers: ' . md5_hex(join "\n", @answers, @reports));

done_testing();
