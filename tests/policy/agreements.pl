#!/usr/bin/perl
# agreements.pl POLICYC [AGREEMENTS] - the shipped policies and the service agreements they follow.
#
# Shows that every clause a policy cites is one of that operator's (tests/policy/clauses) or a standard's, and that every
# rule of the agreements (tests/policy/rules) is where it is said to be: in a line of the policy, or in the section RULES
# OF THE AGREEMENTS of rootseal-policy(5). Where the agreements are at hand (the folder AGREEMENTS with AGREEMENTS.md and
# agreements/, by default beside the project), both lists are held against them: no clause that is not there, no cell of
# their tables that is forgotten.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use File::Basename qw(dirname);

my $here = dirname(__FILE__);
my $root = "$here/../..";
my $policyc = shift or die "usage: agreements.pl POLICYC [AGREEMENTS]\n";
my $shared = shift // "$root/../shared";
my ($passed, $failed) = (0, 0);

sub check : prototype($$) {
    my ($good, $what) = @_;
    print "FAIL $what\n" unless $good;
    $good ? $passed++ : $failed++;
}

sub slurp {
    my ($file) = @_;
    open my $f, '<', $file or die "$file: $!\n";
    local $/;
    my $text = <$f>;
    return $text;
}

sub lines { return grep { !/^\s*(#|$)/ } split /\n/, slurp($_[0]); }

# -- what we say --

# A clause as it is cited: OPERATOR art 5.3 (1), OPERATOR 2.3 (1), OPERATOR (13), OPERATOR 13, OPERATOR preamble.
my $ITEM = qr/(?:\d+(?:\.\d+)?(?: \(\d+\))?|\(\d+\)|preamble)/;
my %clauses; # "smartca art 5.3" => 1
for (lines("$here/clauses")) {
    die "tests/policy/clauses: $_\n" unless /^(\w+ (?:art )?$ITEM)\s+\S/;
    $clauses{$1} = 1;
}
my @operators = do { my %seen; grep { !$seen{$_}++ } map { /^(\w+)/ } sort keys %clauses };

my @rules; # [rule, operator, kind, text]
for (lines("$here/rules")) {
    die "tests/policy/rules: $_\n" unless /^(.*?\S) +\| (\w+) +\| (policy|none|manual)(?: (.*))?$/;
    push @rules, [$1, $2, $3, $4 // ''];
}

# The single clauses of a citation, which may name several: "sxca (5), (12)", "smartca art 2, 4, 5", "netca 2.1 (CPS)".
sub cited {
    my ($citation) = @_;
    $citation =~ s/ \(CPS\)$//;
    return unless $citation =~ /^(\w+ (?:art )?)($ITEM(?:, $ITEM)*)$/;
    my ($prefix, $items) = ($1, $2);
    return map { $prefix . $_ } split /, /, $items;
}

# -- the policies --

my @text = split /\n/, do { open my $f, '-|', $policyc, '-p', "$root/policy" or die "$policyc: $!\n"; local $/; <$f> };
die "$policyc failed\n" if !@text;
my %said; # operator => its lines, without `authority "NAME" `
for (@text) {
    my $operator = s/^authority "(\w+)" // ? $1 : undef;
    push @{$said{$operator}}, $_ if defined $operator;
    next unless /clause "([^"]*)"$/;
    my $clause = $1;
    next if check_standard($clause, $operator);
    my @found = cited($clause);
    my $right = @found && defined $operator && !grep { !/^$operator / || !$clauses{$_} } @found;
    check($right, "no clause of " . ($operator // 'the appliance') . ": $_");
}

sub check_standard {
    my ($clause, $operator) = @_;
    return 0 unless $clause =~ m{^(GM/T 0015-2012|RFC 5280( \d+(\.\d+)+)?)$}
        || (!defined $operator && $clause =~ /^operating rule \d+ \(/);
    check(1, $clause);
    return 1;
}

check(join(' ', sort keys %said) eq join(' ', sort @operators), "operators: a policy each");

# -- the manual's section: item => its text on one line --

my %manual;
{
    my ($section) = slurp("$root/policy/rootseal-policy.5") =~ /^\.Sh RULES OF THE AGREEMENTS\n(.*?)^\.Sh /ms;
    my $item;
    for (split /\n/, $section // '') {
        if (/^\.It (.*)/) { $item = $1; $manual{$item} = ''; next; }
        last if /^\.El/;
        s/^\.[A-Z][a-z] //;
        $manual{$item} .= " $_" if defined $item;
    }
}

my %answered;
for (@rules) {
    my ($rule, $operator, $kind, $text) = @$_;
    my $where = "$rule | $operator | $kind $text";
    $answered{$rule}{$operator} = 1 if $kind ne 'none';
    if ($kind eq 'manual') {
        $text = $operator if $text eq '';
        check($text eq $operator || $clauses{$text}, "no such clause: $where");
        check(($manual{$rule} // '') =~ /\b\Q$text\E(?![\w.])/, "not in rootseal-policy(5): $where");
        next;
    }
    my @lines = grep { index($_, $text) >= 0 } @{$said{$operator}};
    check(@lines > 0, "not in the policy: $where") if $kind eq 'policy';
    check(@lines == 0, "in the policy, but not offered: $where") if $kind eq 'none';
}
# Nothing is offered that no rule knows.
for my $operator (keys %said) {
    for my $line (grep { /^service "/ && !/ by / } @{$said{$operator}}) {
        my ($service) = $line =~ /^(service "[^"]*")/;
        my @asked = grep { $_->[1] eq $operator && $_->[2] eq 'policy' && index($_->[3], $service) == 0 } @rules;
        check(@asked > 0, "offered, but asked for by no agreement: $operator $line");
    }
}
# Each item of the manual is a rule.
my %known = map { $_->[0] => 1 } @rules;
check($known{$_}, "rootseal-policy(5) has no rule \"$_\" to tell of") for sort keys %manual;

# -- the agreements themselves --

# A clause counts as named in AGREEMENTS.md when it is, or its article, or a part of it.
sub is_named {
    my ($clause, $named) = @_;
    $clause =~ s/ \(\d+\)$// if $clause =~ /\d \(\d+\)$/;
    return 1 if $named->{$clause};
    (my $article = $clause) =~ s/\.\d+$//;
    return $named->{$article} || scalar(grep { index($_, "$clause.") == 0 } keys %$named);
}

# The clauses that a cell of AGREEMENTS.md names.
sub of_cell {
    my ($operator, $cell) = @_;
    my $art = $operator =~ /^(smartca|bjca)$/ ? 'art ' : '';
    $cell =~ s/\d+ (?:h|days)\b//g;
    return map { "$operator ($_)" } $cell =~ /\((\d+)\)/g if $operator eq 'jiahua';
    return ((map { "$operator ($_)" } $cell =~ /\((\d+)\)/g), ($cell =~ /\bpreamble\b/ ? "$operator preamble" : ()))
        if $operator eq 'sxca';
    return map { "$operator $_" } $cell =~ /\b(\d+)\b/g if $operator eq 'cwca';
    return map { "$operator $art$_" } $cell =~ /(?:art )?(\d+(?:\.\d+)?)/g;
}

# A row's name in our words: without markup and without Chinese.
sub row_name {
    my ($name) = @_;
    $name =~ s/`//g;
    $name =~ s{[^\x00-\x7f]+(?:/[^\x00-\x7f]+)*}{}g;
    $name =~ s/\(\)//g;
    $name =~ s/\s+/ /g;
    $name =~ s/ ,/,/g;
    $name =~ s/^ | $//g;
    return $name;
}

sub check_overview {
    my %named;
    my @columns;
    for (split /\n/, slurp("$shared/AGREEMENTS.md")) {
        next unless /^\|/;
        my @cells = map { s/^\s+|\s+$//gr } split /\|/, s/^\||\|\s*$//gr;
        if ($cells[0] =~ /^(?:service|rule)\b/) { @columns = @cells[1 .. $#cells]; next; }
        if ($cells[0] =~ /^(?:key|operator)$/) { @columns = (); next; }
        if (@columns) {
            my $rule = row_name($cells[0]);
            next if $rule =~ /^-+$/;
            check($known{$rule}, "AGREEMENTS.md has a rule that is not in tests/policy/rules: $rule");
            for my $i (0 .. $#columns) {
                my ($operator, $cell) = ($columns[$i], $cells[$i + 1]);
                $named{$_} = 1 for of_cell($operator, $cell);
                my $answered = $answered{$rule}{$operator} // 0;
                # Online status is in every policy's text; "key none" answers where it is not offered.
                $answered = 0 if grep { $_->[0] eq $rule && $_->[1] eq $operator && $_->[3] =~ / none$/ } @rules
                    and $cell eq '–';
                check($answered == ($cell ne '–'), "$rule | $operator: AGREEMENTS.md says \"$cell\"");
            }
        } elsif ($cells[0] =~ /^(smartca|netca|jiahua|bjca|cwca|sxca) (.*\d.*)/) {
            my ($operator, $n) = ($1, scalar(split /;/, $cells[1]));
            $named{$_} = 1 for of_cell($operator, $2);
            check($n <= grep({ $_->[0] eq 'reasons' && $_->[1] eq $operator } @rules), "fewer reasons of $operator than $n");
        }
    }
    check($clauses{$_}, "AGREEMENTS.md names a clause that is not in tests/policy/clauses: $_") for sort keys %named;
    check(is_named($_, \%named), "in tests/policy/clauses, but not in AGREEMENTS.md: $_") for sort keys %clauses;
}

# The clauses of an original, by its way of counting.
my %numerals;
@numerals{qw(一 二 三 四 五 六 七 八 九 十 十一 十二 十三 十四 十五 十六 十七 十八 十九 二十 二十一 二十二 二十三 二十四)} = 1 .. 24;
my %originals = (
    smartca => ['000', qr/\A/, qr/\z/], netca => ['001', qr/\A/, qr/\z/], jiahua => ['002', qr/\A/, qr/第一条/],
    bjca => ['002', qr/第一条/, qr/\z/], cwca => ['003', qr/\A/, qr/\z/], sxca => ['004', qr/\A/, qr/\z/]);

sub clauses_of {
    my ($operator, $text) = @_;
    my (%there, $article, $section);
    my $art = $operator =~ /^(smartca|bjca)$/ ? 'art ' : '';
    my ($head, $point) = $art ne '' ? (qr/^第([一二三四五六七八九十]+)条/, qr/^(\d+)\. /) : (qr/^([一二三四五六七八九十]+)、/, qr/^(\d+)、/);
    $there{"$operator preamble"} = 1 if $operator eq 'sxca';
    for (split /\n/, $text) {
        if ($operator eq 'jiahua' && /^（([一二三四五六七八九十]+)）/) { $there{"jiahua ($numerals{$1})"} = 1; next; }
        if ($operator eq 'sxca' && /^\((\d+)\)/) { $there{"sxca ($1)"} = 1; next; }
        next if $operator =~ /^(jiahua|sxca)$/;
        if (/$head/) { ($article, $section) = ($numerals{$1}, undef); $there{"$operator $art$article"} = 1; }
        elsif (defined $article && /$point/) { $section = $1; $there{"$operator $art$article.$section"} = 1; }
        $there{"$operator $art$article.$section ($_)"} = 1 for defined $section ? /（(\d+)）/g : ();
    }
    return \%there;
}

sub check_originals {
    for my $operator (@operators) {
        my ($number, $from, $to) = @{$originals{$operator}};
        my ($file) = glob "$shared/agreements/$number*.txt";
        my ($text) = slurp($file) =~ /$from(.*?)$to/s;
        $text = "第一条$text" if $operator eq 'bjca';
        my $there = clauses_of($operator, $text);
        check($there->{$_}, "in tests/policy/clauses, but not in the agreement: $_") for grep { /^$operator / } sort keys %clauses;
    }
}

if (-e "$shared/AGREEMENTS.md") {
    check_overview();
    check_originals();
} else {
    print "the agreements are not at hand: the lists of clauses and rules are taken as they are\n";
}
print "$passed passed, $failed failed\n";
exit($failed == 0 ? 0 : 1);
