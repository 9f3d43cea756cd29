#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""condense.py RAW [ARCH]: print what the processes did whose traces lie in RAW, by the program that they ran.

RAW holds what `inside` left: `unit`, and `trace.PID` (strace -ff -y) of each thread; the lowest PID is the daemon's. With ARCH they
are of qemu-user (guest.py). README.md says what the lines of the result mean.
"""
import os
import re
import sys

import guest

CALL = re.compile(r'(\w+)\((.*)')
RESULT = re.compile(r'\)\s+= (-?\d+|\?|0x[0-9a-f]+)(.*)$')
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"(?!\.\.\.)')
FOLDER = re.compile(r'(?:AT_FDCWD|\d+)<([^>]*)>, (?:\[|"[^/"])')
DESCRIPTOR = re.compile(r'(\d+), "[^/"]')
FLAG = re.compile(r'[A-Z][A-Z0-9_]+')

FORKS = {'fork', 'vfork', 'clone', 'clone3'}
OPENS = {'open', 'openat', 'openat2', 'creat'}
READS = OPENS | set('''access faccessat faccessat2 stat lstat stat64 lstat64 newfstatat fstatat64 statx readlink readlinkat statfs statfs64
    getxattr lgetxattr listxattr llistxattr inotify_add_watch chdir chroot name_to_handle_at execve execveat uselib'''.split())
WRITES = set('''mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat mknod mknodat chmod fchmodat
    fchmodat2 chown lchown chown32 lchown32 fchownat truncate truncate64 utime utimes utimensat futimesat setxattr lsetxattr removexattr lremovexattr mount umount2
    pivot_root swapon swapoff acct'''.split())
MODES = set('mkdir mkdirat mknod mknodat chmod fchmod fchmodat fchmodat2 open openat openat2 creat'.split())

# Places that a setting hides or protects; of all others only writing is told.
HIDDEN = ('/var/tmp', '/tmp', '/home', '/root', '/run/user', '/boot', '/efi', '/lib/modules', '/usr/lib/modules')


class Process:
    """What a process has of its parent: the program that it runs, and from where it reads paths."""

    def __init__(self, pid, program='', folder='/', root='', files=()):
        self.pid, self.program, self.folder, self.root = pid, program, folder, root
        self.files = dict(files)  # descriptor: path, where the trace does not have it

    def child(self, pid):
        return Process(pid, self.program, self.folder, self.root, self.files)

    def absolute(self, path, folder=None):
        if not path.startswith('/'):
            return os.path.normpath(os.path.join(folder or self.folder or '', path))
        return os.path.normpath(self.root + path)


class Trace:
    def __init__(self, raw, emulated):
        self.raw, self.emulated = raw, emulated
        self.seen = {}  # program: set of lines

    def follow(self, thread, process):
        """Read the file of a thread, and those of its children where it makes them."""
        path = os.path.join(self.raw, f'trace.{thread}')
        if not os.path.exists(path):
            return
        for line in guest.lines(path) if self.emulated else open(path, errors='replace'):
            call = CALL.match(line)
            if not call:
                continue
            name, rest = call.groups()
            result = RESULT.search(rest)
            value = result.group(1) if result else '?'
            arguments = rest[:result.start()] if result else rest
            if name in ('execve', 'execveat') and value == '0':
                path = TEXT.search(arguments).group(1) or re.search(r'<([^>]*)>', arguments).group(1)
                process.program = process.absolute(path)
                self.note(process, 'exec', process.program)
            self.call(process, name, arguments)
            if name in FORKS and value.isdigit():
                thread = 'CLONE_THREAD' in arguments
                child = process.child(process.pid if thread else int(value))
                if thread and self.emulated:
                    child.folder = None # what others of the process change it to is not seen in time
                self.follow(int(value), child)
            if value == '0':
                self.move(process, name, arguments)
            if self.emulated and name in OPENS and value.isdigit():
                process.files[value] = process.absolute(TEXT.search(arguments).group(1), self.folder(process, arguments))

    def note(self, process, *words):
        self.seen.setdefault(process.program, set()).add(' '.join(words))

    def move(self, process, name, arguments):
        """Change the folder or the root of a process."""
        if name == 'chdir':
            process.folder = process.absolute(TEXT.search(arguments).group(1))
        elif name == 'fchdir':
            process.folder = process.files[arguments.split(')')[0]] if self.emulated else re.search(r'<([^>]*)>', arguments).group(1)
        elif name == 'chroot':
            process.root = process.absolute(TEXT.search(arguments).group(1)).rstrip('/')

    def folder(self, process, arguments):
        """The folder that a relative path in the arguments starts from, None if it is not known."""
        if not self.emulated:
            found = FOLDER.search(arguments)
            return found.group(1) if found else process.folder
        found = DESCRIPTOR.match(arguments)
        return process.files.get(found.group(1)) if found else process.folder

    def call(self, process, name, arguments):
        self.note(process, 'syscall', name)
        fields = arguments.split(', ')
        flags = FLAG.findall(TEXT.sub('', arguments))
        if name in ('socket', 'socketpair'):
            self.note(process, 'family', fields[0])
        if name in ('clone', 'clone3', 'unshare', 'setns'):
            for flag in flags:
                if flag.startswith('CLONE_NEW'):
                    self.note(process, 'namespace', flag)
        if name in ('mmap', 'mprotect', 'pkey_mprotect') and 'PROT_EXEC' in flags and (name != 'mmap' or 'PROT_WRITE' in flags) \
                or name == 'shmat' and 'SHM_EXEC' in flags:
            self.note(process, 'wx', name + (' PROT_BTI' if re.search(r'\|0x10\b', arguments) else ''))
        if name == 'prctl':
            self.note(process, 'prctl', fields[0])
        if name == 'ioctl' and len(fields) > 1:
            self.note(process, 'ioctl', fields[1].split(' ')[0])
        for flag in flags:
            if name.startswith('sched_set') and flag in ('SCHED_FIFO', 'SCHED_RR', 'SCHED_DEADLINE'):
                self.note(process, 'policy', flag)
        if name in MODES and re.search(r', (?:[A-Z|_]*\|)?0[2-7][0-7]{3}(?:, |$)', arguments):
            self.note(process, 'mode', name)
        if name == 'bind' and (port := re.search(r'port=htons\((\d+)\)', arguments)) and 0 < int(port.group(1)) < 1024:
            self.note(process, 'port', port.group(1))
        self.paths(process, name, arguments, flags)

    def paths(self, process, name, arguments, flags):
        if name in ('bind', 'connect', 'sendto'):
            for path in re.findall(r'sun_path="([^"]*)"', arguments):
                self.path(process, 'write' if name == 'bind' else 'read', process.absolute(path))
        if name not in READS and name not in WRITES:
            return
        writes = name in WRITES or name in OPENS and any(f in ('O_WRONLY', 'O_RDWR', 'O_CREAT', 'O_TRUNC') for f in flags)
        if name in ('execve', 'execveat'):
            arguments = arguments.split(', [')[0]
        folder = self.folder(process, arguments)
        for path in TEXT.findall(arguments):
            if path and (folder or path.startswith('/')):
                self.path(process, 'write' if writes else 'read', process.absolute(path, folder))

    def path(self, process, access, path):
        short = shorten(path.replace(f'/proc/{process.pid}/', '/proc/self/'), access)
        if short:
            self.note(process, 'path', access, short)


def shorten(path, access):
    """Keep of a path what decides a setting, without what differs from run to run."""
    path = re.sub(r'/\d+(?=/|$)', '/N', path)
    parts = path.split('/')
    if path.startswith('/dev/shm/'):
        return '/dev/shm'
    if parts[1] in ('dev', 'proc', 'sys'):
        return '/'.join(parts[:6 if parts[1] == 'proc' else 5])
    for place in HIDDEN:
        if path == place or path.startswith(place + '/'):
            return place
    return '/' + parts[1] if access == 'write' and parts[1] else ''


def main(raw, arch=''):
    trace = Trace(raw, bool(arch))
    pid = min(int(name[6:]) for name in os.listdir(raw) if name.startswith('trace.') and name[6:].isdigit())
    trace.follow(pid, Process(pid))
    print('# Made by testdata/strace/record.')
    print(open(os.path.join(raw, 'unit')).read().strip())
    for program in sorted(trace.seen):
        print(f'\nprogram {program}')
        print('\n'.join(sorted(trace.seen[program])))


main(*sys.argv[1:])
