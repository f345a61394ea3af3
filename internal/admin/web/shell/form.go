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

// Form holds the values of an HTML form, and the errors in them. When the form is shown
// again because of errors, it has all submitted values.
type Form struct {
	// Fields holds the values by field name, with line breaks as browsers send them; see Get.
	Fields url.Values
	// Errors maps field names to error messages. The name "" is for the whole form.
	Errors map[string]string
	// ErrorFields lists the names in Errors, in the order in which they were added.
	ErrorFields []string
}

// ReadForm returns the form in a request's body, without uploaded files. It is empty if the
// body is no form.
func ReadForm(c *fiber.Ctx) Form {
	fields, _ := fieldsOf(c)
	return Form{Fields: fields}
}

// unstorableReason returns why a form cannot be stored, or "" if it can: Postgres accepts
// neither invalid UTF-8 nor U+0000. It checks field names, values and file names, whether
// or not a handler reads them. The contents of files are checked by the code that reads
// them.
func unstorableReason(c *fiber.Ctx) string {
	check := func(name, value string) string {
		if f := cmp.Or(jsonast.TextProblem(name), jsonast.TextProblem(value)); f != "" {
			return "The field " + strconv.Quote(sanitizeText(name)) + ": " + f
		}
		return ""
	}
	if !isMultipart(c) {
		for name, value := range c.Context().PostArgs().All() {
			if f := check(string(name), string(value)); f != "" {
				return f
			}
		}
		return ""
	}
	form, err := c.MultipartForm()
	if err != nil {
		return "This form can't be read: it is no valid multipart/form-data, or has U+0000 in a name"
	}
	for name, values := range form.Value {
		for _, value := range values {
			if f := check(name, value); f != "" {
				return f
			}
		}
	}
	for name, headers := range form.File {
		for _, h := range headers {
			// Only the header includes the folders; either can be used as the name.
			if f := cmp.Or(check(name, h.Filename), check(name, h.Header.Get(fiber.HeaderContentDisposition))); f != "" {
				return f
			}
		}
	}
	return ""
}

// sanitizeText returns s with U+FFFD in place of invalid UTF-8 and U+0000.
func sanitizeText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// sanitizeFields returns fields with sanitizeText applied to names and values.
func sanitizeFields(fields url.Values) url.Values {
	out := make(url.Values, len(fields))
	for name, values := range fields {
		for _, value := range values {
			out.Add(sanitizeText(name), sanitizeText(value))
		}
	}
	return out
}

// NewForm returns a form with initial values, given as alternating names and values. Each
// field has one value.
func NewForm(pairs ...string) Form {
	f := Form{Fields: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Fields.Set(pairs[i], pairs[i+1])
	}
	return f
}

// Get returns the first value of a field, with LF in place of the CRLF that browsers send. It
// returns "" if there is none.
func (f Form) Get(name string) string { return strings.ReplaceAll(f.Fields.Get(name), "\r\n", "\n") }

// Values returns all values of a field that can occur several times, as submitted. It returns
// nil if there are none.
func (f Form) Values(name string) []string { return f.Fields[name] }

// Has reports whether one of the values of the field name is value. For checkboxes of that
// name, this means that the one with that value is checked.
func (f Form) Has(name, value string) bool {
	for _, v := range f.Fields[name] {
		if v == value {
			return true
		}
	}
	return false
}

// removeField removes a field, such as a password.
func (f Form) removeField(name string) Form {
	f.Fields.Del(name)
	return f
}

// AddError returns f with the error message detail added to the field name; "" means the
// whole form. Several messages of a field are joined by spaces. Use only the result: it can
// share maps with f.
func (f Form) AddError(name, detail string) Form {
	if f.Errors == nil {
		f.Errors = map[string]string{}
	}
	if old, ok := f.Errors[name]; ok {
		detail = old + " " + detail
	} else {
		f.ErrorFields = append(f.ErrorFields, name)
	}
	f.Errors[name] = detail
	return f
}

// AddFault returns f with the Fields of the fault e added as errors, as by AddError. field
// maps JSON pointers to names of form fields. Of the pointers that equal or contain that of
// an error, the longest wins. An error without such a pointer is added to the whole form. So
// is the message of a fault without Fields.
func (f Form) AddFault(e *fault.Error, field map[string]string) Form {
	if len(e.Fields) == 0 {
		return f.AddError("", e.Message)
	}
	for _, fieldFault := range e.Fields {
		name, longest := "", -1
		for pointer, n := range field {
			if (fieldFault.Pointer == pointer || strings.HasPrefix(fieldFault.Pointer, pointer+"/")) && len(pointer) > longest {
				name, longest = n, len(pointer)
			}
		}
		detail := fieldFault.Detail
		if longest < 0 && fieldFault.Pointer != "" {
			detail = fieldFault.Pointer + ": " + detail
		}
		f = f.AddError(name, detail)
	}
	return f
}

// AsUserError returns the fault in err and true if the user can fix it in the form, which
// the handler should then show again. These are faults of the kinds Invalid, Malformed,
// Conflict, TooLarge and Stale. For any other error, also nil, it returns nil and false.
func AsUserError(err error) (*fault.Error, bool) {
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

// Input is an input of a form with its label. It is the data of the template "field".
type Input struct {
	// Name is the name of the form field, Label the text of its label, Value its current
	// value, and Error the message about that; "" if the value is valid.
	Name, Label, Value, Error string
	// Hint is shown below the input, Aside next to the label; each can be empty. Kind is the
	// type attribute of the input ("" for "text"), or "textarea" for that element.
	// Autocomplete is the autocomplete attribute; "" leaves it out. A textarea has none.
	Hint, Aside, Kind, Autocomplete string
	// Required sets the required attribute, so that browsers submit no empty value. A textarea
	// never gets it.
	Required bool
}

// ID returns the id attribute of the input, derived from Name. The list of errors links to
// it.
func (i Input) ID() string { return "field-" + strings.ReplaceAll(i.Name, ".", "-") }
