package objects

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/manifest"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

// mistake is a problem of a text, with its position if that is known.
type mistake struct {
	Line, Column int
	Detail       string
}

// link is an object that the one shown refers to, or that refers to it.
type link struct{ Kind, Name, Path string }

// editor is the data of the page on which an object is edited, as its manifest.
type editor struct {
	frame
	// Form is the submitted form.
	Form shell.Form
	// Saved is the object as stored; nil for a new one.
	Saved *resource.Object
	// Post is the address that the form is sent to, Schema that of the JSON Schema of
	// manifests.
	Post, Schema string
	// Text is the manifest in the editor, Seen the version that it began from, 0 for a new
	// object.
	Text string
	Seen int64
	// Mistakes prevent saving.
	Mistakes, Notices []mistake
	// Checked is true if Compared shows the changes that saving the text would make.
	Checked  bool
	Compared shell.Comparison
	// By names the author of Saved if that was saved since the text was begun. Gone names
	// the user who deleted the object.
	By, Gone string
	Uses     []link
	Users    []link
	Fields   []field
	Live     shell.Live
	Draft    shell.Draft
	// Part is always false: the page is sent whole.
	Part bool
}

// Behind reports whether the object was saved since the draft was begun.
func (e editor) Behind() bool {
	return e.Saved != nil && e.Draft.Edition > 0 && e.Seen < e.Saved.Version
}

// field describes a field of the spec, as in the kind's schema.
type field struct {
	Name, Type, Says string
	Required         bool
}

// New shows the editor with the manifest of a new object, or with its draft in ?draft=.
func (p *Pages) New(v *shell.Visit) error {
	e := editor{Text: p.blank()}
	subject, err := uuid.Parse(v.Query("draft"))
	if err != nil {
		subject = uuid.New()
	}
	if err := p.withDraft(v, &e, subject); err != nil {
		return err
	}
	return p.show(v, http.StatusOK, e)
}

// blank returns the manifest that a new object begins with.
func (p *Pages) blank() string {
	return "apiVersion: " + manifest.APIVersion + "\nkind: " + p.kind.Names().Manifest + "\nmetadata:\n  name: \nspec:\n"
}

// Get shows an object in its editor.
func (p *Pages) Get(v *shell.Visit) error {
	o, err := p.store.Get(v.UserContext(), v.Org.ID, v.Params("object"))
	if err != nil {
		return err
	}
	e := editor{Saved: &o, Text: p.text(o), Seen: o.Version}
	if err := p.withDraft(v, &e, o.ID); err != nil {
		return err
	}
	return p.show(v, http.StatusOK, e)
}

// editorOf returns the editor in a submitted form.
func editorOf(f shell.Form) editor {
	e := editor{Text: f.Get("yaml"), Draft: shell.DraftIn(f), Form: f}
	e.Seen, _ = strconv.ParseInt(f.Get("seen"), 10, 64)
	return e
}

// text returns the manifest of an object, with only the parts that users write.
func (p *Pages) text(o resource.Object) string {
	return string(jsonast.MarshalYAML(manifest.Content(p.kind, o), ""))
}

// Create saves a new object.
func (p *Pages) Create(v *shell.Visit) error { return p.save(v, nil) }

// Save saves an object in place of the expected version.
func (p *Pages) Save(v *shell.Visit) error {
	id, err := shell.ParseID(v.Params("object"))
	if err != nil {
		return p.kind.NotFound()
	}
	return p.save(v, &id)
}

