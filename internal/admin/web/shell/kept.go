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

// kept is a form that was sent when the session was over. It travels in a hidden
// field of the sign-in form and comes back to whom it belongs, as a form to be
// sent again: nothing that was typed is lost, and nothing is done unasked.
//
//	POST (no session) ──> 401 sign-in form, with what was sent inside
//	sign in           ──> "Send it again?" ──> POST with the new session's token
type kept struct {
	Path   string     `json:"path"`
	Fields url.Values `json:"fields"`
	// User is who filled the form in.
	User string `json:"user"`
	// Files says that files were sent, which can't be kept.
	Files bool `json:"files,omitempty"`
	// TooLarge reports that the fields were too large to be kept, so there are none.
	TooLarge bool `json:"-"`
	// Flaw is why the form was refused, if not for its session: what can't be stored
	// is replaced in Fields.
	Flaw string `json:"-"`
}

// maxKept bounds what is kept, in bytes as it travels. It is sent to a browser of
// which nothing is known, and back.
const maxKept = 512 << 10

// keptOf is what a request sends.
func keptOf(c *fiber.Ctx) kept {
	fields, files := fieldsOf(c)
	fields = storableFields(fields)
	k := kept{Path: c.OriginalURL(), Fields: fields, User: fields.Get(userField), Files: files}
	fields.Del(CSRFField)
	fields.Del(userField)
	size := len(k.Path)
	for name, values := range fields {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size > maxKept || len(k.String()) > maxKept {
		k.Fields, k.TooLarge = nil, true
	}
	return k
}

// fieldsOf reads the fields of a form, and says whether there were files.
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

// String is k in a hidden field. What reads JSON refuses U+0000 and broken UTF-8, so
// they become U+FFFD, as in HTML.
func (k kept) String() string {
	k.Fields = storableFields(k.Fields)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // base64 is inert, and prompts are full of brackets
	if err := enc.Encode(k); err != nil {
		return "" // strings can always be written
	}
	return base64.RawURLEncoding.EncodeToString(b.Bytes())
}

func parseKept(field string) (k kept, ok bool) {
	if len(field) > maxKept {
		return kept{}, false
	}
	b, err := base64.RawURLEncoding.DecodeString(field)
	if err != nil || jsonast.DecodeJSON(b, FieldBudget(len(b)), &k) != nil || !local(k.Path) {
		return kept{}, false
	}
	return k, true
}

// FieldBudget bounds what a hidden field with JSON may become in memory.
func FieldBudget(size int) *jsonast.Budget {
	return &jsonast.Budget{
		Values: 20_000, Text: size, Depth: modes.MaxDepth + 8, What: "This field",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values", "This field holds too many values."),
		TooMuchText:   fault.New(fault.TooLarge, "too_much_text", "This field holds too much text."),
	}
}

// Pair is one hidden field.
type Pair struct{ Name, Value string }

// Pairs lists the fields in a fixed order.
func (k kept) Pairs() []Pair {
	var out []Pair
	for _, name := range slices.Sorted(maps.Keys(k.Fields)) {
		for _, value := range k.Fields[name] {
			out = append(out, Pair{name, value})
		}
	}
	return out
}

// Texts are those of the fields that a person may want to read or copy.
func (k kept) Texts() []Pair {
	var out []Pair
	for _, p := range k.Pairs() {
		if len(p.Value) > 0 && len(p.Name) > 0 && p.Name[0] != '_' {
			out = append(out, p)
		}
	}
	return out
}

// sendAgain shows a form that was not taken, to be sent again by whom it belongs
// to; to anybody else it isn't shown.
func (s *Shell) sendAgain(v *Visit, status int, k kept) error {
	if k.User != "" && k.User != v.Visitor.UserID.String() {
		v.flash(Said{Text: "What was typed here before was somebody else's, and is gone."})
		return v.Redirect("/", http.StatusSeeOther)
	}
	v.Status(status)
	return v.Show("send_again", Page{Title: "Send it again?", Bare: true, Data: k})
}
