# SPDX-License-Identifier: MIT
packages='perl netcat-openbsd'
start='/usr/local/sbin/perl-socket'
user=root
configure() {
    mkdir -p /usr/local/lib/perl-socket/Own /var/lib/perl-socket
    cat > /usr/local/lib/perl-socket/Own/Store.pm <<'EOF'
package Own::Store;
use strict;
use warnings;
use Fcntl qw(:flock SEEK_END);
use File::Temp qw(tempfile);
use File::Copy;

sub new { my ($class, $path) = @_; return bless {path => $path}, $class; }

sub add {
    my ($self, $line) = @_;
    open(my $file, '>>', $self->{path}) or die "open: $!";
    flock($file, LOCK_EX);
    print $file $line;
    close($file);
    my ($copy, $name) = tempfile(UNLINK => 1);
    copy($self->{path}, $name);
    chmod 0640, $name;
    return -s $name;
}

1;
EOF
    cat > /usr/local/sbin/perl-socket <<'EOF'
#!/usr/bin/perl -w
use strict;
use lib '/usr/local/lib/perl-socket';
use Own::Store;
use IO::Socket::INET;
use IO::Socket::UNIX;
use IO::Select;
use POSIX qw(setsid :sys_wait_h strftime nice);
use Sys::Syslog qw(:standard);
use Sys::Hostname;
use Time::HiRes qw(sleep time);
use Digest::SHA qw(sha256_hex);
use Getopt::Long;
use Socket qw(getaddrinfo);

my $port = 8087;
GetOptions('port=i' => \$port);
openlog('perl-socket', 'pid', 'daemon');
my $store = Own::Store->new('/var/lib/perl-socket/lines');
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 5, ReuseAddr => 1) or die $!;
mkdir '/run/perl-socket';
my $local = IO::Socket::UNIX->new(Local => '/run/perl-socket/socket', Listen => 5) or die $!;
nice(5);
my (undef, @found) = getaddrinfo('localhost', 'http');
$SIG{HUP} = sub { syslog('info', 'asked to reload: %s', `date`) };
$SIG{CHLD} = sub { while (waitpid(-1, WNOHANG) > 0) { } };
my ($name, undef, $user, $group) = getpwnam('daemon');
chown $user, $group, '/var/lib/perl-socket';
$( = $) = $group;
$< = $> = $user;
my $select = IO::Select->new($server, $local);
while (1) {
    for my $ready ($select->can_read(1)) {
        my $client = $ready->accept or next;
        my $line = <$client>;
        my $size = $store->add($line);
        my $child = fork;
        if (!$child) {
            print $client sha256_hex($line), " $size ", strftime('%F', localtime), ' ', hostname, ' ', scalar(@found), "\n";
            system('id', '-u');
            exit 0;
        }
        close($client);
        syslog('info', 'answered');
    }
    my @names = glob('/sys/class/net/*');
    sleep(0.1);
}
EOF
    chmod 755 /usr/local/sbin/perl-socket
}
requests() {
    try sh -c 'echo one | nc -q 2 127.0.0.1 8087'
    echo two | nc -q 2 -U /run/perl-socket/socket
}
reload() { signal HUP; }
