#!/usr/bin/env perl
# Puts the table in the file TABLE into the place of a page that MARK names, between "<!-- bench: MARK -->" and
# "<!-- bench: end -->"; called by bench/run and bench/growth.   MARK=… TABLE=… into_page.pl PAGE
use strict;
use warnings;

my ($page) = @ARGV;
sub slurp { local (@ARGV, $/) = ($_[0]); return scalar <> }

my $table = slurp($ENV{TABLE}) =~ s/\A### .*\n\n//r =~ s/\s+\z//r;
my $text = slurp($page);
if ($text =~ s/(<!-- bench: \Q$ENV{MARK}\E -->\n).*?(?=<!-- bench: end -->)/$1\n$table\n\n/s) {
	open my $out, '>', $page or die "$page: $!\n";
	print $out $text;
}
else { print STDERR "No place for \"$ENV{MARK}\" in $page\n" }
