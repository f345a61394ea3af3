// Package modes knows the rules of organization modes: what a valid mode is, how
// the files that people keep them in are read and written, alone, in folders and
// in archives, how modes are merged and compared, and what an import would do.
// It imports no driver and no framework, and never logs.
//
// The way in is always the same, whatever the text is written in:
//
//	YAML ─┐                    ┌─ type problems ─┐
//	      ├─> node (positions) ┤                 ├─> Entry, or *fault.Error
//	JSON ─┘                    └─> Mode ─> Normalized ─> Validate
//
// Files come in many forms (file_form.go); a new one is a row of a table. What
// stands in the text of a marketplace item is read by the same way in, with its
// positions led back to the file (block_scalar.go).
//
// The way out is one hand-written emitter (emit.go), because what we write is
// read by four YAML parsers that disagree, and must be the same bytes each time.
package modes
