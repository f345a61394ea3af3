package shell

// Choice is one of several options of which a page shows one as selected, such as a filter,
// a format or a lifetime.
type Choice struct {
	// Value identifies the choice in a form or query. Label is its text. Path is the address
	// to which it links; it is empty for an option of a form.
	Value, Label, Path string
	// Current reports whether this choice is selected.
	Current bool
}
