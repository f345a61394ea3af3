package jsonast

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/suggest"
)

// maxProblems bounds the problems that Decode reports.
const maxProblems = 50

// DecodeJSON decodes the JSON of a request into the value that into points to, as Decode does.
// The error is a *fault.Error: Malformed ("malformed_json", "not_utf8") if data isn't JSON,
// TooLarge if it exceeds b, or Invalid ("invalid_body") with the pointer, line and column of
// each problem.
func DecodeJSON(data []byte, b *Budget, into any) error {
	n, err := (&JSON{Budget: b}).Parse(data)
	if err != nil {
		return err
	}
	return n.Decode(into)
}

// Decode stores n in the value that into points to, usually a struct. It is stricter than
// encoding/json. Names must match the json tags exactly, and unknown and duplicate names are
// refused. So are values of another type, texts that can't be stored, and fractions for integer
// fields. Null leaves a value unchanged. The error is a *fault.Error (Invalid, "invalid_body").
func (n *Node) Decode(into any) error {
	var d decoder
	d.value(NewPath(""), n, reflect.ValueOf(into).Elem())
	if len(d.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(d.problems, func(a, b fault.Field) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return fault.New(fault.Invalid, "invalid_body", "The content does not have the expected form").With(d.problems...)
}

type decoder struct{ problems []fault.Field }

func (d *decoder) addProblem(at *Path, line, column int, format string, args ...any) {
	switch {
	case len(d.problems) < maxProblems:
		d.problems = append(d.problems, fault.Field{Pointer: at.String(), Detail: fmt.Sprintf(format, args...), Line: line, Column: column})
	case len(d.problems) == maxProblems:
		d.problems = append(d.problems, fault.Field{Detail: "and more problems", Line: line, Column: column})
	}
}

func (d *decoder) addTypeProblem(expected string, at *Path, n *Node) {
	d.addProblem(at, n.Line, n.Column, "must be %s, not %s", expected, n.Describe())
}

func (d *decoder) value(at *Path, n *Node, to reflect.Value) {
	switch {
	case n.Problem != "":
		d.addProblem(at, n.Line, n.Column, "%s", n.Problem)
		return
	case n.Kind == Null:
		return
	}
	if text, ok := to.Addr().Interface().(encoding.TextUnmarshaler); ok {
		d.textUnmarshaler(at, n, text)
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		v := reflect.New(to.Type().Elem())
		d.value(at, n, v.Elem())
		to.Set(v)
	case reflect.Struct:
		d.object(at, n, to)
	case reflect.Map:
		d.entries(at, n, to)
	case reflect.Slice:
		d.list(at, n, to)
	case reflect.String:
		d.text(at, n, to)
	case reflect.Bool:
		if n.Kind != Bool {
			d.addTypeProblem("true or false", at, n)
			return
		}
		to.SetBool(n.Bool)
	case reflect.Int, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(n.Text, 10, to.Type().Bits())
		if n.Kind != Number || err != nil {
			d.addTypeProblem("a whole number", at, n)
			return
		}
		to.SetInt(i)
	case reflect.Interface:
		n.reportProblems(at, d)
		if v := n.Value(); v != nil {
			to.Set(reflect.ValueOf(v))
		}
	default:
		panic("jsonast: can't decode into " + to.Type().String())
	}
}

// reportProblems reports the problems of n and of all values below it.
func (n *Node) reportProblems(at *Path, d *decoder) {
	n.Problems(at, func(at *Path, detail string, line, column int) { d.addProblem(at, line, column, "%s", detail) })
}

func (d *decoder) text(at *Path, n *Node, to reflect.Value) {
	if to.Type() == reflect.TypeFor[json.Number]() {
		if n.Kind != Number {
			d.addTypeProblem("a number", at, n)
			return
		}
	} else if n.Kind != String {
		d.addTypeProblem("text", at, n)
		return
	}
	if problem := TextProblem(n.Text); problem != "" {
		d.addProblem(at, n.Line, n.Column, "%s", problem)
		return
	}
	to.SetString(n.Text)
}

// textUnmarshaler decodes text with the UnmarshalText method of its target.
func (d *decoder) textUnmarshaler(at *Path, n *Node, to encoding.TextUnmarshaler) {
	expected := "text in the expected form"
	if _, ok := to.(*time.Time); ok {
		expected = "a time such as 2026-05-01T12:00:00Z"
	}
	if n.Kind != String {
		d.addTypeProblem(expected, at, n)
	} else if err := to.UnmarshalText([]byte(n.Text)); err != nil {
		d.addProblem(at, n.Line, n.Column, "must be %s, not %s", expected, strconv.Quote(humanize.Truncate(n.Text, 40)))
	}
}

func (d *decoder) list(at *Path, n *Node, to reflect.Value) {
	if n.Kind != Array {
		d.addTypeProblem("a list", at, n)
		return
	}
	items := reflect.MakeSlice(to.Type(), len(n.Items), len(n.Items))
	for i, item := range n.Items {
		child := at.Item(i)
		if item.Kind == Null && to.Type().Elem().Kind() != reflect.Pointer && to.Type().Elem().Kind() != reflect.Interface {
			d.addProblem(&child, item.Line, item.Column, "must not be null; leave it out")
			continue
		}
		d.value(&child, item, items.Index(i))
	}
	to.Set(items)
}

// entries decodes an object into a map.
func (d *decoder) entries(at *Path, n *Node, to reflect.Value) {
	if n.Kind != Object {
		d.addTypeProblem("an object", at, n)
		return
	}
	entries := reflect.MakeMapWithSize(to.Type(), len(n.Fields))
	for _, f := range n.Fields {
		child := at.Field(f.Name)
		if problem := cmp.Or(f.Problem, TextProblem(f.Name)); problem != "" {
			d.addProblem(&child, f.Line, f.Column, "%s", problem)
			continue
		}
		key := reflect.New(to.Type().Key()).Elem()
		if key.CanInt() {
			i, err := strconv.Atoi(f.Name)
			if err != nil {
				d.addProblem(&child, f.Line, f.Column, "the name of this field must be a whole number")
				continue
			}
			key.SetInt(int64(i))
		} else {
			key.SetString(f.Name)
		}
		value := reflect.New(to.Type().Elem()).Elem()
		d.value(&child, f.Value, value)
		entries.SetMapIndex(key, value)
	}
	to.Set(entries)
}

func (d *decoder) object(at *Path, n *Node, to reflect.Value) {
	if n.Kind != Object {
		d.addTypeProblem("an object", at, n)
		return
	}
	names, indexes := jsonFields(to.Type())
	for _, f := range n.Fields {
		child := at.Field(f.Name)
		i := slices.Index(names, f.Name)
		switch {
		case f.Problem != "":
			d.addProblem(&child, f.Line, f.Column, "%s", f.Problem)
		case i < 0 && len(d.problems) <= maxProblems: // finding the nearest name is expensive
			d.addProblem(&child, f.Line, f.Column, "unknown field %s%s", strconv.Quote(humanize.Truncate(f.Name, 60)), suggestName(f.Name, names))
		case i >= 0:
			d.value(&child, f.Value, to.Field(indexes[i]))
		}
	}
}

// suggestName suggests a known name in place of name, as the end of a message. It returns "" if no
// name is near.
func suggestName(name string, names []string) string {
	if len(names) == 0 {
		return "; there are no fields here"
	}
	return suggest.HintNear("; the closest match is %q", name, names)
}

// jsonFields returns the JSON names of a struct's fields, and the indexes of the fields.
func jsonFields(t reflect.Type) (names []string, indexes []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		names, indexes = append(names, cmp.Or(name, f.Name)), append(indexes, i)
	}
	return names, indexes
}
