# What the TAP tests share: a server with clv and a table of orders that looks like a shop's.
package Shop;

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(shop_server fill_shop value_of answers reports views);

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

# What the extension says about a table of orders: "question checksum", a line for each question.  Every digit counts.
sub answers
{
	my ($node, $database, $relation, $settings) = @_;
	my $histories = "(SELECT customer_id AS c, clv.order_history(ordered_on, abs(amount)) AS h FROM $relation WHERE customer_id IS NOT NULL GROUP BY customer_id) s";
	my $aggregates = join ', ', map { "md5(($_)::text)" } (
		(map { "clv.fit('$_', h, '2023-12-31')" } qw(bg/nbd mbg/nbd pareto/nbd nbd bg/bb)),
		"clv.fit_spend(h, '2023-12-31')", "clv.cohort_state(h, 'week', '2023-12-31')", "clv.movement_state(h, 'month', '2023-12-31')",
		"clv.gap_state(h, '2023-12-31')", 'clv.concentration(clv.revenue(h))', 'clv.merge(h)', "clv.choose(h, '2023-12-31', '90 days')");
	my $of_all = "SELECT md5(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\")) FROM (SELECT ROW(%s)::text AS line FROM %s) l;";
	my $sql = ($settings // '') . "SET extra_float_digits = 3; SELECT $aggregates FROM $histories;"
		. sprintf($of_all, 's.*', $histories)
		. "CREATE TEMPORARY TABLE m AS SELECT clv.fit('mbg/nbd', h, '2023-12-31') AS m, clv.fit('pareto/nbd', h, '2023-12-31') AS p,
			clv.fit_spend(h, '2023-12-31') AS spend FROM $histories;"
		. sprintf($of_all, "c, clv.p_alive(m, h, '2023-12-31'), clv.p_alive(p, h, '2023-12-31'), clv.expected_orders(m, h, '2023-12-31', '1 year'),
			clv.expected_orders(p, h, '2023-12-31', '1 year'), clv.expected_spend(spend, h, '2023-12-31'), clv.next_order_on(m, h, '2023-12-31')", "$histories, m")
		. sprintf($of_all, 'd.*', "m, clv.simulate(m, spend, 500, '2022-01-01', '2022-12-31', 4711) d");
	$sql .= "DROP TABLE m;";
	my $number = 0;
	return map { $number++ . " $_" } split /[|\n]/, value_of($node, $sql, $database);
}

# The views of a portfolio, but the one that tells of its past fits.
sub views
{
	my ($node, $database, $portfolio) = @_;
	return split /\n/, value_of($node, "SELECT relname FROM pg_class WHERE relnamespace = '$portfolio'::regnamespace AND relkind = 'v' AND relname <> 'parameter_drift' ORDER BY 1", $database);
}

# The reports of a portfolio: a line of count and checksum for each view; of models the active ones, without the versions.
sub reports
{
	my ($node, $database, $portfolio, @views) = @_;
	@views = views($node, $database, $portfolio) unless @views;
	return split /\n/, value_of($node, 'SET extra_float_digits = 3;' . join(';', map {
		my $columns = $_ eq 'model' ? 'role, family, as_of, customers, parameters, log_likelihood, status, model::text'
			: $_ eq 'parameter_drift' ? 'role, family, as_of, parameter, estimate, std_error, lower, upper' : 'v.*';
		my $where = /^(model|parameter_drift)$/ ? 'WHERE active' : '';
		qq{SELECT '$_', count(*), md5(string_agg(line, E'\\n' ORDER BY line COLLATE "C"))
			FROM (SELECT ROW($columns)::text AS line FROM "$portfolio".$_ v $where) l}
	} @views), $database);
}

1;
