# From an older PostgreSQL to this one: the same orders give the same answers to the last digit, dumps of either pg_dump
# carry everything, and so does pg_upgrade.  CLV_OLD_INSTALL names the older server, with clv installed; dev/test sets it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use File::Basename qw(dirname);
use Test::More;
use lib 'test/tap';
use Shop;

plan(skip_all => 'no older PostgreSQL: dev/test --also 18 brings one') unless $ENV{CLV_OLD_INSTALL};

my @settings = ('jit = off', "timezone = 'UTC'");
my $old = PostgreSQL::Test::Cluster->new('old', install_path => $ENV{CLV_OLD_INSTALL});
my $new = PostgreSQL::Test::Cluster->new('new');
# Checksums of pages are on by default from 18 on: pg_upgrade wants the same on both sides.
my @same = ($new->pg_version >= 18 ? (no_data_checksums => 1) : ());
$old->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$new->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ], @same);
for my $node ($old, $new)
{
	$node->append_conf('postgresql.conf', join("\n", 'fsync = off', @settings, ''));
	$node->start;
}
note('from ' . value_of($old, 'SHOW server_version') . ' to ' . value_of($new, 'SHOW server_version'));

my $make = q{
	CREATE EXTENSION clv;
	CREATE ROLE seller LOGIN;
	ALTER TABLE orders OWNER TO seller;
	GRANT CREATE ON DATABASE postgres TO seller;
	SET ROLE seller;
	SELECT clv.create_portfolio('shop', 'orders', 'customer_id', 'ordered_on', 'amount', as_of => '2023-12-31', zone => 'UTC', discount_rate => 0.1, track => true);
	CALL clv.refresh('shop');
	RESET ROLE;
	CREATE TABLE kept AS SELECT customer_id, clv.order_history(ordered_on, amount) AS history FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id;
	CREATE TABLE model AS SELECT family, clv.fit(family, history, '2023-12-31') AS model FROM kept, unnest('{bg/nbd,mbg/nbd,pareto/nbd}'::text[]) family GROUP BY family;
	CREATE TABLE counted AS SELECT clv.cohort_state(history, 'month', '2023-12-31') AS cohorts, clv.movement_state(history, 'month', '2023-12-31') AS movements,
		clv.concentration(clv.revenue(history)) AS curve, clv.gap_state(history, '2023-12-31') AS gaps FROM kept;
	CREATE INDEX ON kept USING hash (history);
};
sub answers_of_portfolio
{
	my ($node, $database) = @_;
	return join "\n", reports($node, $database, 'shop'),
		map { value_of($node, "SELECT \$\$$_\$\$, count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")) FROM $_ t", $database) }
		'kept', 'model', 'counted', "clv.backtest('shop', '{mbg/nbd,pareto/nbd}', '{2022-12-31}', '6 months')", "clv.tracking('shop', 'month')",
		"clv.calibration('shop', 'mbg/nbd', '2022-12-31', '6 months')", "clv.frequency_fit('shop')", "clv.alive_history('shop', 17::bigint, 'month')";
}

fill_shop($old, 'postgres', 400);
$old->safe_psql('postgres', $make);
fill_shop($new, 'postgres', 400);
$new->safe_psql('postgres', $make);
my $before = answers_of_portfolio($old, 'postgres');
like($before, qr/customer_value\|\d\d\d/, 'there is something to keep');
my @old_answers = answers($old, 'postgres', 'orders');
my @new_answers = answers($new, 'postgres', 'orders');
is_deeply(\@new_answers, \@old_answers, 'histories, models, predictions and simulations are the same, byte for byte');
is(answers_of_portfolio($new, 'postgres'), $before, 'so are the reports of a portfolio');

# The security releases of November 2026 mark columns with an option that programs from before them do not know.
my ($dumped) = run_command([ 'pg_dump', '--schema-only', '-d', $old->connstr('postgres') ]);
if ($dumped =~ /pg_attver/)
{
	note('pg_dump here is older than the old server: the marks of its columns are taken away');
	$old->safe_psql('postgres', q{SET allow_system_table_mods = on; UPDATE pg_attribute SET attoptions = NULL WHERE attoptions::text LIKE '{pg_attver=%}'});
}

# Dumps, by the programs of both versions
for my $which ([ 'old', $old->config_data('--bindir') . '/pg_dump' ], [ 'new', 'pg_dump' ])
{
	my ($name, $program) = @$which;
	my $file = $new->basedir . "/$name.sql";
	local %ENV = $name eq 'old' ? $old->_get_env() : %ENV;
	command_ok([ $program, '-d', $old->connstr('postgres'), '-f', $file ], "dump by the $name pg_dump");
	$new->safe_psql('postgres', "CREATE DATABASE restored_$name");
	command_ok([ $new->config_data('--bindir') . '/psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $new->connstr("restored_$name"), '-f', $file ], 'restored in the new server');
	is(answers_of_portfolio($new, "restored_$name"), $before, 'every value and report is the same');
	goes_on($new, "restored_$name");
}

# A portfolio goes on: full after a restore, then from what changed.
sub goes_on
{
	my ($node, $database) = @_;
	$node->safe_psql($database, q{INSERT INTO orders VALUES (100001, '2023-06-07', 77); CALL clv.refresh('shop');
		INSERT INTO orders VALUES (100002, '2023-06-08', 78); CALL clv.refresh('shop')});
	is(value_of($node, q{SELECT mode, added FROM shop.refresh_log ORDER BY refresh DESC LIMIT 1}, $database), 'incremental|1', 'the portfolio goes on');
	is(value_of($node, q{SELECT sum(revenue) = (SELECT sum(amount) FROM orders WHERE customer_id IS NOT NULL AND ordered_on IS NOT NULL) FROM shop.customer_value}, $database),
		't', 'to the last cent');
	return;
}

# pg_upgrade
$new->stop;
my $upgraded = PostgreSQL::Test::Cluster->new('upgraded');
$upgraded->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ], @same);
$upgraded->append_conf('postgresql.conf', join("\n", 'fsync = off', @settings, ''));
$old->stop;
my $new_bin = dirname($ENV{PG_CONFIG});
{
	local %ENV = $old->_get_env();
	chdir $upgraded->basedir;
	command_ok([ "$new_bin/pg_upgrade", '--no-sync', '-d', $old->data_dir, '-D', $upgraded->data_dir,
		'-b', $old->config_data('--bindir'), '-B', $new_bin, '-s', $upgraded->host, '-p', $old->port, '-P', $upgraded->port ],
		'pg_upgrade');
}
$upgraded->start;
is(answers_of_portfolio($upgraded, 'postgres'), $before, 'after pg_upgrade every value and report is the same');
is(value_of($upgraded, 'SET enable_seqscan = off; SELECT count(*) FROM kept k WHERE history OPERATOR(clv.=) (SELECT history FROM kept WHERE customer_id = 17)'), '1', 'an index on histories is whole');
goes_on($upgraded, 'postgres');

done_testing();