// save saves the text of a form or, with do=check, only shows the changes that this would
// make. A text that can't be saved is shown again with its problems. A nil id creates the
// object.
func (p *Pages) save(v *shell.Visit, id *uuid.UUID) error {
	f := shell.ReadForm(v.Ctx)
	e := editorOf(f)
	theirs, _ := strconv.ParseInt(f.Get("theirs"), 10, 64)
	if theirs > 0 {
		e.Seen = theirs // the user replaces the version that was compared
	}
	if id != nil {
		e.Draft.Subject = *id
		now, err := p.store.Get(v.UserContext(), v.Org.ID, id.String())
		switch {
		case err == nil:
			e.Saved = &now
		case fault.Is(err, fault.NotFound):
			return p.gone(v, e, *id)
		default:
			return err
		}
	}
	d, err := p.read(v.UserContext(), e.Text)
	if refusal, ok := shell.IsMistake(err); ok {
		return p.refuse(v, e, refusal.Fields, refusal.Message)
	}
	if err != nil {
		return err
	}
	for _, n := range d.Notices {
		e.Notices = append(e.Notices, mistake{n.Line, n.Column, n.Detail})
	}
	if d.Generation > 0 && theirs == 0 {
		e.Seen = d.Generation // the manifest names the version that it was made from
	}
	op := resource.Op{Verb: resource.Create, Kind: p.kind.Names().Singular, New: d.Object()}
	if id != nil {
		op = resource.Op{Verb: resource.Update, Kind: op.Kind, Ref: id.String(), Seen: e.Seen, Edit: func(o resource.Object) (resource.Object, error) {
			n := d.Object()
			o.Spec, o.Labels = n.Spec, n.Labels
			return o, nil
		}}
	}
	check := f.Get("do") == "check"
	result, err := p.DB.Apply(v.UserContext(), v.By(), v.Org.ID, []resource.Op{op}, resource.Options{DryRun: check})
	if refusal, ok := shell.IsMistake(err); ok {
		if now, ok := refusal.Current.(resource.Object); ok && refusal.Kind == fault.Stale {
			e.Saved = &now
			return p.conflict(v, e)
		}
		for i, wrong := range refusal.Fields {
			refusal.Fields[i] = d.Blame(wrong)
		}
		if len(refusal.Fields) == 0 && refusal.Kind == fault.Conflict {
			refusal.Fields = []fault.Field{d.At("/metadata/name", refusal.Message)}
		}
		return p.refuse(v, e, refusal.Fields, refusal.Message)
	}
	if err != nil {
		return err
	}
	done := result.Outcomes[0]
	if check {
		p.keep(v, &e)
		e.Checked = true
		e.Compared = p.compare(v, e.Saved, p.text(done.Object))
		return p.show(v, http.StatusOK, e)
	}
	if err := p.Drafts.End(v, e.Draft, f); err != nil {
		return err
	}
	return v.Done(p.path(v, "/"+done.Object.ID.String()), p.savedWords(v, done))
}

// keep stores the unsaved text as a draft.
func (p *Pages) keep(v *shell.Visit, e *editor) {
	e.Form.Fields.Set("seen", strconv.FormatInt(e.Seen, 10))
	p.Drafts.Keep(v, &e.Draft, e.Form)
}

// read reads a text that holds exactly one manifest.
func (p *Pages) read(ctx context.Context, text string) (d manifest.Document, err error) {
	documents, err := manifest.Read(ctx, []resource.Kind{p.kind}, []upload.File{{Data: []byte(text)}})
	if err != nil {
		return d, err
	}
	if len(documents) > 1 {
		return d, fault.New(fault.Invalid, "several_documents", "These are %d documents; here is room for one. Apply several with the API or `admin apply`", len(documents))
	}
	return documents[0], nil
}

// compare returns the changes that a text would make to an object; now is nil for a new one.
func (p *Pages) compare(v *shell.Visit, now *resource.Object, text string) shell.Comparison {
	before, name := "", "Nothing"
	if now != nil {
		before, name = p.text(*now), "Version "+strconv.FormatInt(now.Version, 10)
	}
	return shell.Compare("What changes", strings.TrimSuffix(before, "\n"), strings.TrimSuffix(text, "\n"), v.Budget()).Between(name, "What you wrote")
}

// refuse shows a text with its problems.
func (p *Pages) refuse(v *shell.Visit, e editor, fields []fault.Field, message string) error {
	for _, f := range fields {
		e.Mistakes = append(e.Mistakes, mistake{f.Line, f.Column, f.Detail})
	}
	if len(fields) == 0 {
		e.Mistakes = []mistake{{Detail: message}}
	}
	p.keep(v, &e)
	return p.show(v, http.StatusUnprocessableEntity, e)
}

// conflict shows a text side by side with the version that someone else has saved since.
func (p *Pages) conflict(v *shell.Visit, e editor) (err error) {
	who, err := v.People()
	if err != nil {
		return err
	}
	if e.By, err = who.Name(e.Saved.UpdatedBy); err != nil {
		return err
	}
	e.Compared = p.compare(v, e.Saved, e.Text)
	p.keep(v, &e)
	return p.show(v, http.StatusPreconditionFailed, e)
}

// gone shows a text whose object someone has deleted since. The object can be created again.
func (p *Pages) gone(v *shell.Visit, e editor, id uuid.UUID) error {
	versions, err := p.store.Versions(v.UserContext(), v.Org.ID, id, 0, 1)
	if err != nil {
		return err
	}
	who, err := v.People()
	if err != nil {
		return err
	}
	if e.Gone, err = who.Name(versions[0].Actor.ID); err != nil {
		return err
	}
	p.keep(v, &e)
	return p.show(v, http.StatusConflict, e)
}

