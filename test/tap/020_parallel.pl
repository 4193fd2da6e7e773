# One answer, however the work is split: serial, parallel, hashed, sorted, spilled, partitioned, in any physical order.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use lib 'test/tap';
use Shop;

my $node = shop_server('main', 'max_worker_processes = 16', 'max_parallel_workers = 8');
fill_shop($node, 'postgres', 6000);
$node->safe_psql('postgres', q{
	CREATE TABLE shuffled AS SELECT * FROM orders ORDER BY md5(orders::text);
	CREATE TABLE divided (LIKE orders) PARTITION BY HASH (customer_id);
	CREATE TABLE divided_0 PARTITION OF divided FOR VALUES WITH (MODULUS 3, REMAINDER 0);
	CREATE TABLE divided_1 PARTITION OF divided FOR VALUES WITH (MODULUS 3, REMAINDER 1);
	CREATE TABLE divided_2 PARTITION OF divided FOR VALUES WITH (MODULUS 3, REMAINDER 2);
	INSERT INTO divided SELECT * FROM orders;
	ANALYZE;
});

# Each question is asked of a relation and answers with one row of text, digits and all.
my %question = (
	'histories' => q{SELECT md5(string_agg(customer_id || ' ' || h::text, E'\n' ORDER BY customer_id))
		FROM (SELECT customer_id, clv.order_history(ordered_on, amount) AS h FROM %s WHERE customer_id IS NOT NULL GROUP BY customer_id) s},
	'histories of a whole table' => q{SELECT md5(string_agg(customer || ' ' || history::text, E'\n' ORDER BY customer))
		FROM clv.histories('%s', 'customer_id', 'ordered_on', 'amount', NULL::bigint)},
	'one history of all' => q{SELECT md5(clv.order_history(ordered_on, amount)::text) FROM %s},
	'merged histories' => q{SELECT md5(clv.merge(h)::text)
		FROM (SELECT clv.order_history(ordered_on, amount) AS h FROM %s GROUP BY customer_id, ordered_on) s},
	'cohorts' => q{SELECT md5(clv.cohort_state(h, 'month', '2023-12-31')::text)
		FROM (SELECT clv.order_history(ordered_on, amount) AS h FROM %s WHERE customer_id IS NOT NULL GROUP BY customer_id) s},
);
# Aggregates that come with the models.
my %later = (
	'model' => [ 'fit', q{SELECT clv.fit('bg/nbd', h, '2023-12-31')::text
		FROM (SELECT clv.order_history(ordered_on, abs(amount)) AS h FROM %s WHERE customer_id IS NOT NULL GROUP BY customer_id) s} ],
	'spend model' => [ 'fit_spend', q{SELECT clv.fit_spend(h, '2023-12-31')::text
		FROM (SELECT clv.order_history(ordered_on, abs(amount) + 1) AS h FROM %s WHERE customer_id IS NOT NULL GROUP BY customer_id) s} ],
	'concentration' => [ 'concentration', q{SELECT md5(clv.concentration(revenue)::text)
		FROM (SELECT sum(amount) AS revenue FROM %s WHERE customer_id IS NOT NULL GROUP BY customer_id) s} ],
	'distribution' => [ 'rfm_state', q{SELECT md5(clv.rfm_state(h)::text)
		FROM (SELECT clv.order_history(ordered_on, amount) AS h FROM %s WHERE customer_id IS NOT NULL GROUP BY customer_id, ordered_on) s} ],
);
for my $name (keys %later)
{
	my ($function, $sql) = @{ $later{$name} };
	$question{$name} = $sql
		if value_of($node, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'clv'::regnamespace AND proname = '$function'") > 0;
}

my $parallel = q{
	SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
	SET max_parallel_workers_per_gather = 4; SET parallel_leader_participation = off;};
my %way = (
	'parallel' => [ 'orders', $parallel ],
	'parallel, with the leader' => [ 'orders', "$parallel SET parallel_leader_participation = on;" ],
	'sorted instead of hashed' => [ 'orders', 'SET enable_hashagg = off;' ],
	'with little memory' => [ 'orders', "SET work_mem = '64kB'; SET hash_mem_multiplier = 1;" ],
	'shuffled rows' => [ 'shuffled', '' ],
	'shuffled rows, parallel' => [ 'shuffled', $parallel ],
	'partitions' => [ 'divided', 'SET enable_partitionwise_aggregate = on;' ],
	'partitions, parallel' => [ 'divided', "$parallel SET enable_partitionwise_aggregate = on;" ],
);

for my $name (sort keys %question)
{
	my $serial = value_of($node, 'SET max_parallel_workers_per_gather = 0; ' . sprintf($question{$name}, 'orders'));
	ok(length $serial, "$name: there is an answer");
	for my $way (sort keys %way)
	{
		my ($relation, $settings) = @{ $way{$way} };
		is(value_of($node, $settings . sprintf($question{$name}, $relation)), $serial, "$name: $way");
	}
}

# The plan is what it claims to be, or the comparison above compares nothing.
like(value_of($node, $parallel . 'EXPLAIN (COSTS OFF) SELECT clv.order_history(ordered_on, amount) FROM orders'),
	qr/Partial Aggregate/, 'the aggregate runs in parallel workers');
like(value_of($node, q{SET enable_partitionwise_aggregate = on; SET max_parallel_workers_per_gather = 0;
		EXPLAIN (COSTS OFF) SELECT customer_id, clv.order_history(ordered_on, amount) FROM divided GROUP BY customer_id}),
	qr/Append\s+->\s+HashAggregate/, 'the aggregate runs partition by partition');
$node->append_conf('postgresql.conf', 'log_min_messages = debug1');
$node->reload;
my $logged = -s $node->logfile;
value_of($node, $parallel . sprintf($question{'histories of a whole table'}, 'orders'));
like(slurp_file($node->logfile, $logged), qr/starting background worker process "parallel worker/,
	'the orders of a whole table are read by parallel workers');

done_testing();
