# A portfolio that pg_cron refreshes, as docs/portfolio.md shows it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use lib 'test/tap';
use Shop;

chomp(my $sharedir = `$ENV{PG_CONFIG} --sharedir`);
plan(skip_all => 'no pg_cron for this PostgreSQL: dev/setup installs it where Debian has it') unless -f "$sharedir/extension/pg_cron.control";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', join("\n", 'fsync = off', 'jit = off', "shared_preload_libraries = 'pg_cron'", "cron.database_name = 'postgres'",
	"cron.host = '" . $node->host . "'", "cron.timezone = 'UTC'", ''));
$node->start;
$node->safe_psql('postgres', q{CREATE EXTENSION clv; CREATE EXTENSION pg_cron; CREATE ROLE seller LOGIN; GRANT CREATE ON DATABASE postgres TO seller;
	GRANT USAGE ON SCHEMA cron TO seller; GRANT CREATE ON SCHEMA public TO seller});
my $as_seller = sub { $node->safe_psql('postgres', $_[0], extra_params => [ '-U', 'seller' ]) };
$as_seller->(q{
	CREATE TABLE orders (customer_id int, ordered_on date, amount numeric);
	INSERT INTO orders SELECT c, date '2024-01-01' + (c * k * 7) % 200, c + k FROM generate_series(1, 300) c, generate_series(1, 1 + c % 5) k;
	CREATE INDEX ON orders (customer_id);
	SELECT clv.create_portfolio('shop', 'orders', 'customer_id', 'ordered_on', 'amount', as_of => '2024-12-31', track => true);
	CALL clv.refresh('shop');
	INSERT INTO orders VALUES (1000, '2024-08-01', 4711);
});

my ($page) = map { /^(SELECT cron\.schedule\(.*)$/m } slurp_file('docs/portfolio.md');
ok($page, 'the page on portfolios says how to schedule a refresh');
my $job = $as_seller->($page);
is($as_seller->("SELECT schedule, command, username, active FROM cron.job WHERE jobid = $job"), "15 3 * * *|CALL clv.refresh('shop')|seller|t",
	'and pg_cron takes it');

# Every second, where pg_cron counts seconds; else it runs the job once it starts.
my $counts_seconds = value_of($node, q{SELECT string_to_array(regexp_replace(extversion, '-.*', ''), '.')::int[] >= '{1,5}' FROM pg_extension WHERE extname = 'pg_cron'}) eq 't';
my $schedule = $counts_seconds ? '1 second' : '@reboot';
$job = $as_seller->("SELECT cron.schedule('refresh shop', '$schedule', \$\$CALL clv.refresh('shop')\$\$)");
$node->restart unless $counts_seconds;
ok($node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM cron.job_run_details WHERE jobid = $job AND status = 'succeeded')"), "pg_cron refreshes the portfolio ($schedule)")
	or diag value_of($node, 'SELECT status, return_message FROM cron.job_run_details');
is($as_seller->('SELECT revenue FROM shop.customer_value WHERE customer = 1000'), '4711', 'which shows in the reports');
is($as_seller->('SELECT mode, added FROM shop.refresh_log ORDER BY refresh LIMIT 1 OFFSET 1'), 'incremental|1', 'and read what had changed');
is($as_seller->("SELECT count(*) FROM cron.job_run_details WHERE status = 'failed'"), '0', 'no run failed');
$as_seller->("SELECT cron.unschedule($job)");

done_testing();
