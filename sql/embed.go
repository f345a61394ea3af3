// Package sql holds the schema: numbered migrations, each safe while the
// previous release still runs, and one query file per noun.
package sql

import (
	"embed"
	"io/fs"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the numbered migrations, in the form that tern reads.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // embedded: can't be missing
	}
	return sub
}
