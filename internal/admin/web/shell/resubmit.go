package shell

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/modes"
)

// savedForm is a submitted form that was not processed, usually because its session had
// ended. It is carried in a hidden field of the sign-in form. After signing in, its author
// is asked to submit it again. So no input is lost, and nothing is done without
// confirmation.
//
//	POST (no session) ──> 401 sign-in form, with the submitted form inside
//	sign in           ──> "Send it again?" ──> POST with the new session's token
type savedForm struct {
	Path   string     `json:"path"`
	Fields url.Values `json:"fields"`
	// User is the id of the user who filled in the form.
	User string `json:"user"`
	// Files reports whether files were submitted. They are not carried along.
	Files bool `json:"files,omitempty"`
	// TooLarge reports whether the fields were too large to be carried, so there are none.
	TooLarge bool `json:"-"`
	// RejectReason is why the form was rejected, if not for its session. Text that cannot
	// be stored is replaced in Fields.
	RejectReason string `json:"-"`
}

// maxSavedForm bounds the encoded size of a saved form, in bytes. The form is sent to an
// unauthenticated browser and back.
const maxSavedForm = 512 << 10

// savedFormOf returns the form that a request submits.
func savedFormOf(c *fiber.Ctx) savedForm {
	fields, files := fieldsOf(c)
	fields = sanitizeFields(fields)
	k := savedForm{Path: c.OriginalURL(), Fields: fields, User: fields.Get(userField), Files: files}
	fields.Del(CSRFField)
	fields.Del(userField)
	size := len(k.Path)
	for name, values := range fields {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size > maxSavedForm || len(k.String()) > maxSavedForm {
		k.Fields, k.TooLarge = nil, true
	}
	return k
}

// fieldsOf returns the fields of a form, and reports whether there were files.
func fieldsOf(c *fiber.Ctx) (url.Values, bool) {
	fields, files := url.Values{}, false
	if isMultipart(c) {
		if form, err := c.MultipartForm(); err == nil {
			maps.Copy(fields, form.Value)
			files = len(form.File) > 0
		}
		return fields, files
	}
	for name, value := range c.Context().PostArgs().All() {
		fields.Add(string(name), string(value))
	}
	return fields, false
}

func isMultipart(c *fiber.Ctx) bool {
	media, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	return err == nil && media == fiber.MIMEMultipartForm
}

// String encodes k for a hidden field. The JSON decoder rejects U+0000 and invalid UTF-8, so
// they become U+FFFD, as in HTML.
func (k savedForm) String() string {
	k.Fields = sanitizeFields(k.Fields)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // base64 is inert, and prompts are full of brackets
	if err := enc.Encode(k); err != nil {
		return "" // strings can always be encoded
	}
	return base64.RawURLEncoding.EncodeToString(b.Bytes())
}

func parseSavedForm(field string) (k savedForm, ok bool) {
	if len(field) > maxSavedForm {
		return savedForm{}, false
	}
	b, err := base64.RawURLEncoding.DecodeString(field)
	if err != nil || jsonast.DecodeJSON(b, FieldBudget(len(b)), &k) != nil || !isLocalPath(k.Path) {
		return savedForm{}, false
	}
	return k, true
}

// FieldBudget returns a new budget for decoding the JSON in one hidden form field with
// jsonast.DecodeJSON. It bounds the memory that the JSON takes, because a visitor can submit
// any text in a hidden field. It allows 20,000 values, modes.MaxDepth+8 levels of nesting,
// and size bytes of text. size is the length of the JSON in bytes.
func FieldBudget(size int) *jsonast.Budget {
	return &jsonast.Budget{
		Values: 20_000, Text: size, Depth: modes.MaxDepth + 8, InputName: "This field",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values", "This field holds too many values."),
		TooMuchText:   fault.New(fault.TooLarge, "too_much_text", "This field holds too much text."),
	}
}

// Pair is the Name and the Value of one hidden field of a form.
type Pair struct{ Name, Value string }

// Pairs returns the fields, sorted by name.
func (k savedForm) Pairs() []Pair {
	var out []Pair
	for _, name := range slices.Sorted(maps.Keys(k.Fields)) {
		for _, value := range k.Fields[name] {
			out = append(out, Pair{name, value})
		}
	}
	return out
}

// Texts returns the fields that a user might want to read or copy: the non-empty ones whose
// name does not begin with an underscore.
func (k savedForm) Texts() []Pair {
	var out []Pair
	for _, p := range k.Pairs() {
		if len(p.Value) > 0 && len(p.Name) > 0 && p.Name[0] != '_' {
			out = append(out, p)
		}
	}
	return out
}

// confirmResubmit shows its author a form that was not processed, to be submitted again. To
// any other user it shows only a message.
func (s *Shell) confirmResubmit(v *Request, status int, k savedForm) error {
	if k.User != "" && k.User != v.Principal.UserID.String() {
		v.flash(Flash{Text: "The saved form belonged to another user and was discarded."})
		return v.Redirect("/", http.StatusSeeOther)
	}
	v.Status(status)
	return v.Show("send_again", Page{Title: "Send it again?", Bare: true, Data: k})
}
