# A portfolio under fire: 200,000 orders, eight connections that write, correct, delete and refresh at random, a backend and
# the whole server killed in the middle. After the last refresh every report equals one computed from scratch, byte for byte.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use IPC::Run;
use Test::More;
use lib 'test/tap';
use Shop;

my $node = shop_server('main', 'max_connections = 30', 'restart_after_crash = on');
$node->safe_psql('postgres', q{
	CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id int, ordered_on date, amount numeric,
		channel text GENERATED ALWAYS AS ('channel ' || id % 3) STORED, owner text GENERATED ALWAYS AS (nullif('owner ' || id / 7 % 4, 'owner 0')) STORED,
		referrer int GENERATED ALWAYS AS (nullif(id * 31 % 20000, customer_id)::int) STORED);
	INSERT INTO orders (customer_id, ordered_on, amount)
	SELECT 1 + (n * 7919::bigint * n) % 20000, date '2022-01-01' + (n * 31 + n / 7 * 17) % 800, (n * 131 % 20000)::numeric / 100
	FROM generate_series(1, 200000) n;
	CREATE INDEX ON orders (customer_id);
	SELECT clv.create_portfolio('shop', 'orders', 'customer_id', 'ordered_on', 'amount', as_of => '2024-06-30', discount_rate => 0.1, track => true,
		channel => 'channel', owner => 'owner', referrer => 'referrer');
	CALL clv.refresh('shop');
});

my %script = (
	insert => q{
		\set c random(1, 22000)
		\set d random(0, 900)
		\set a random(-2000, 20000)
		INSERT INTO orders (customer_id, ordered_on, amount) VALUES (:c, date '2022-01-01' + :d, :a / 100.0), (:c + 1, date '2024-06-30' - :d, :a);
	},
	update => q{
		\set id random(1, 200000)
		\set a random(1, 20000)
		UPDATE orders SET amount = :a / 1000.0, ordered_on = ordered_on - 3 WHERE id BETWEEN :id AND :id + 5;
	},
	move => q{
		\set id random(1, 200000)
		\set c random(1, 22000)
		UPDATE orders SET customer_id = :c WHERE id BETWEEN :id AND :id + 3;
	},
	delete => q{
		\set c random(1, 22000)
		BEGIN;
		DELETE FROM orders WHERE customer_id = :c;
		INSERT INTO orders (customer_id, ordered_on, amount) SELECT :c, date '2021-06-01', 5 WHERE :c % 3 = 0;
		COMMIT;
	},
	mixed => q{
		\set c random(1, 22000)
		BEGIN;
		INSERT INTO orders (customer_id, ordered_on, amount) VALUES (:c, '2023-03-03', 7);
		SAVEPOINT s;
		UPDATE orders SET amount = amount + 1 WHERE customer_id = :c;
		ROLLBACK TO s;
		DELETE FROM orders WHERE customer_id = :c AND ordered_on < '2022-02-01';
		SELECT pg_sleep(0.02);
		COMMIT;
	},
	undone => q{
		\set c random(1, 22000)
		BEGIN;
		DELETE FROM orders WHERE customer_id BETWEEN :c AND :c + 10;
		ROLLBACK;
	},
	refresh => q{CALL clv.refresh('shop');},
	full => q{CALL clv.refresh('shop', 'full');},
	serial => q{
		BEGIN ISOLATION LEVEL REPEATABLE READ;
		CALL clv.refresh('shop');
		COMMIT;
	});
