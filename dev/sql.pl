# Read by dev/lint and dev/update: SQL scripts as tokens and statements.
use strict;
use warnings;

# Tokens as [kind, text, line, position]; kinds: word, quoted, string, body, number, operator, mark.
sub sql_tokens {
	my ($sql) = @_;
	my @tokens;
	my $line = 1;
	pos($sql) = 0;
	while (pos($sql) < length($sql)) {
		my ($kind, $text, $start) = (undef, undef, pos($sql));
		if ($sql =~ /\G(\s+|--[^\n]*)/gc) { $line += ($1 =~ tr/\n//); next; }
		elsif ($sql =~ m{\G(/\*.*?\*/)}gcs) { $line += ($1 =~ tr/\n//); next; }
		elsif ($sql =~ /\G(\\[^\n]*)/gc) { next; }    # a psql command
		elsif ($sql =~ /\G([EeBbXxNn]?'(?:[^'\\]|''|\\.)*')/gcs) { ($kind, $text) = ('string', $1); }
		elsif ($sql =~ /\G(\$(\w*)\$.*?\$\2\$)/gcs) { ($kind, $text) = ('body', $1); }
		elsif ($sql =~ /\G("(?:[^"]|"")*")/gcs) { ($kind, $text) = ('quoted', $1); }
		elsif ($sql =~ /\G([A-Za-z_][\w\$]*)/gc) { ($kind, $text) = ('word', lc $1); }
		elsif ($sql =~ /\G(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+|\$\d+)/gc) { ($kind, $text) = ('number', $1); }
		elsif ($sql =~ /\G(::|:=|=>|\.\.|[-+*\/<>=~!\@#%^&|`?]+)/gc) { ($kind, $text) = ('operator', $1); }
		elsif ($sql =~ /\G(.)/gcs) { ($kind, $text) = ('mark', $1); }
		push @tokens, [ $kind, $text, $line, $start ];
		$line += ($text =~ tr/\n//);
	}
	return @tokens;
}

# Statements, each an array of tokens; BEGIN ATOMIC … END holds its semicolons.
sub sql_statements {
	my @statements;
	my @current;
	my $depth = 0;
	my @tokens = sql_tokens($_[0]);
	for my $i (0 .. $#tokens) {
		my $token = $tokens[$i];
		if ($token->[0] eq 'word') {
			$depth++ if $token->[1] eq 'atomic' || ($depth > 0 && $token->[1] eq 'case');
			$depth-- if $depth > 0 && $token->[1] eq 'end';
		}
		if ($token->[1] eq ';' && $depth == 0) {
			push @statements, [@current] if @current;
			@current = ();
			next;
		}
		push @current, $token;
	}
	push @statements, [@current] if @current;
	return @statements;
}

sub words { my ($statement) = @_; return join(' ', map { $_->[1] } @$statement); }

1;
