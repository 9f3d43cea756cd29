// SPDX-License-Identifier: MIT

package unit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
)

// SystemCallFilter is SystemCallFilter= as PID 1 keeps it: names of system calls
// with groups expanded. The zero value is no filter.
type SystemCallFilter struct {
	set   bool // a first line decided the kind
	Allow bool // allow list, else deny list
	// calls on the list; true for one that carries an error number or action, which
	// on an allow list means that it is denied.
	calls map[string]bool
}

// Permits tells whether the filter lets a system call pass.
func (f SystemCallFilter) Permits(call string) bool {
	denied, listed := f.calls[call]
	if f.Allow {
		return listed && !denied
	}
	return !listed
}

// Lists tells whether the call is on the list, whatever it carries.
func (f SystemCallFilter) Lists(call string) bool {
	_, listed := f.calls[call]
	return listed
}

// Active tells whether there is a filter: an allow list, even an empty one, or a
// deny list that names something, be it a call that the architecture lacks.
func (f SystemCallFilter) Active() bool { return f.Allow || len(f.calls) > 0 }

// filterRules are the version dependent parts: groups and known names.
type filterRules struct {
	groups  *seccomp.GroupSet
	release seccomp.Release
}

// merge applies one SystemCallFilter= value and returns what it ignores.
func (r filterRules) merge(now SystemCallFilter, value string) (SystemCallFilter, []string) {
	if value == "" {
		return SystemCallFilter{}, nil
	}
	list, invert := cutTilde(value)
	if !now.set {
		now = SystemCallFilter{set: true, Allow: !invert, calls: map[string]bool{}}
		if now.Allow {
			r.apply(now.calls, "@default", true, false)
		}
	}
	var ignored []string
	words, err := splitWords(list, false, false)
	if err != nil {
		ignored = append(ignored, err.Error())
	}
	for _, word := range words {
		name, action, hasAction := strings.Cut(word, ":")
		switch {
		case hasAction && (name == "" || !validAction(action)):
			ignored = append(ignored, fmt.Sprintf("%s (no such error number or action)", word))
		case hasAction && !invert:
			ignored = append(ignored, fmt.Sprintf("%s (an allowed call takes no error number)", word))
		default:
			put := invert != now.Allow || invert && now.Allow && hasAction
			if !r.apply(now.calls, name, put, hasAction) {
				ignored = append(ignored, word)
			}
		}
	}
	return now, ignored
}

// apply puts a call or all of a group on the list, or takes it off; it tells
// whether the name is known.
func (r filterRules) apply(calls map[string]bool, name string, put, action bool) bool {
	if strings.HasPrefix(name, "@") {
		if _, known := r.groups.Members(name); !known {
			return false
		}
		for _, call := range r.groups.Expand(name) {
			r.apply(calls, call, put, action)
		}
		return true
	}
	if !r.release.Known(name) {
		return false
	}
	if put {
		calls[name] = action
	} else {
		delete(calls, name)
	}
	return true
}

// validAction tells whether an entry may carry this: an error name, a number up
// to 4095, or kill (systemd.exec(5)).
func validAction(s string) bool {
	if n, err := strconv.ParseUint(s, 10, 16); err == nil {
		return n <= 4095
	}
	return s == "kill" || slices.Contains(errnoNames, s)
}

// errnoNames are the names of Linux's error numbers (errno(3)).
var errnoNames = strings.Fields(`EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN EWOULDBLOCK ENOMEM EACCES
	EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS
	EMLINK EPIPE EDOM ERANGE EDEADLK EDEADLOCK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP ENOMSG EIDRM ECHRNG EL2NSYNC
	EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT EBFONT ENOSTR ENODATA ETIME ENOSR
	ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG
	ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE
	ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP ENOTSUP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL
	ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT
	ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT
	ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL
	EHWPOISON`)
