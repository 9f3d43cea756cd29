// SPDX-License-Identifier: MIT

package report_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

const schemaFile = "../../docs/report.schema.json"

// schema is the part of JSON Schema that docs/report.schema.json uses.
type schema struct {
	Ref         string             `json:"$ref"`
	Defs        map[string]*schema `json:"$defs"`
	Description string             `json:"description"`
	Properties  map[string]*schema `json:"properties"`
	Required    []string           `json:"required"`
	Items       *schema            `json:"items"`
}

// TestSchemaHasEveryField compares the schema with the Go types, field by field,
// in both directions.
func TestSchemaHasEveryField(t *testing.T) {
	data, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	var root schema
	require.NoError(t, json.Unmarshal(data, &root))

	visited := map[string]bool{}
	var compare func(typ reflect.Type, s *schema)
	follow := func(typ reflect.Type, s *schema) {
		if s == nil {
			return
		}
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() == reflect.Slice {
			require.NotNil(t, s.Items, typ)
			typ, s = typ.Elem(), s.Items
		}
		if typ.Kind() == reflect.Struct {
			name := strings.TrimPrefix(s.Ref, "#/$defs/")
			require.Contains(t, root.Defs, name, typ)
			if !visited[name] {
				visited[name] = true
				compare(typ, root.Defs[name])
			}
		}
	}
	compare = func(typ reflect.Type, s *schema) {
		assert.NotEmpty(t, s.Description, typ)
		fields := map[string]bool{}
		for _, f := range reflect.VisibleFields(typ) {
			if f.Anonymous {
				continue
			}
			name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
			require.NotEmpty(t, name, "%s.%s", typ, f.Name)
			fields[name] = true
			property := s.Properties[name]
			if assert.NotNil(t, property, "%s: the schema lacks %s", typ, name) {
				assert.True(t, property.Description != "" || property.Ref != "", "%s: %s is not described", typ, name)
			}
			assert.Equal(t, option != "omitempty", slices.Contains(s.Required, name), "%s: whether %s is always there", typ, name)
			follow(f.Type, property)
		}
		for name := range s.Properties {
			assert.True(t, fields[name], "%s: the schema has %s, the report does not", typ, name)
		}
	}
	compare(reflect.TypeFor[report.Report](), root.Defs["report"])
	for name := range root.Defs {
		assert.True(t, visited[name] || name == "report" || name == "level", "nothing uses %s of the schema", name)
	}
}
