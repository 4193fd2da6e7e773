#!/usr/bin/env perl
# Runs the contenders of one job by turns and prints a Markdown table; called by bench/run.
#
#   measure.pl JOB ROUNDS TABLE KEY [only=NAME,NAME] [workers=N] [work_mem=SIZE] [duckdb=FILE] [python=PROGRAM] [rscript=PROGRAM]
#
# A job is a directory below jobs/: job.sql says how answers are compared, every other file is one
# contender. "{orders}" stands for the table, "{histories}" for the table of its histories, "{tracked}" for a copy of it
# that the portfolio clv_tracked tracks, "{key}" for the type of its customers.
#
# Every contender first answers, untimed but for lifetimes and CLVTools, whose fit is that of the first round: the
# answers must agree. Then ROUNDS rounds, each contender in a new session, its query run once to warm up, unless it takes seconds, and once for the record; who takes more than SLOW
# seconds takes part in the first round only. CPU seconds are those of the backend and its parallel workers; memory is
# the peak of their private pages, looked at every 10 ms; temporary files are told below the table.
use strict;
use warnings;
use FindBin;
use IPC::Open2;
use List::Util qw(max min sum);
use Time::HiRes qw(time sleep);

my ($job, $rounds, $table, $key, @options) = @ARGV;
my %option = map { split /=/, $_, 2 } @options;
my $dir = "$FindBin::Bin/jobs/$job";
my $workers = $option{workers} // 0;
my $failed = 0;
$ENV{OMP_NUM_THREADS} = $workers + 1; # of lifetimes and CLVTools
use constant SLOW => 8;
open my $pid_file, '<', "$ENV{PGDATA}/postmaster.pid" or die "postmaster.pid: $!\n";
chomp(my $postmaster = <$pid_file>);

sub slurp { my ($path) = @_; local (@ARGV, $/) = ($path); return scalar <> }

