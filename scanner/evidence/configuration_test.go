// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMagic(t *testing.T) {
	tests := []struct {
		summary, line string
		want          bool
	}{
		{"a text at the beginning", `0       string          #!/usr/bin/perl                 application/x-perl`, true},
		{"a text with options", `0	string/wt	#!\ /bin/sh	text/x-shellscript`, true},
		{"a further test", `>>4	search/512	/bin/awk	awk`, true},
		{"a number behind a pointer", `>(0x3c.l)	ulelong&0xff	x	/bin/x`, true},
		{"a command with a number", `0 command /usr/bin/perl`, false},
		{"minutes of cron", `0 5 * * * /usr/bin/perl`, false},
		{"an assignment", `string=/usr/bin/perl`, false},
		{"words that begin alike", `0 stringent /usr/bin/perl`, false},
	}
	for _, test := range tests {
		t.Run(test.summary, func(t *testing.T) { assert.Equal(t, test.want, isMagic(test.line)) })
	}
}
