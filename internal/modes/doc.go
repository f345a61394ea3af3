// Package modes knows the rules of organization modes: what a valid mode is, how
// `customModes:` files are read and written, how modes are merged and compared.
// It imports no driver and no framework, and never logs.
//
// The way in is always the same, whatever the text is written in:
//
//	YAML ─┐                    ┌─ type problems ─┐
//	      ├─> node (positions) ┤                 ├─> Entry, or *fault.Error
//	JSON ─┘                    └─> Mode ─> Normalized ─> Validate
//
// The way out is one hand-written emitter (emit.go), because what we write is
// read by four YAML parsers that disagree, and must be the same bytes each time.
package modes
