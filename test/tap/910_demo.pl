# The demo reads what people have, and says what is wrong with it where it cannot.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

local $ENV{CLV_PG_CONFIG} = $ENV{PG_CONFIG};
my $folder = tempdir(CLEANUP => 1);

sub file
{
	my ($name, @lines) = @_;
	open(my $out, '>', "$folder/$name") or die "$folder/$name: $!";
	print $out @lines;
	close $out;
	return "$folder/$name";
}

sub demo
{
	my (@arguments) = @_;
	my $quoted = join(' ', map { "'$_'" } @arguments);
	my $output = qx(TMPDIR='$folder' dev/demo $quoted 2>&1 </dev/null);
	return ($? >> 8, $output);
}

# What stops before anything is built.
for my $case (
	[ 'a file that is not there', qr/cannot read .*nothing\.csv/, "$folder/nothing.csv" ],
	[ 'an empty file', qr/is empty/, file('empty.csv', '') ],
	[ 'an unknown option', qr/unknown option: --colour/, '--colour' ],
	[ 'a column that is not there', qr/has no column "who" \(--customer\); it has: id day sum/, file('a.csv', "id,day,sum\n1,2024-01-01,2\n"), '--customer', 'who' ],
	[ 'a column it cannot guess', qr/which column is the amount\? Say --amount NAME, one of: id day sum/, file('b.csv', "id,day,sum\n1,2024-01-01,2\n") ],
	[ 'columns without a file', qr/columns are given, but no file/, '--date', 'day' ],
	[ 'an option without a value', qr/--date needs a value/, '--date' ])
{
	my ($name, $message, @arguments) = @$case;
	my ($status, $output) = demo(@arguments);
	isnt($status, 0, "$name: fails");
	like($output, $message, "$name: says so");
}

# Semicolons, a byte order mark, quoted names with spaces and capitals, customers that are words, times, empty cells, refunds.
my @rows = ("\xef\xbb\xbf\"Client; name\";\"Ordered At\";Total\r\n");
for my $customer (1 .. 300)
{
	for my $order (0 .. $customer % 5)
	{
		push @rows, sprintf("\"C %03d; \"\"x\"\"\";2024-%02d-%02d 10:%02d;%d.%02d\r\n", $customer, 1 + ($customer + $order * 3) % 12, 1 + $customer % 28,
			$order, 5 + $customer % 17, $order);
	}
}
push @rows, "\"C 001; \"\"x\"\"\";2024-12-31 23:59;-2.50\r\n", ";2024-01-01;1\r\n", "C 002;;1\r\n", "C 003;2024-01-02;\r\n";
my ($status, $output) = demo(file('orders.csv', @rows), '--customer', 'Client; name', '--date', 'Ordered At', '--amount', 'Total');
is($status, 0, 'a file as people have them works') or diag $output;
like($output, qr/as of 2024-12-31/, 'observed until its last day');
like($output, qr/customers +│ +300 /, 'all customers are there');
like($output, qr/amount negative +│ +1 /, 'a refund is noticed');
like($output, qr/customer missing +│ +1 /, 'a row without customer is noticed');
like($output, qr/Retention.*Who makes the revenue.*The models behind it.*Can these figures be relied on/s, 'all of it is shown');
like($output, qr/C \d\d\d; "x"/, 'names come back as they were');
unlike($output, qr/ERROR|psql:/, 'without an error');
is_deeply([ grep { length > 100 } map { my $line = $_; utf8::decode($line); $line } grep { !/^ *\d+ s  / } split /\n/, $output ], [], 'no table is wider than 100 columns');
opendir(my $left, $folder) or die;
is_deeply([ grep { /^clv-demo/ } readdir $left ], [], 'nothing is left behind');

# Values that cannot be read are named with their lines.
($status, $output) = demo(file('bad.csv', "customer,date,amount\n1,2024-01-05,1\n2,31/12/2024,1\n3,2024-02-30,\"1,50\"\n"));
isnt($status, 0, 'values that cannot be read stop it');
like($output, qr{line 3: "31/12/2024" is not a date.*line 4: "2024-02-30" is not a date.*line 4: "1,50" is not an amount}s, 'and are named with their lines');

done_testing();
