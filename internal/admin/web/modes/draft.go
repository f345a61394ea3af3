package modes

import (
	"context"
	"slices"
	"strings"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
)

// The views of a draft.
const (
	viewForm = "form"
	viewYAML = "yaml"
)

// draft is a mode as somebody is writing it. There is one, and two views of it,
// which nothing is lost between: what the form has no field for goes along in a
// hidden one, and where that isn't enough the draft stays YAML.
//
//	form ──────────────────────────────────────> YAML
//	form <── where the form can hold all of it ── YAML
type draft struct {
	View string
	// Form is the draft in the view of that name, as it was filled in; YAML is it
	// in the other one.
	Form shell.Form
	YAML string
	// Mode is what it says, normalized. It means nothing where the draft is
	// unreadable.
	Mode       modes.Mode
	Unreadable bool
	// Problems are what is wrong with it, with positions in the view YAML.
	Problems []fault.Field
	// Notices say what was read differently from how it is written.
	Notices []resource.Notice
}

// readDraft reads what was sent.
func readDraft(ctx context.Context, f shell.Form) draft {
	if f.Get("view") == viewYAML {
		d := readYAMLDraft(ctx, f.Get("yaml"))
		d.Form = f
		return d
	}
	return readFormDraft(f)
}

// draftOf is a draft that says what a mode says. A mode that the form can't hold
// is shown as YAML.
func draftOf(ctx context.Context, m modes.Mode, view string) draft {
	if view != viewYAML && fitsForm(m) {
		return readFormDraft(formOf(m))
	}
	d := readYAMLDraft(ctx, string(modes.WriteYAMLMode(m)))
	d.Form = shell.Filled("view", viewYAML)
	return d
}

// blank is the draft of a mode that nobody has written anything of.
func blank() draft {
	return draft{View: viewForm, Form: formOf(modes.Mode{}), Mode: modes.Mode{Config: modes.Config{Groups: []modes.Group{}}}}
}

// switched is the draft in the other view; why says why that can't be.
func (d draft) switched(ctx context.Context, to string) (other draft, why string) {
	switch {
	case d.View == to:
		return d, ""
	case to == viewYAML:
		if d.Unreadable {
			return d, "The form could not be read; load the page again."
		}
		other = readYAMLDraft(ctx, string(modes.WriteYAMLMode(d.Mode)))
	case d.Unreadable:
		return d, "The form can show this once the mistakes below are mended."
	case !fitsForm(d.Mode):
		return d, "The form would lose something of this, such as a line break where it has one line only. It stays YAML."
	default:
		other = readFormDraft(formOf(d.Mode))
		other.Form.Fields["touched"] = d.Form.Fields["touched"]
		return other, ""
	}
	other.Form = shell.Filled("view", viewYAML, "touched", d.Form.Get("touched"))
	return other, ""
}

// readYAMLDraft reads YAML: a mode on one level, as the API has it, or a file with
// one mode, which is what people paste.
func readYAMLDraft(ctx context.Context, text string) draft {
	d := draft{View: viewYAML, YAML: text}
	m, err := modes.ReadMode(ctx, []byte(text), true)
	if file, fileErr := modes.ReadFile(ctx, []byte(text)); fileErr == nil && len(file.Entries) == 1 && (err == nil || file.Form != modes.FormMode || len(file.Entries[0].Problems) > 0) {
		e := file.Entries[0]
		d.Mode, d.Problems, d.Notices = e.Mode, e.Problems, slices.Concat(file.Notices, e.Notices)
		d.Unreadable = len(e.Problems) > 0 && !breaksRulesOnly(e)
		return d
	}
	d.Mode = m
	if err != nil {
		d.Unreadable = true
		d.Problems = problemsOf(err)
	}
	return d
}

// breaksRulesOnly says whether all that is wrong with an entry is what it says:
// then it could be read, and can be shown in the form.
func breaksRulesOnly(e modes.Entry) bool {
	broken := problemsOf(e.Mode.Validate())
	if len(broken) != len(e.Problems) {
		return false
	}
	for _, p := range e.Problems {
		found := false
		for _, b := range broken {
			found = found || b.Pointer == p.Pointer && b.Detail == p.Detail
		}
		if !found {
			return false
		}
	}
	return true
}

// problemsOf are the places that an error blames, or the error as the place.
func problemsOf(err error) []fault.Field {
	if err == nil {
		return nil
	}
	e, ok := fault.As(err)
	if !ok {
		return []fault.Field{{Detail: err.Error()}}
	}
	if len(e.Fields) == 0 {
		return []fault.Field{{Detail: e.Message}}
	}
	return e.Fields
}

// oneLine says whether an input of one line can hold a text: browsers drop line
// ends there.
func oneLine(s string) bool { return !strings.ContainsAny(s, "\r\n") }