# A file of a job: its "-- name: value" lines and its statement.
sub read_case {
	my ($path) = @_;
	my $text = slurp($path);
	my %case = (file => $path);
	$text =~ s/\{orders\}/$table/g;
	$text =~ s/\{(histories|tracked)\}/$1_$table/g;
	$text =~ s/\{key\}/$key/g;
	while ($text =~ s/\A-- (\w+): (.*)\n//) { $case{$1} = $2 }
	$text =~ s/;?\s*\z//;
	($case{name}) = $path =~ m{([^/]+)\.sql$};
	$case{sql} = $text;
	$case{engine} = $case{name} =~ /^(duckdb|lifetimes|clvtools)/ ? $1 : 'postgres';
	return \%case;
}

sub median { my @s = sort { $a <=> $b } @_; return ($s[$#s / 2] + $s[@s / 2]) / 2 }

# ---- /proc ----------------------------------------------------------------------------------------

sub read_proc { open my $f, '<', "/proc/$_[0]" or return ''; local $/; return scalar(<$f>) // '' }
sub cpu_of { my ($nanoseconds) = split ' ', read_proc("$_[0]/schedstat"); return ($nanoseconds // 0) / 1e9 }
sub private_of { return read_proc("$_[0]/status") =~ /^RssAnon:\s+(\d+)/m ? $1 / 1024 : 0 }
# Of the postmaster's children that have ended, in hundredths of a second: parallel workers leave theirs there.
sub cpu_of_ended { return 0 unless $workers; my @f = split ' ', read_proc("$postmaster/stat") =~ s/.*\)//r; return ($f[13] + $f[14]) / 100 }
sub workers_now { return grep { read_proc("$_/cmdline") =~ /parallel worker/ } split ' ', read_proc("$postmaster/task/$postmaster/children") }

# ---- PostgreSQL -----------------------------------------------------------------------------------

sub session {
	my $pid = open2(my $from, my $to, 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1');
	print $to "SET max_parallel_workers_per_gather = $workers;\nSET max_parallel_maintenance_workers = $workers;\nSET min_parallel_table_scan_size = 0;\nSET work_mem = '" . ($option{work_mem} // '256MB') . "';\nSELECT pg_backend_pid();\n";
	$to->flush;
	chomp(my $backend = <$from> // die "psql does not answer\n");
	return { psql => $pid, from => $from, to => $to, backend => $backend };
}

# All lines that the statements print.
sub ask {
	my ($session, $sql, $meanwhile) = @_;
	my @lines;
	my $rest = '';
	print { $session->{to} } "$sql;\n\\echo :: done\n";
	$session->{to}->flush;
	while (1) {
		my $ready = '';
		vec($ready, fileno($session->{from}), 1) = 1;
		if (select($ready, undef, undef, 0.01)) {
			sysread($session->{from}, $rest, 65536, length $rest) or die "the query failed\n";
			push @lines, $1 while $rest =~ s/\A(.*)\n//;
			last if @lines && $lines[-1] eq ':: done';
		}
		elsif ($meanwhile) { $meanwhile->() }
	}
	pop @lines;
	return @lines;
}

sub leave { my ($session) = @_; close $session->{to}; close $session->{from}; waitpid $session->{psql}, 0 }

# Statements that cannot be explained, such as CALL: no warm-up, and wall time is that of the client.
sub run_statements {
	my ($case, $session, $look) = @_;
	my $wall = time;
	ask($session, $case->{sql}, $look);
	return time - $wall;
}

sub run_postgres {
	my ($case) = @_;
	my $session = session();
	my ($peak, $written) = (0, 0);
	my $look = sub { $peak = max($peak, sum(map { private_of($_) } $session->{backend}, $workers ? workers_now() : ())) };
	my @result;
	my $command = $case->{before} || $case->{after};
	ask($session, $case->{before}) if $case->{before};
	for my $warm (1, 0) {
		my $cpu = cpu_of($session->{backend}) + cpu_of_ended();
		my @plan = $command ? () : ask($session, "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) $case->{sql}", $look);
		my ($wall) = $command ? run_statements($case, $session, $look) : map { /^Execution Time: ([\d.]+) ms/ ? $1 / 1000 : () } @plan;
		($written) = (map({ /Buffers: .*temp .*written=(\d+)/ ? $1 / 128 : () } @plan), 0); # of the topmost node
		sleep 0.05 if $workers; # for the workers to be reaped
		@result = ($wall, cpu_of($session->{backend}) + cpu_of_ended() - $cpu);
		last if $wall > 2 || $command;
	}
	ask($session, $case->{after}) if $case->{after};
	leave($session);
	return (@result, $peak, $written);
}

sub answer_postgres {
	my $session = session();
	my @lines = ask($session, "\\pset fieldsep '\\t'\n$_[0]");
	leave($session);
	return join "\n", @lines;
}

# ---- DuckDB, lifetimes, CLVTools ------------------------------------------------------------------

# What a program prints.
sub output_of {
	open my $pipe, '-|', @_ or die "$_[0]: $!\n";
	local $/;
	my $output = <$pipe>;
	close $pipe or die "$_[0] $_[1] failed\n";
	return $output =~ s{\s+\z}{}r;
}

sub duckdb { return output_of('node', "$FindBin::Bin/duckdb.mjs", $option{duckdb}, $workers + 1, @_) }

# What the programs around lifetimes and CLVTools print: a run and its answer.
sub program {
	my ($case) = @_;
	return output_of($option{rscript}, "$FindBin::Bin/fit_clvtools.R", $case->{family}, $case->{sql}) if $case->{engine} eq 'clvtools';
	return output_of($option{python}, "$FindBin::Bin/pipeline_lifetimes.py", $table) if $case->{pipeline};
	return output_of($option{python}, "$FindBin::Bin/fit_lifetimes.py", $case->{family}, $case->{sql});
}

sub answer_elsewhere {
	my ($case, $sql) = @_;
	return duckdb('answer', $sql) if $case->{engine} eq 'duckdb';
	my ($answer) = ($case->{first} = program($case)) =~ /"answer":"([^"]*)"/;
	return $answer;
}

sub run_elsewhere {
	my ($case) = @_;
	my $output = $case->{engine} eq 'duckdb' ? duckdb(1, $case->{sql}) : delete $case->{first} // program($case);
	$case->{server} = sprintf '%.1f', $1 if $output =~ /"server":([\d.]+),/;
	return $output =~ /\[\[([\d.]+),([\d.]+)\]\],.*"peak":([\d.]+)/;
}

# ---- the job --------------------------------------------------------------------------------------

my $check = read_case("$dir/job.sql");
my @cases = map { read_case($_) } sort { ($b =~ m{/ours\.sql}) <=> ($a =~ m{/ours\.sql}) || ($b =~ m{/floor\.sql}) <=> ($a =~ m{/floor\.sql}) || $a cmp $b } grep { !m{/job\.sql$} } glob "$dir/*.sql";
@cases = grep { my $n = $_->{name}; grep { $n eq $_ || $n =~ /^\Q$_\E-/ } split /,/, $option{only} } @cases if $option{only};
@cases = grep { $_->{engine} ne 'duckdb' } @cases unless $option{duckdb};
@cases = grep { $_->{engine} ne 'lifetimes' } @cases unless $option{python};
@cases = grep { $_->{engine} ne 'clvtools' } @cases unless $option{rscript};

my $expected;
for my $case (@cases) {
	next if ($case->{answer} // '') eq 'none';
	my $sql = $case->{answer} ? $case->{answer} =~ s/\{case\}/$case->{sql}/r : $case->{sql};
	$sql = $check->{sql} =~ s/\{case\}/$sql/r;
	my $answer = $case->{engine} eq 'postgres' ? answer_postgres($sql) : answer_elsewhere($case, $sql);
	$expected //= $answer;
	$case->{agrees} = $answer eq 'failed' ? $answer : $answer eq $expected ? 'yes'
		: ($check->{best} // '') eq 'largest' && $answer < $expected ? 'worse' : '**no**';
	next if $case->{agrees} ne '**no**';
	$failed = 1;
	print STDERR "$job, $case->{name}: the answer is\n  $answer\nbut should be\n  $expected\n";
}

for my $round (1 .. $rounds) {
	for my $case (@cases) {
		next if $round > 1 && $case->{wall}[0] > SLOW;
		my ($wall, $cpu, $peak, $written) = $case->{engine} eq 'postgres' ? run_postgres($case) : run_elsewhere($case);
		push @{ $case->{wall} }, $wall;
		push @{ $case->{cpu} }, $cpu;
		$case->{peak} = max($peak, $case->{peak} // 0);
		$case->{written} = max($written // 0, $case->{written} // 0);
		printf STDERR "%s, round %d: %-18s %8.3f s CPU %8.3f s %6.0f MB\n", $job, $round, $case->{name}, $cpu, $wall, $peak;
	}
}

my $first = $cases[0];
print "### $check->{title}\n\nOrders: `$table`, customers of type $key"
	. ($workers ? ", $workers parallel worker" . ($workers > 1 ? 's' : '') : '') . ", $rounds round" . ($rounds > 1 ? 's' : '') . ".\n\n";
print "| contender | CPU s | times $first->{name} | spread | wall s | MB | same answer |\n| --- | ---: | ---: | ---: | ---: | ---: | --- |\n";
for my $case (@cases) {
	# Who was measured once is compared with the first one's round of that time.
	my @ratios = map { $case->{cpu}[$_] / max($first->{cpu}[$_] // $first->{cpu}[0], 0.001) } 0 .. $#{ $case->{cpu} };
	printf "| %s | %.3f | %.2f | %s | %.3f | %.0f | %s |\n", $case->{title} =~ s/\{server\}/$case->{server}/r, median(@{ $case->{cpu} }), median(@ratios),
		@ratios > 1 ? sprintf('%.2f–%.2f', min(@ratios), max(@ratios)) : '', median(@{ $case->{wall} }), $case->{peak},
		$case->{agrees} // '';
}
print "\n";
my @spilled = map { sprintf '%s %.0f MB', $_->{title}, $_->{written} } grep { $_->{written} > 0 } @cases;
print 'Written to temporary files: ', join('; ', @spilled), ".\n\n" if @spilled;
exit $failed;
