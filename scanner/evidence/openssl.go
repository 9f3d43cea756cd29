// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"
)

// openSSL is the library that loads engines and providers by names: one that a program gives it
// (ENGINE_by_id, OSSL_PROVIDER_load), or openssl.cnf (config(5)).
const openSSL = "libcrypto.so."

// await keeps a module of OpenSSL's until something names it.
func (p *program) await(file string) {
	if !slices.Contains(p.waiting, file) {
		p.waiting = append(p.waiting, file)
	}
}

// loadNamed loads those of the modules that wait for it which something names by now.
func (p *program) loadNamed(im *Image) (loaded bool) {
	p.waiting = slices.DeleteFunc(p.waiting, func(file string) bool {
		if !p.isNamed(im, file) {
			return false
		}
		p.load(im, file, true)
		loaded = true
		return true
	})
	return loaded
}

// isNamed tells whether a module of OpenSSL's is named by another module of the program
// than the library itself, or in its configuration.
func (p *program) isNamed(im *Image, file string) bool {
	return slices.ContainsFunc(p.modules, func(m *loaded) bool { return im.naming.get(naming{m.file, file}, im.isNaming) })
}

// naming asks whether a module names one of OpenSSL's.
type naming struct {
	by   *module
	file string
}

func (im *Image) isNaming(n naming) bool {
	id, base := moduleName(n.file), path.Base(n.file)
	texts := n.by.Strings
	if strings.HasPrefix(n.by.SONAME, openSSL) {
		texts = im.openSSLConfiguration(n.by)
	}
	return slices.ContainsFunc(texts, func(text string) bool {
		return text == id || strings.HasPrefix(text, id+":") || strings.Contains(text, base)
	})
}

// moduleName is the name by which OpenSSL knows a module of its folders.
func moduleName(file string) string {
	return strings.TrimPrefix(strings.TrimSuffix(path.Base(file), ".so"), "lib")
}

// openSSLConfiguration are the words of openssl.cnf in the folders that the library names.
func (im *Image) openSSLConfiguration(f *module) []string {
	var words []string
	for _, dir := range f.Strings {
		if !strings.HasPrefix(dir, "/") || len(dir) > 255 {
			continue
		}
		text, err := im.fs.ReadFileLimit(path.Join(dir, "openssl.cnf"), maxConfigSize)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(text), "\n") {
			line, _, _ := strings.Cut(line, "#")
			words = append(words, strings.FieldsFunc(line, separates)...)
		}
	}
	return words
}

// asks notes the words of a line of configuration that is about engines or providers.
func (c *collector) asks(line string) {
	if line = strings.ToLower(line); strings.Contains(line, "engine") || strings.Contains(line, "provider") {
		for _, word := range strings.FieldsFunc(line, separates) {
			c.asked[word] = true
		}
	}
}

// engines decides about the modules of OpenSSL's that were not loaded: unknown when configuration
// has one, else on the assumption that nothing asks for them.
func (c *collector) engines() {
	for _, file := range c.waiting {
		if c.asked[strings.ToLower(moduleName(file))] {
			c.unknown("dlopen-unresolved", file, place{where: file})
			continue
		}
		c.assume("dlopen-unresolved", path.Dir(file), "it asks OpenSSL for no engine or provider that neither its code nor the configuration in the image names", place{where: path.Dir(file)})
	}
}
