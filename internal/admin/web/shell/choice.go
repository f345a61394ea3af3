package shell

// Choice is a link to one of several variants of a list, such as a filter or a format.
type Choice struct {
	Value, Label, Path string
	Current            bool
}
