// Package modes implements the rules of organization modes. It defines what a valid mode is. It
// reads and writes the file formats of modes: single files, folders and archives. It also
// merges and compares modes, and prepares them for an import. It imports no driver and no
// framework, and never logs.
//
// Reading takes the same path for every format:
//
//	YAML ─┐                    ┌─ type problems ─┐
//	      ├─> node (positions) ┤                 ├─> Entry, or *fault.Error
//	JSON ─┘                    └─> Mode ─> Normalized ─> Validate
//
// Files have many forms (file_form.go); a new form is a new row of a table. The content of a
// marketplace item takes the same path; its positions are mapped to the file (block_scalar.go).
//
// Writing (write.go) uses one hand-written emitter, jsonast.MarshalYAML. Four YAML parsers that
// disagree read its output, and the same modes must give the same bytes each time.
package modes
