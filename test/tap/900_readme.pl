# Whatever SQL the README shows works as it stands, in the order of the page.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $text = slurp_file('README.md');
my @blocks = $text =~ /^```sql\n(.*?)^```/gms;
cmp_ok(scalar @blocks, '>=', 6, 'the README shows SQL');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\n");
$node->start;

for my $block (@blocks)
{
	my ($out, $err) = ('', '');
	my ($first) = split /\n/, $block;
	my $status = $node->psql('postgres', $block, on_error_stop => 1, stdout => \$out, stderr => \$err);
	is($status, 0, "works: $first") or diag $err;
	next if $block =~ /^\s*CREATE/;
	isnt($out, '', "answers: $first");
}

# What the page promises beside them.
is($node->safe_psql('postgres', q{
		SELECT sum(clv.revenue(history)) = (SELECT sum(amount) FROM orders) FROM shop.history}),
	't', 'the revenue of all customers equals the sum of all amounts');
my ($expected, $actual) = split /\|/, $node->safe_psql('postgres', (grep { /AS expected/ } @blocks)[0]);
cmp_ok(abs($expected / $actual - 1), '<', 0.1,
	'the year ahead was foreseen within 10 %, on data that follow the model: the error of 2,000 customers is about 4 %');
is($node->safe_psql('postgres', q{
		SELECT abs(max(e.product) FILTER (WHERE e.step = l.last) / max(v.residual_value) - 1) < 1e-9
		FROM (SELECT * FROM shop.customer_value ORDER BY residual_value DESC LIMIT 1) v
		JOIN shop.history h ON h.customer = v.customer CROSS JOIN shop.report_basis b
		CROSS JOIN LATERAL clv.explain(b.order_model, b.spend_model, h.history, b.as_of, b.discount_rate) e
		CROSS JOIN LATERAL (SELECT max(step) AS last FROM clv.explain(b.order_model, b.spend_model, h.history, b.as_of, b.discount_rate)) l}),
	't', 'the terms of a value multiply to it');

done_testing();
