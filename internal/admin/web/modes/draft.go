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

// draft is a mode that is being edited. It has two views, and switching between them
// loses nothing: a hidden field carries the parts that the form has no field for. A
// draft that the form still can't hold stays YAML.
//
//	form ────────────────────────────────────> YAML
//	form <── if the form can hold all of it ── YAML
type draft struct {
	View string
	// Form holds the fields of the form as filled in, which are the draft in the form view.
	// YAML is the draft in the YAML view.
	Form shell.Form
	YAML string
	// Mode is the mode that the draft describes, normalized. It is meaningless if the draft
	// is unreadable.
	Mode       modes.Mode
	Unreadable bool
	// Problems are its errors, with positions in the YAML view.
	Problems []fault.Field
	// Notices list the parts that were read differently from how they are written.
	Notices []resource.Notice
}

// readDraft reads the draft in a submitted form.
func readDraft(ctx context.Context, f shell.Form) draft {
	if f.Get("view") == viewYAML {
		d := readYAMLDraft(ctx, f.Get("yaml"))
		d.Form = f
		return d
	}
	return readFormDraft(f)
}

// newDraft returns a draft of m in the given view. A mode that the form can't hold is
// shown as YAML.
func newDraft(ctx context.Context, m modes.Mode, view string) draft {
	if view != viewYAML && fitsForm(m) {
		return readFormDraft(modeForm(m))
	}
	d := readYAMLDraft(ctx, string(modes.WriteYAMLMode(m)))
	d.Form = shell.NewForm("view", viewYAML)
	return d
}

// blankDraft returns the draft of a new, empty mode.
func blankDraft() draft {
	return draft{View: viewForm, Form: modeForm(modes.Mode{}), Mode: modes.Mode{Config: modes.Config{Groups: []modes.Group{}}}}
}

// inView returns the draft in the view to. If that view can't show it, switched returns d
// and the reason.
func (d draft) inView(ctx context.Context, view string) (other draft, reason string) {
	switch {
	case d.View == view:
		return d, ""
	case view == viewYAML:
		if d.Unreadable {
			return d, "The form could not be read; load the page again."
		}
		other = readYAMLDraft(ctx, string(modes.WriteYAMLMode(d.Mode)))
	case d.Unreadable:
		return d, "The form can show this once the problems below are fixed."
	case !fitsForm(d.Mode):
		return d, "The form can't show this without losing content, such as a line break in a single-line field. The view stays YAML."
	default:
		other = readFormDraft(modeForm(d.Mode))
		other.Form.Fields["touched"] = d.Form.Fields["touched"]
		return other, ""
	}
	other.Form = shell.NewForm("view", viewYAML, "touched", d.Form.Get("touched"))
	return other, ""
}

// readYAMLDraft reads YAML: a mode in the API's form or with all fields on one level, or a
// file with one mode, as users paste it.
func readYAMLDraft(ctx context.Context, text string) draft {
	d := draft{View: viewYAML, YAML: text}
	m, err := modes.ReadMode(ctx, []byte(text), true)
	if file, fileErr := modes.ReadFile(ctx, []byte(text)); fileErr == nil && len(file.Entries) == 1 && (err == nil || file.Form != modes.FormMode || len(file.Entries[0].Problems) > 0) {
		e := file.Entries[0]
		d.Mode, d.Problems, d.Notices = e.Mode, e.Problems, slices.Concat(file.Notices, e.Notices)
		d.Unreadable = len(e.Problems) > 0 && !onlyRuleViolations(e)
		return d
	}
	d.Mode = m
	if err != nil {
		d.Unreadable = true
		d.Problems = faultFields(err)
	}
	return d
}

// onlyRuleViolations reports whether all problems of an entry are rules that its mode breaks.
// Such an entry could be read, so the form can show it.
func onlyRuleViolations(e modes.Entry) bool {
	violations := faultFields(e.Mode.Validate())
	if len(violations) != len(e.Problems) {
		return false
	}
	for _, p := range e.Problems {
		found := false
		for _, b := range violations {
			found = found || b.Pointer == p.Pointer && b.Detail == p.Detail
		}
		if !found {
			return false
		}
	}
	return true
}

// faultFields returns the fields that err blames, or one field with its message if it
// blames none.
func faultFields(err error) []fault.Field {
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

// isSingleLine reports whether a single-line input can hold s. Browsers drop line ends there.
func isSingleLine(s string) bool { return !strings.ContainsAny(s, "\r\n") }
