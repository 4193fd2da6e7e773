#!/usr/bin/env perl
# Draws what bench/growth measured: CPU seconds and memory against the number of orders, both axes logarithmic.
#   plot.pl GROWTH.tsv >PLOT.svg
use strict;
use warnings;
use List::Util qw(max min);

my (%series, @names);
while (<>) {
	chomp;
	my ($orders, $customers, $work_mem, $ours, $floor, $memory) = split /\t/;
	tr/,//d for $orders, $customers;
	# Points with other customers than a tenth of the orders are for the table.
	next if abs($customers * 10.6 / $orders - 1) > 0.1;
	for (["clv.histories, work_mem $work_mem", $ours, 0], ['floor: every column read', $floor, 0], ["memory, work_mem $work_mem", $memory, 1]) {
		my ($name, $y, $panel) = @$_;
		push @names, $name unless $series{$name};
		$series{$name}{panel} = $panel;
		$series{$name}{at}{$orders} //= $y;
	}
}
my @orders = map { keys %{ $_->{at} } } values %series;
my @colors = ('#1f77b4', '#7f7f7f', '#1f77b4', '#d62728', '#d62728', '#2ca02c', '#2ca02c');
my ($width, $height, $left, $top) = (300, 240, 60, 40);
my ($x_low, $x_high) = (log(min @orders), log(max(@orders) * 1.001));
print qq(<svg xmlns="http://www.w3.org/2000/svg" width="800" height="360" font-family="sans-serif" font-size="12">\n<rect width="800" height="360" fill="white"/>\n);
for my $panel (0, 1) {
	my @mine = grep { $series{$_}{panel} == $panel } @names;
	my @values = map { values %{ $series{$_}{at} } } @mine;
	my ($y_low, $y_high) = (log(min(@values) / 1.5), log(max(@values) * 1.5));
	my $x0 = $left + $panel * 390;
	my $x = sub { $x0 + $width * (log($_[0]) - $x_low) / max($x_high - $x_low, 1e-9) };
	my $y = sub { $top + $height * (1 - (log($_[0]) - $y_low) / ($y_high - $y_low)) };
	printf qq(<text x="%d" y="24" font-size="14">%s</text>\n), $x0, $panel ? 'MB of memory' : 'CPU seconds';
	printf qq(<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#999"/>\n), $x0, $top, $width, $height;
	for my $power (-3 .. 9) {
		for my $tick (map { $_ * 10**$power } 1, 2, 5) {
			if (log($tick) > $y_low && log($tick) < $y_high) {
				printf qq(<text x="%d" y="%.1f" text-anchor="end">%g</text><line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#eee"/>\n),
					$x0 - 6, $y->($tick) + 4, $tick, $x0, $x0 + $width, $y->($tick), $y->($tick);
			}
		}
	}
	my %seen;
	for my $n (grep { !$seen{$_}++ } sort { $a <=> $b } @orders) {
		printf qq(<text x="%.1f" y="%d" text-anchor="middle">%.3g M</text>\n), $x->($n), $top + $height + 18, $n / 1e6;
	}
	my $line = 0;
	for my $name (@mine) {
		my $color = $colors[(grep { $names[$_] eq $name } 0 .. $#names)[0] % @colors];
		my %at = %{ $series{$name}{at} };
		printf qq(<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>\n), $color,
			join(' ', map { sprintf '%.1f,%.1f', $x->($_), $y->($at{$_}) } sort { $a <=> $b } keys %at);
		printf qq(<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>\n), $x->($_), $y->($at{$_}), $color for keys %at;
		printf qq(<text x="%d" y="%d" fill="%s">%s</text>\n), $x0 + 10, $top + 18 + 16 * $line++, $color, $name;
	}
	printf qq(<text x="%d" y="%d" text-anchor="middle">orders</text>\n), $x0 + $width / 2, $top + $height + 40;
}
print "</svg>\n";
