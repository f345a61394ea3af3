package shell

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
)

// Form is a form as it was filled in, with what is wrong with it: shown again it
// has everything that was typed.
type Form struct {
	Fields url.Values
	// Wrong are the mistakes by the name of their field; "" has what is wrong with
	// the whole.
	Wrong map[string]string
	// Order are the names of the fields in Wrong, in the order of the mistakes.
	Order []string
}

// ReadForm reads what a request sends.
func ReadForm(c *fiber.Ctx) Form {
	fields, _ := fieldsOf(c)
	return Form{Fields: fields}
}

// formFlaw returns why a form can't be stored, "" if it can: Postgres takes neither
// broken UTF-8 nor U+0000. It judges names, values and the names of files, whether a
// handler reads them or not. What a file contains is for its reader to judge.
func formFlaw(c *fiber.Ctx) string {
	flaw := func(name, value string) string {
		if f := cmp.Or(jsonast.TextFlaw(name), jsonast.TextFlaw(value)); f != "" {
			return "The field " + strconv.Quote(storable(name)) + ": " + f
		}
		return ""
	}
	if !isMultipart(c) {
		for name, value := range c.Context().PostArgs().All() {
			if f := flaw(string(name), string(value)); f != "" {
				return f
			}
		}
		return ""
	}
	sent, err := c.MultipartForm()
	if err != nil {
		return "This form can't be read: it is no valid multipart/form-data, or has U+0000 in a name"
	}
	for name, values := range sent.Value {
		for _, value := range values {
			if f := flaw(name, value); f != "" {
				return f
			}
		}
	}
	for name, headers := range sent.File {
		for _, h := range headers {
			// The header has the folders, too; both may be used as the name.
			if f := cmp.Or(flaw(name, h.Filename), flaw(name, h.Header.Get(fiber.HeaderContentDisposition))); f != "" {
				return f
			}
		}
	}
	return ""
}

// storable returns s with U+FFFD for each byte that is not part of a character, and
// for U+0000.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// storableFields applies storable to names and values.
func storableFields(fields url.Values) url.Values {
	out := make(url.Values, len(fields))
	for name, values := range fields {
		for _, value := range values {
			out.Add(storable(name), storable(value))
		}
	}
	return out
}

// Filled is a form with values that nobody has typed yet: pairs of name and value.
func Filled(pairs ...string) Form {
	f := Form{Fields: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Fields.Set(pairs[i], pairs[i+1])
	}
	return f
}

// Get is the text in a field, with the line ends that people mean: browsers send
// CRLF.
func (f Form) Get(name string) string { return strings.ReplaceAll(f.Fields.Get(name), "\r\n", "\n") }

// All are the values of a field that may be there several times.
func (f Form) All(name string) []string { return f.Fields[name] }

// Has says whether a field has a value: a checkbox that is checked.
func (f Form) Has(name, value string) bool {
	for _, v := range f.Fields[name] {
		if v == value {
			return true
		}
	}
	return false
}

// forget drops a field, such as a password.
func (f Form) forget(name string) Form {
	f.Fields.Del(name)
	return f
}

// Refuse notes a mistake in a field; name "" for the whole form.
func (f Form) Refuse(name, detail string) Form {
	if f.Wrong == nil {
		f.Wrong = map[string]string{}
	}
	if old, ok := f.Wrong[name]; ok {
		detail = old + " " + detail
	} else {
		f.Order = append(f.Order, name)
	}
	f.Wrong[name] = detail
	return f
}

// Blame notes the places that a fault blames. field says which field of the form
// a JSON pointer is: the longest one that the pointer begins with counts, and
// what is none of them is wrong with the whole.
func (f Form) Blame(e *fault.Error, field map[string]string) Form {
	if len(e.Fields) == 0 {
		return f.Refuse("", e.Message)
	}
	for _, place := range e.Fields {
		name, longest := "", -1
		for pointer, n := range field {
			if (place.Pointer == pointer || strings.HasPrefix(place.Pointer, pointer+"/")) && len(pointer) > longest {
				name, longest = n, len(pointer)
			}
		}
		detail := place.Detail
		if longest < 0 && place.Pointer != "" {
			detail = place.Pointer + ": " + detail
		}
		f = f.Refuse(name, detail)
	}
	return f
}

// IsMistake says whether an error is one that a person can mend in the form, and
// returns it.
func IsMistake(err error) (*fault.Error, bool) {
	e, ok := fault.As(err)
	if !ok {
		return nil, false
	}
	switch e.Kind {
	case fault.Invalid, fault.Malformed, fault.Conflict, fault.TooLarge, fault.Stale:
		return e, true
	default:
		return nil, false
	}
}

// Input is a field for the template of that name.
type Input struct {
	Name, Label, Value, Wrong string
	// Hint stands below, Aside beside the label; Kind is the type of the input,
	// "" for text.
	Hint, Aside, Kind, Complete string
	Required                    bool
}

// ID is the field's id in the page: links from the list of mistakes lead to it.
func (i Input) ID() string { return "field-" + strings.ReplaceAll(i.Name, ".", "-") }
