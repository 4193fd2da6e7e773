# Files that cannot grow, and a server that dies: create, refresh and drop are done or not done, and the next refresh heals.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use IPC::Run;
use Test::More;
use lib 'test/tap';
use Shop;

# Segments of the log stay below the limit on the size of files.
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => ['--wal-segsize=1']);
$node->append_conf('postgresql.conf', join("\n", 'fsync = off', 'jit = off', 'autovacuum = off', "timezone = 'UTC'", 'log_statement = none', "work_mem = '64MB'", ''));
$node->start;

my $options = q{'orders', 'customer_id', 'ordered_on', 'amount', as_of => '2024-12-31', zone => 'UTC', discount_rate => 0.1};
my $orders = q{INSERT INTO orders SELECT repeat(md5(c::text), 4), date '2024-01-01' + (c * 7919::bigint * k % 360)::int, (c * 131 + k) % 500 FROM generate_series(%d, %d) c, generate_series(1, 1 + (c %% 7) / 5) k;};
$node->safe_psql('postgres', "
	CREATE EXTENSION clv;
	CREATE TABLE orders (customer_id text, ordered_on date, amount numeric) PARTITION BY HASH (customer_id);
	" . join('', map { "CREATE TABLE orders_$_ PARTITION OF orders FOR VALUES WITH (MODULUS 12, REMAINDER $_);" } 0 .. 11) . "
	CREATE INDEX ON orders (customer_id);
	" . sprintf($orders, 1, 3000) . "
	SELECT clv.create_portfolio('shop', $options, track => true);
	CALL clv.refresh('shop');
	" . sprintf($orders, 3001, 12000) . "
	UPDATE orders SET amount = 7 WHERE customer_id = repeat(md5('5'), 4);
	VACUUM (FREEZE, ANALYZE);
	CHECKPOINT;");
my @views = qw(history customer_value cohort_retention movement kpi model);
my $before = join "\n", reports($node, 'postgres', 'shop', @views);
like($before, qr/customer_value\|3000/, 'there is a portfolio of 3,000 customers, and there are orders of 9,000 more');
my $notes = value_of($node, 'SELECT count(*) FROM shop.change');

# From now on no file grows beyond the size of the largest.
my $limit = value_of($node, 'SELECT greatest(max(pg_relation_size(oid)) / 1024, 1024) + 64 FROM pg_class');
cmp_ok($limit, '<', 1600, 'tables are small');
$node->stop;
system_or_bail('bash', '-c', 'ulimit -f "$0"; exec pg_ctl -w -D "$1" -l "$2" start', $limit, $node->data_dir, $node->logfile . '.limited');
$node->_update_pid(1);

sub fails
{
	my ($sql, $name) = @_;
	my ($out, $err) = ('', '');
	my $status = $node->psql('postgres', $sql, on_error_stop => 1, stdout => \$out, stderr => \$err);
	isnt($status, 0, "$name fails");
	like($err, qr/ERROR:  could not (extend|write).*File too large/, 'for want of space');
	return;
}

fails(q{CALL clv.refresh('shop')}, 'a refresh');
is(join("\n", reports($node, 'postgres', 'shop', @views)), $before, 'reports are those of before');
is(value_of($node, 'SELECT count(*) FROM shop.change'), $notes, 'no note of a change is lost');
is(value_of($node, 'SELECT count(*) FROM shop.refresh_log'), '1', 'the log tells of no other refresh');
fails(q{CALL clv.refresh('shop', 'full')}, 'a full refresh');

# Catalogs fill up with portfolios.
my ($made, $err) = (0, '');
for my $number (1 .. 60)
{
	last if $node->psql('postgres', "SELECT clv.create_portfolio('p$number', $options)", stderr => \$err, on_error_stop => 1) != 0;
	$made++;
}
like($err, qr/ERROR:  could not (extend|write).*File too large/, "the creation of portfolio $made + 1 fails");
is(value_of($node, q{SELECT count(*), count(*) FILTER (WHERE owner IS NOT NULL AND source IS NOT NULL) FROM clv.portfolios}), join('|', $made + 1, $made + 1), 'nothing is half made');
is(value_of($node, q{SELECT count(*) FROM pg_namespace n WHERE nspname LIKE 'p%' AND nspname NOT LIKE 'pg%' AND nspname <> 'public' AND
	NOT EXISTS (SELECT FROM clv.portfolios WHERE portfolio = nspname)}), '0', 'not even a schema');
my ($status) = $node->psql('postgres', q{SELECT clv.drop_portfolio(portfolio) FROM clv.portfolios WHERE portfolio <> 'shop'}, stderr => \$err);
is($status, 0, 'what was made can be dropped') or diag $err;
is(value_of($node, q{SELECT string_agg(portfolio, ',') FROM clv.portfolios}), 'shop', 'and is gone');

# A server without limits again
$node->stop;
$node->start;
is(join("\n", reports($node, 'postgres', 'shop', @views)), $before, 'after a restart too reports are those of before');

# It dies in the middle of a transaction that creates, refreshes and drops.
my ($out, $script) = ('', $node->basedir . '/session.sql');
append_to_file($script, qq{BEGIN; SELECT clv.create_portfolio('half', $options); CALL clv.refresh('half'); CALL clv.refresh('shop');
	SELECT clv.drop_portfolio('shop'); SELECT pg_sleep(600);\n});
my $session = IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-f', $script ], '<', \'', '>', \$out, '2>', \$out);
ok($node->poll_query_until('postgres', q{SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')}), 'a session has made one portfolio and dropped another') or diag $out;
$node->kill9;
$session->finish;
for (1 .. 50)
{
	last if $node->start(fail_ok => 1);
	$node->{_pid} = undef;
	sleep 1;
}
is(value_of($node, q{SELECT string_agg(portfolio, ',') FROM clv.portfolios}), 'shop', 'the server is killed: nothing of that has happened');
is(join("\n", reports($node, 'postgres', 'shop', @views)), $before, 'and reports are those of before');

$node->safe_psql('postgres', "CALL clv.refresh('shop', refit => true); SELECT clv.create_portfolio('scratch', $options); CALL clv.refresh('scratch')");
my $healed = join "\n", reports($node, 'postgres', 'shop', @views);
like($healed, qr/customer_value\|12000/, 'the next refresh reads all that came');
is($healed, join("\n", reports($node, 'postgres', 'scratch', @views)), 'and makes the reports of a portfolio from scratch');

done_testing();