my %weight = (insert => 30, update => 20, move => 15, delete => 10, mixed => 10, undone => 5, refresh => 7, full => 1, serial => 2);
for my $name (keys %script)
{
	append_to_file($node->basedir . "/$name.sql", $script{$name} =~ s/^\t+//gmr);
}

# Starts pgbench; what it writes goes to $$output.  A refresh at REPEATABLE READ that waited for another one has to be tried
# again, as often as others keep coming before it.
sub writers
{
	my ($output, @length) = @_;
	my @command = ('pgbench', '-n', '-c', 8, '-j', 2, '--max-tries', 1000, @length,
		(map { ('-f', $node->basedir . "/$_.sql\@$weight{$_}") } sort keys %script), '-h', $node->host, '-p', $node->port, 'postgres');
	local $ENV{PGOPTIONS} = '-c client_min_messages=warning';
	return IPC::Run::start(\@command, '<', \'', '>', $output, '2>', $output);
}

# Until the server answers again after a crash of one of its processes.
sub wait_for_server
{
	return $node->poll_query_until('postgres', 'SELECT true');
}

# A refresh that began before another one ended, and at REPEATABLE READ does not see it, gives way.
my $psql = sprintf('psql -qX -h %s -p %d postgres', $node->host, $node->port);
my (undef, undef, $refused) = $node->psql('postgres', qq{
	\\set VERBOSITY sqlstate
	BEGIN ISOLATION LEVEL REPEATABLE READ;
	SELECT count(*) FROM orders;
	\\! $psql -c "INSERT INTO orders (customer_id, ordered_on, amount) VALUES (30000, '2024-01-01', 1)" -c "CALL clv.refresh('shop')" 2>/dev/null
	CALL clv.refresh('shop');
});
like($refused, qr/ERROR:  40001/, 'a refresh at REPEATABLE READ that another one overtook fails with 40001, to be tried again');

my $output = '';
my $bench = writers(\$output, '-t', 130);
$bench->finish;
like($output, qr/number of transactions actually processed: 1040\/1040/, 'eight connections write and refresh 1,040 times') or diag($output);

# A backend dies in the middle of a refresh: the server starts all of them anew.
$output = '';
$bench = writers(\$output, '-T', 30);
ok($node->poll_query_until('postgres', q{SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%clv.refresh%' AND state = 'active' AND pid <> pg_backend_pid())}),
	'a refresh is under way');
my $victim = value_of($node, q{SELECT pid FROM pg_stat_activity WHERE query LIKE '%clv.refresh%' AND pid <> pg_backend_pid() ORDER BY state, pid LIMIT 1});
kill 'KILL', $victim;
$bench->finish;
ok(wait_for_server(), 'the server comes back after a backend was killed');

# The whole server dies while orders are written.
$output = '';
$bench = writers(\$output, '-T', 30);
sleep 2;
$node->kill9;
$bench->finish;
# Its processes may still hold the shared memory for a moment.
for (1 .. 50)
{
	last if $node->start(fail_ok => 1);
	$node->{_pid} = undef;
	sleep 1;
}
ok(wait_for_server(), 'the server starts after it was killed');

$output = '';
$bench = writers(\$output, '-t', 50);
$bench->finish;
like($output, qr/number of transactions actually processed: 400\/400/, 'they go on') or diag($output);

$node->safe_psql('postgres', q{
	CALL clv.refresh('shop', refit => true);
	SELECT clv.create_portfolio('scratch', 'orders', 'customer_id', 'ordered_on', 'amount', as_of => '2024-06-30', discount_rate => 0.1,
		channel => 'channel', owner => 'owner', referrer => 'referrer');
	CALL clv.refresh('scratch');
});
is(value_of($node, 'SELECT mode FROM shop.refresh_log ORDER BY refresh DESC LIMIT 1'), 'incremental', 'the last refresh read what had changed');
ok(value_of($node, q{SELECT count(*) FROM shop.refresh_log WHERE mode = 'incremental' AND changed > 0}) > 5, 'so did many before');

is(value_of($node, q{SELECT count(*) FROM ((TABLE shop.stored_origin EXCEPT TABLE scratch.stored_origin) UNION ALL (TABLE scratch.stored_origin EXCEPT TABLE shop.stored_origin)) d}), 0,
	'where customers came from is stored as from scratch');
for my $view (split /\n/, value_of($node, q{SELECT relname FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'v' AND relname <> 'parameter_drift' ORDER BY 1}))
{
	my $columns = $view eq 'model' ? 'role, family, active, as_of, customers, parameters, log_likelihood, status, model::text'
		: $view eq 'parameter_drift' ? 'role, family, as_of, parameter, estimate, std_error, lower, upper' : 'v.*';
	my ($fought, $scratch) = map {
		value_of($node, qq{SELECT count(*), md5(string_agg(line, E'\\n' ORDER BY line))
			FROM (SELECT ROW($columns)::text AS line FROM $_.$view v @{[$view =~ /^(model|parameter_drift)$/ ? 'WHERE active' : '']}) l})
	} ('shop', 'scratch');
	is($fought, $scratch, "view $view is that of a portfolio from scratch");
}

done_testing();
