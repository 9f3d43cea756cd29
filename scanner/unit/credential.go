// SPDX-License-Identifier: MIT

package unit

import (
	"encoding/base64"
	"strings"
)

// credentials are those of one kind, by their ID; true for an encrypted one.
type credentials map[string]bool

func (c credentials) anyEncrypted() bool {
	for _, encrypted := range c {
		if encrypted {
			return true
		}
	}
	return false
}

// loadCredential reads LoadCredential=ID[:PATH] and LoadCredentialEncrypted=,
// which share one list: empty clears both (systemd.exec(5)).
func loadCredential(encrypted bool) setter {
	return func(l *loading, s *Service, a Assignment) error {
		if a.Value == "" {
			s.loadCredentials = nil
			return nil
		}
		id, from, named := strings.Cut(a.Value, ":")
		from, err := l.expand(from)
		if err != nil {
			return ignored("%s", err)
		}
		if named && !strings.HasPrefix(from, "/") && !validCredential(from) {
			return ignored("%q is neither an absolute path nor the name of a credential", from)
		}
		return addCredential(l, &s.loadCredentials, id, encrypted)
	}
}

// setCredential reads SetCredential=ID:VALUE and SetCredentialEncrypted=, which
// share one list too; an encrypted value is Base64.
func setCredential(encrypted bool) setter {
	return func(l *loading, s *Service, a Assignment) error {
		if a.Value == "" {
			s.setCredentials = nil
			return nil
		}
		id, data, named := strings.Cut(a.Value, ":")
		switch {
		case !named:
			return ignored("%q has no value after the name of the credential", a.Value)
		case encrypted && !isBase64(data):
			return ignored("the encrypted credential %s is not valid Base64", id)
		}
		return addCredential(l, &s.setCredentials, id, encrypted)
	}
}

func addCredential(l *loading, list *credentials, id string, encrypted bool) error {
	name, err := l.expand(id)
	if err != nil {
		return ignored("%s", err)
	}
	if !validCredential(name) {
		return ignored("%q is not a valid name of a credential", name)
	}
	if *list == nil {
		*list = credentials{}
	}
	(*list)[name] = encrypted
	return nil
}

// validCredential tells whether the name can be a file's, of printable ASCII.
func validCredential(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) > 255 {
		return false
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; c < ' ' || c > '~' || c == '/' || c == ':' {
			return false
		}
	}
	return true
}

func isBase64(data string) bool {
	_, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(data), ""))
	return err == nil
}