// savedWords returns the message on a saved object. Unless nothing changed, it offers an
// undo.
func (p *Pages) savedWords(v *shell.Visit, done resource.Outcome) shell.Said {
	o, name := done.Object, done.Object.Spec.Title()
	switch done.Action {
	case resource.ActionUnchanged:
		return shell.Said{Text: name + " has no changes, so nothing was saved."}
	case resource.ActionCreate:
		return shell.Said{Text: name + " is created.", Undo: &shell.Undo{
			Path: p.path(v, "/deletions"), Fields: []shell.Pair{{Name: "object", Value: o.ID.String() + ":" + strconv.FormatInt(o.Version, 10)}},
		}}
	}
	return shell.Said{
		Text: name + " is saved as version " + strconv.FormatInt(o.Version, 10) + ".",
		Undo: &shell.Undo{Path: p.path(v, "/restorations"), Fields: []shell.Pair{p.undoing(o.ID, done.Before.Version, o.Version)}},
	}
}

// show completes the page and answers with it.
func (p *Pages) show(v *shell.Visit, status int, e editor) (err error) {
	e.frame, e.Post, e.Fields = p.frame(v), p.path(v, "/new"), p.fields()
	e.Schema = "/api/v1/schemas/" + p.kind.Names().Manifest
	page := shell.Page{Title: "New " + p.Noun(), Crumbs: p.crumbs(v, nil)}
	if e.Saved != nil {
		page.Title, page.Lead = e.Saved.Spec.Title(), "version "+strconv.FormatInt(e.Saved.Version, 10)+" of this "+p.Noun()
		e.Post = p.path(v, "/"+e.Saved.ID.String())
		page.Actions = []shell.Action{
			{Label: "History", Path: e.Post + "/history", May: access.Verdict{Allowed: true}},
			{Label: "Delete", Path: p.path(v, "/deletions?object="+e.Saved.ID.String()), Asks: true, May: e.Can.Delete},
		}
		if e.Uses, e.Users, err = p.links(v, *e.Saved); err != nil {
			return err
		}
	}
	if e.Draft.Subject == uuid.Nil {
		e.Draft.Subject = uuid.New()
	}
	e.Draft.Path = p.Drafts.Path(v, e.Draft.Subject)
	if e.Live, err = v.Live(0); err != nil {
		return err
	}
	page.Data = e
	v.Status(status)
	return v.Show("object_edit", page)
}

// links returns the objects that o refers to, and the users: the objects that refer to it.
// An object of a kind that has pages gets a path.
func (p *Pages) links(v *shell.Visit, o resource.Object) (uses, users []link, err error) {
	of := func(kind, ref, name string) link {
		l := link{Kind: kind, Name: name}
		if k, ok := resource.FindKind(p.DB.Kinds(), kind); ok {
			names := k.Names()
			l.Kind = names.Noun
			if v.LeadsTo("/"+names.Plural+"/:object") || v.LeadsTo("/"+names.Plural+"/:"+names.Singular) {
				l.Path = v.Address("/" + names.Plural + "/" + ref)
			}
		}
		return l
	}
	for _, r := range o.Spec.References() {
		target, err := p.DB.Objects(r.Kind).Get(v.UserContext(), v.Org.ID, r.Name)
		switch {
		case err == nil:
			uses = append(uses, of(r.Kind, target.ID.String(), target.Spec.Title()))
		case fault.Is(err, fault.NotFound):
			uses = append(uses, link{Kind: r.Kind, Name: r.Name + " (not there)"})
		default:
			return nil, nil, err
		}
	}
	found, err := p.store.Users(v.UserContext(), v.Org.ID, o)
	for _, u := range found {
		users = append(users, of(u.Kind, u.ID.String(), u.Name))
	}
	return uses, users, err
}

// fields returns the fields of the spec, as in the kind's schema.
func (p *Pages) fields() (all []field) {
	schema := p.kind.Schema()
	required, _ := valueOf(schema, "required").([]any)
	properties, _ := valueOf(schema, "properties").(jsonast.Map)
	for _, one := range properties {
		if one.Name == p.kind.Names().NameField {
			continue // it is metadata.name
		}
		says, _ := one.Value.(jsonast.Map)
		f := field{Name: one.Name}
		switch types := valueOf(says, "type").(type) {
		case string:
			f.Type = types
		case []any:
			f.Type = oneOf(types)
		}
		f.Says, _ = valueOf(says, "description").(string)
		if values, ok := valueOf(says, "enum").([]any); ok {
			f.Type = oneOf(values)
		}
		for _, name := range required {
			f.Required = f.Required || name == one.Name
		}
		all = append(all, f)
	}
	return all
}

// undoing returns the form field that restores version, provided that the object is still at
// seen.
func (p *Pages) undoing(id uuid.UUID, version, seen int64) shell.Pair {
	pair := shell.Undoing{ID: id, Version: version, Seen: seen}.Pair()
	pair.Name = "object"
	return pair
}

// valueOf returns the value of a name, or nil.
func valueOf(m jsonast.Map, name string) any {
	for _, one := range m {
		if one.Name == name {
			return one.Value
		}
	}
	return nil
}

// oneOf lists the values that a field can have.
func oneOf(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i], _ = v.(string)
	}
	return strings.Join(words, ", ")
}
