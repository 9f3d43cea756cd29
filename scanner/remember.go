// SPDX-License-Identifier: MIT

package scanner

import (
	"encoding/json"
	"fmt"

	"github.com/systemd-hardening/systemd-hardening/scanner/cache"
	"github.com/systemd-hardening/systemd-hardening/scanner/evidence"
	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// remembered is the evidence of the services of an image, with everything that was
// read of the image for it.
type remembered struct {
	Observations []rootfs.Observation
	Results      []*evidence.Result // nil for what is no service
}

// memory finds the evidence of an image in the cache, or collects it and keeps it
// there. Evidence is a function of the target, the units, and what is read of the image:
// the first two are the key, and an entry counts when everything that was read for it
// is the same in this image.
type memory struct {
	image   *rootfs.FS
	trace   *rootfs.Trace
	cache   *cache.Dir
	key     cache.Key
	code    *evidence.Image
	results []*evidence.Result
	known   bool
}

// newMemory begins the trace, so it comes before anything is read of the image.
func newMemory(image *rootfs.FS, known *cache.Dir) *memory {
	m := &memory{image: image, cache: known}
	if known != nil {
		m.trace = image.Record()
	}
	return m
}

// prepare looks for what is known of the services.
func (m *memory) prepare(target *exposure.Target, listed []unit.Listed) error {
	m.results = make([]*evidence.Result, len(listed))
	if m.cache != nil {
		if err := m.recall(target, listed); err != nil || m.known {
			return err
		}
	}
	m.code = evidence.NewImage(m.image, target.Arch)
	m.code.UseCache(m.cache)
	return nil
}

func (m *memory) recall(target *exposure.Target, listed []unit.Listed) error {
	units, err := json.Marshal(listed)
	if err != nil {
		return fmt.Errorf("make the key of the units: %w", err)
	}
	about := fmt.Sprintf("evidence for %s, systemd %s, seccomp %t", target.Arch, target.Version, !target.WithoutSeccomp)
	m.key = m.cache.Key([]byte(about), units)
	m.known = m.cache.Find(m.key, func(content []byte) bool {
		var entry remembered
		if cache.Decode(content, &entry) != nil || len(entry.Results) != len(listed) || !m.image.Holds(entry.Observations) {
			return false
		}
		m.results = entry.Results
		return true
	})
	return nil
}

// collect is the evidence of one of the listed units.
func (m *memory) collect(i int, u *unit.Unit) *evidence.Result {
	if !m.known {
		m.results[i] = m.code.Collect(u)
	}
	return m.results[i]
}

// keep writes what was collected into the cache.
func (m *memory) keep() {
	if m.cache == nil || m.known {
		return
	}
	m.cache.Put(m.key, cache.Encode(remembered{m.trace.Observations(), m.results}))
}
