# SPDX-License-Identifier: MIT
"""Lines of strace out of what qemu-user writes about its guest's system calls, and strace saw it write.

QEMU writes a call to file descriptor 2 in pieces, each with one write(2): the process, the name, each argument, the result. A guest
may have closed that descriptor or put a file there: the bytes that QEMU wanted to write count. What the guest itself writes to the
descriptor stands between the pieces, and is left out when it is no call. A program that replaces another writes no result; the
execve(2) that QEMU makes for it has one.
"""
import re

WRITE = re.compile(r'write\(2, "((?:[^"\\]|\\.)*)"')
EXEC = re.compile(r'execve\(.* = 0$')
CALL = re.compile(r'\d+ (\w+)(\(.*)|\d+ Unknown syscall (\d+)')
PIECES = re.compile(r'("[^"]*"),?|,(?! )')  # a text, or what parts two arguments

# Calls that QEMU 7.2 has no name for. It answers that the kernel does not have them.
UNNAMED = {258: 'riscv_hwprobe', 259: 'riscv_flush_icache', 274: 'sched_setattr', 293: 'rseq', 380: 'sched_setattr', 398: 'rseq',
           404: 'clock_settime64', 405: 'clock_adjtime64', 406: 'clock_getres_time64', 407: 'clock_nanosleep_time64',
           409: 'timer_settime64', 411: 'timerfd_settime64', 412: 'utimensat_time64', 413: 'pselect6_time64', 414: 'ppoll_time64',
           417: 'recvmmsg_time64', 421: 'rt_sigtimedwait_time64', 422: 'futex_time64', 425: 'io_uring_setup', 434: 'pidfd_open',
           435: 'clone3', 437: 'openat2', 439: 'faccessat2', 441: 'epoll_pwait2', 444: 'landlock_create_ruleset',
           449: 'futex_waitv', 452: 'fchmodat2', 462: 'mseal', 983042: 'cacheflush', 983045: 'set_tls'}
FAMILIES = {'1': 'AF_UNIX', '2': 'AF_INET', '10': 'AF_INET6', '16': 'AF_NETLINK', '17': 'AF_PACKET', '38': 'AF_ALG', '40': 'AF_VSOCK'}
REAL_TIME = {'1': 'SCHED_FIFO', '2': 'SCHED_RR', '6': 'SCHED_DEADLINE'}


def lines(path):
    """The calls of one thread, as strace -y writes them but for the paths of file descriptors."""
    pieces = []
    for line in open(path, errors='replace'):
        line = line.rstrip('\n')
        if write := WRITE.match(line):
            pieces.append(write.group(1).encode().decode('unicode_escape'))
        elif EXEC.match(line):
            pieces.append('\nexec ' + line + '\n')
    for line in ''.join(pieces).split('\n'):
        if line.startswith('exec '):
            yield line[5:]
        elif call := CALL.match(line):
            yield named(call) + '() = -1' if call.group(3) else call.group(1) + arguments(call.group(1), call.group(2))


def named(call):
    return UNNAMED[int(call.group(3))]


def arguments(name, text):
    """The arguments with strace's separators, and its names of constants that QEMU writes in another way."""
    text = PIECES.sub(lambda m: m.group(0).rstrip(',') + ', ' if m.group(0).endswith(',') else m.group(0), text)
    if name in ('socket', 'socketpair'):
        family, rest = text[1:].split(', ', 1)
        family = FAMILIES.get(family, family.replace('PF_', 'AF_'))
        if not family.startswith('AF_'):
            raise ValueError(f'no name for the socket family {family}')
        return f'({family}, {rest}'
    if name == 'sched_setscheduler':
        return re.sub(r', (\d)', lambda m: ', ' + REAL_TIME.get(m.group(1), m.group(1)), text, count=1)
    return text
