package shell

// Choice is one of several ways to look at the list.
type Choice struct {
	Value, Label, Path string
	Current            bool
}
