// SPDX-License-Identifier: MIT

package unit_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

func TestListeners(t *testing.T) {
	for _, test := range []struct {
		summary string
		lines   [][2]string // key and value
		found   []string
	}{
		{"port", [][2]string{{"ListenStream", "22"}}, []string{"ListenStream=22"}},
		{"IPv4", [][2]string{{"ListenDatagram", "127.0.0.1:53"}}, []string{"ListenDatagram=127.0.0.1:53"}},
		{"IPv6", [][2]string{{"ListenStream", "[::1]:631"}, {"ListenStream", "[fe80::1]:80%%eth0"}}, []string{"ListenStream=[::1]:631", "ListenStream=[fe80::1]:80%eth0"}},
		{"sequential packets, as SCTP has them", [][2]string{{"ListenSequentialPacket", "99"}}, []string{"ListenSequentialPacket=99"}},
		{"no Internet address", [][2]string{{"ListenStream", "/run/x"}, {"ListenStream", "@x"}, {"ListenStream", "vsock::22"}, {"ListenFIFO", "/run/f"},
			{"ListenNetlink", "audit 1"}, {"ListenUSBFunction", "/run/usb"}}, nil},
		{"no address at all", [][2]string{{"ListenStream", "0"}, {"ListenStream", "65536"}, {"ListenStream", "1.2.3:4"}, {"ListenStream", "1.2.3.4:"},
			{"ListenStream", "[1.2.3.4]:5"}, {"ListenStream", "::1:5"}, {"ListenStream", "[]:5"}, {"ListenStream", "name:5"}}, nil},
		{"reset", [][2]string{{"ListenStream", "22"}, {"ListenFIFO", ""}, {"ListenStream", "2222"}}, []string{"ListenStream=2222"}},
		{"specifier", [][2]string{{"ListenStream", "%i"}}, []string{"ListenStream=8080"}},
		{"another setting", [][2]string{{"Backlog", "22"}}, nil},
	} {
		t.Run(test.summary, func(t *testing.T) {
			u := &unit.Unit{Name: "a@8080.socket"}
			for i, line := range test.lines {
				u.Assignments = append(u.Assignments, unit.Assignment{Section: "Socket", Key: line[0], Value: line[1], Source: unit.Source{File: "/f", Line: i + 1}})
			}
			var found []string
			for _, l := range unit.Listeners(u) {
				found = append(found, l.Setting)
				assert.Equal(t, "/f", l.File)
			}
			assert.Equal(t, test.found, found)
		})
	}
}

func TestBootListeners(t *testing.T) {
	const listen = "[Socket]\nListenStream=22\nListenStream=/run/x\n"
	image := map[string]string{
		"default.target":                    "[Unit]\nWants=same.socket named.socket accepting.socket own.service off.service\nAfter=ordered.socket\n",
		"same.socket":                       listen,
		"same.service":                      "[Service]\nExecStart=/bin/x\n",
		"named.socket":                      "[Socket]\nListenStream=80\nService=other.service\n",
		"named.service":                     "[Service]\nExecStart=/bin/x\n",
		"other.service":                     "[Service]\nExecStart=/bin/x\n",
		"accepting.socket":                  listen + "Accept=yes\n",
		"accepting@.service":                "[Service]\nExecStart=/bin/x\n",
		"own.service":                       "[Service]\nExecStart=/bin/x\nSockets=extra.socket\n",
		"extra.socket":                      "[Socket]\nListenDatagram=1.2.3.4:5\nService=same.service\n",
		"off.service":                       "[Service]\nExecStart=/bin/x\n",
		"off.socket":                        listen,
		"ordered.socket":                    listen,
		"ordered.service":                   "[Service]\nExecStart=/bin/x\n",
		"same.socket.d/more.conf":           "[Socket]\nListenStream=[::]:443\n",
		"unreadable.socket.d/unrelated.txt": "",
	}
	root := t.TempDir()
	for name, text := range image {
		file := filepath.Join(root, "usr/lib/systemd/system", name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	fs, err := rootfs.New(root)
	require.NoError(t, err)
	tree, err := unit.Open(fs, unit.Version{Major: 257, Point: unit.AnyPoint})
	require.NoError(t, err)
	boot := tree.Boot(unit.PresetsNo)

	for _, test := range []struct {
		summary, service string
		found            []string
	}{
		{"of its name, with a drop-in, and another that names it", "same.service",
			[]string{"extra.socket ListenDatagram=1.2.3.4:5", "same.socket ListenStream=22", "more.conf ListenStream=[::]:443"}},
		{"the socket names another service", "named.service", nil},
		{"that other service", "other.service", []string{"named.socket ListenStream=80"}},
		{"accepting: each instance", "accepting@1.service", []string{"accepting.socket ListenStream=22"}},
		{"asks for a socket", "own.service", []string{"extra.socket ListenDatagram=1.2.3.4:5"}},
		{"a socket that nobody starts", "off.service", nil},
		{"a socket that is only ordered", "ordered.service", nil},
	} {
		t.Run(test.summary, func(t *testing.T) {
			var found []string
			for _, l := range boot.Listeners(tree.Load(test.service)) {
				found = append(found, filepath.Base(l.File)+" "+l.Setting)
			}
			assert.Equal(t, test.found, found)
		})
	}
}
