// SPDX-License-Identifier: MIT

package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
)

// errContent is returned for bytes that Encode does not make.
var errContent = errors.New("not the content of an entry")

// Encode writes a value of structures, slices, pointers, strings, booleans and
// integers, such that Decode into the same type gives an equal one: nil slices stay
// nil, empty ones empty, strings keep every byte. It panics for other types and for
// fields that are not exported, so that nothing gets lost silently.
func Encode(v any) []byte {
	return appendValue(nil, reflect.ValueOf(v))
}

func appendValue(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		return append(binary.AppendUvarint(b, uint64(len(s))), s...)
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.AppendUvarint(b, v.Uint())
	case reflect.Slice:
		if v.IsNil() {
			return append(b, 0)
		}
		b = binary.AppendUvarint(b, uint64(v.Len())+1)
		for i := range v.Len() {
			b = appendValue(b, v.Index(i))
		}
		return b
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0)
		}
		return appendValue(append(b, 1), v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				panic(fmt.Sprintf("%s.%s is not exported", v.Type(), v.Type().Field(i).Name))
			}
			b = appendValue(b, v.Field(i))
		}
		return b
	}
	panic("cannot encode " + v.Type().String())
}

// Decode fills the value that into points to. The strings share the memory of one
// copy of the content. It fails for content that Encode did not make of that type.
func Decode(content []byte, into any) error {
	d := decoder{bytes: content, text: string(content)}
	d.value(reflect.ValueOf(into).Elem())
	if d.failed || len(d.bytes) > 0 {
		return errContent
	}
	return nil
}

// decoder reads values from the beginning of bytes; text is the whole content.
type decoder struct {
	bytes  []byte
	text   string
	failed bool
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.bytes)
	d.skip(size)
	return n
}

func (d *decoder) int() int64 {
	n, size := binary.Varint(d.bytes)
	d.skip(size)
	return n
}

// skip goes on by a number of bytes; when there are none, the rest is nothing.
func (d *decoder) skip(n int) {
	if n <= 0 || n > len(d.bytes) {
		d.failed, d.bytes = true, nil
		return
	}
	d.bytes = d.bytes[n:]
}

func (d *decoder) string() string {
	n := d.uint()
	if n == 0 || n > uint64(len(d.bytes)) {
		d.failed = d.failed || n > 0
		return ""
	}
	at := len(d.text) - len(d.bytes)
	d.skip(int(n))
	return d.text[at : at+int(n)]
}

func (d *decoder) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(d.string())
	case reflect.Bool:
		v.SetBool(d.uint() == 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n := d.int()
		d.failed = d.failed || v.OverflowInt(n)
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n := d.uint()
		d.failed = d.failed || v.OverflowUint(n)
		v.SetUint(n)
	case reflect.Slice:
		d.slice(v)
	case reflect.Pointer:
		if d.uint() == 1 {
			v.Set(reflect.New(v.Type().Elem()))
			d.value(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			d.value(v.Field(i))
		}
	default:
		panic("cannot decode " + v.Type().String())
	}
}

func (d *decoder) slice(v reflect.Value) {
	n := d.uint()
	switch {
	case n == 0:
		return
	case n-1 > uint64(len(d.bytes)): // every element has a byte at least
		d.failed, d.bytes = true, nil
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), int(n-1), int(n-1)))
	for i := range v.Len() {
		d.value(v.Index(i))
	}
}
