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

// diagnostic is a problem of a text, with its position if that is known.
type diagnostic struct {
	Line, Column int
	Detail       string
}

// link is an object that the one shown refers to, or that refers to it.
type link struct{ Kind, Name, Path string }

// editor is the data of the page on which an object is edited, as its manifest.
type editor struct {
	pageData
	// Form is the submitted form.
	Form shell.Form
	// Saved is the object as stored; nil for a new one.
	Saved *resource.Object
	// FormAction is the address that the form is sent to, Schema that of the JSON Schema of
	// manifests.
	FormAction, Schema string
	// Text is the manifest in the editor, BaseVersion the version that it began from, 0 for
	// a new object.
	Text        string
	BaseVersion int64
	// Errors prevent saving.
	Errors, Notices []diagnostic
	// Checked is true if Compared shows the changes that saving the text would make.
	Checked  bool
	Compared shell.Comparison
	// ConflictAuthor names the author of Saved if that was saved since the text was begun.
	// DeletedBy names the user who deleted the object.
	ConflictAuthor, DeletedBy string
	References                []link
	Referrers                 []link
	Fields                    []field
	PublicationLine           shell.PublicationLine
	Draft                     shell.Draft
	// Partial is always false: the page is sent whole.
	Partial bool
}

// Outdated reports whether the object was saved since the draft was begun.
func (e editor) Outdated() bool {
	return e.Saved != nil && e.Draft.Edition > 0 && e.BaseVersion < e.Saved.Version
}

// field describes a field of the spec, as in the kind's schema.
type field struct {
	Name, Type, Description string
	Required                bool
}

// New serves GET /new: the edit page of a new object, with an empty manifest. With the query
// parameter draft, it has the visitor's draft of the new object with that id.
func (p *Pages) New(v *shell.Request) error {
	e := editor{Text: p.blankManifest()}
	subject, err := uuid.Parse(v.Query("draft"))
	if err != nil {
		subject = uuid.New()
	}
	if err := p.loadDraft(v, &e, subject); err != nil {
		return err
	}
	return p.showEditor(v, http.StatusOK, e)
}

// blankManifest returns the manifest that a new object begins with.
func (p *Pages) blankManifest() string {
	return "apiVersion: " + manifest.APIVersion + "\nkind: " + p.kind.Names().Manifest + "\nmetadata:\n  name: \nspec:\n"
}

// Get serves GET /:object: the edit page of an object, with its manifest or the visitor's
// draft of it. :object can also be the name of the object.
func (p *Pages) Get(v *shell.Request) error {
	o, err := p.store.Get(v.UserContext(), v.Org.ID, v.Params("object"))
	if err != nil {
		return err
	}
	e := editor{Saved: &o, Text: p.manifestText(o), BaseVersion: o.Version}
	if err := p.loadDraft(v, &e, o.ID); err != nil {
		return err
	}
	return p.showEditor(v, http.StatusOK, e)
}

// parseEditor returns the editor in a submitted form.
func parseEditor(f shell.Form) editor {
	e := editor{Text: f.Get("yaml"), Draft: shell.DraftFromForm(f), Form: f}
	e.BaseVersion, _ = strconv.ParseInt(f.Get("seen"), 10, 64)
	return e
}

// manifestText returns the manifest of an object, with only the parts that users write.
func (p *Pages) manifestText(o resource.Object) string {
	return string(jsonast.MarshalYAML(manifest.Content(p.kind, o), ""))
}

// Create handles POST /new, the form of New: it saves the manifest in the form field "yaml" as
// a new object, and redirects to that. With the form field do=check, nothing is saved: Create
// shows the edit page with the changes that saving would make. A manifest that can't be
// saved is shown again, with its problems and status 422. In both cases the manifest is
// stored as a draft.
func (p *Pages) Create(v *shell.Request) error { return p.save(v, nil) }

// Save handles POST /:object, the form of Get: it saves the manifest in the form field "yaml"
// as a new version of the object. It treats do=check and invalid manifests as Create does.
// The form field "seen" holds the version that the manifest is based on, unless its
// metadata.generation does. If the object has a newer version, Save shows the edit page with
// both to choose from (status 412). If it is deleted, Save shows that (409); submitting the
// form again creates it.
func (p *Pages) Save(v *shell.Request) error {
	id, err := shell.ParseID(v.Params("object"))
	if err != nil {
		return p.kind.NotFound()
	}
	return p.save(v, &id)
}

// save saves the text of a form or, with do=check, only shows the changes that this would
// make. A text that can't be saved is shown again with its problems. A nil id creates the
// object.
func (p *Pages) save(v *shell.Request, id *uuid.UUID) error {
	f := shell.ReadForm(v.Ctx)
	e := parseEditor(f)
	theirs, _ := strconv.ParseInt(f.Get("theirs"), 10, 64)
	if theirs > 0 {
		e.BaseVersion = theirs // the user replaces the version that was compared
	}
	if id != nil {
		e.Draft.Subject = *id
		now, err := p.store.Get(v.UserContext(), v.Org.ID, id.String())
		switch {
		case err == nil:
			e.Saved = &now
		case fault.Is(err, fault.NotFound):
			return p.showDeleted(v, e, *id)
		default:
			return err
		}
	}
	d, err := p.readManifest(v.UserContext(), e.Text)
	if refusal, ok := shell.AsUserError(err); ok {
		return p.showInvalid(v, e, refusal.Fields, refusal.Message)
	}
	if err != nil {
		return err
	}
	for _, n := range d.Notices {
		e.Notices = append(e.Notices, diagnostic{n.Line, n.Column, n.Detail})
	}
	if d.Generation > 0 && theirs == 0 {
		e.BaseVersion = d.Generation // the manifest names the version that it was made from
	}
	op := resource.Op{Verb: resource.Create, Kind: p.kind.Names().Singular, New: d.Object()}
	if id != nil {
		op = resource.Op{Verb: resource.Update, Kind: op.Kind, Ref: id.String(), ExpectedVersion: e.BaseVersion, Edit: func(o resource.Object) (resource.Object, error) {
			n := d.Object()
			o.Spec, o.Labels = n.Spec, n.Labels
			return o, nil
		}}
	}
	check := f.Get("do") == "check"
	result, err := p.DB.Apply(v.UserContext(), v.By(), v.Org.ID, []resource.Op{op}, resource.Options{DryRun: check})
	if refusal, ok := shell.AsUserError(err); ok {
		if now, ok := refusal.Current.(resource.Object); ok && refusal.Kind == fault.Stale {
			e.Saved = &now
			return p.showConflict(v, e)
		}
		for i, field := range refusal.Fields {
			refusal.Fields[i] = d.SpecProblem(field)
		}
		if len(refusal.Fields) == 0 && refusal.Kind == fault.Conflict {
			refusal.Fields = []fault.Field{d.Problem("/metadata/name", refusal.Message)}
		}
		return p.showInvalid(v, e, refusal.Fields, refusal.Message)
	}
	if err != nil {
		return err
	}
	done := result.Outcomes[0]
	if check {
		p.storeAsDraft(v, &e)
		e.Checked = true
		e.Compared = p.compare(v, e.Saved, p.manifestText(done.Object))
		return p.showEditor(v, http.StatusOK, e)
	}
	if err := p.Drafts.End(v, e.Draft, f); err != nil {
		return err
	}
	return v.RedirectWithFlash(p.path(v, "/"+done.Object.ID.String()), p.savedMessage(v, done))
}

// storeAsDraft stores the unsaved text as a draft.
func (p *Pages) storeAsDraft(v *shell.Request, e *editor) {
	e.Form.Fields.Set("seen", strconv.FormatInt(e.BaseVersion, 10))
	p.Drafts.StoreForm(v, &e.Draft, e.Form)
}

// readManifest reads a text that holds exactly one manifest.
func (p *Pages) readManifest(ctx context.Context, text string) (d manifest.Document, err error) {
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
func (p *Pages) compare(v *shell.Request, now *resource.Object, text string) shell.Comparison {
	before, name := "", "Nothing"
	if now != nil {
		before, name = p.manifestText(*now), "Version "+strconv.FormatInt(now.Version, 10)
	}
	return shell.Compare("What changes", strings.TrimSuffix(before, "\n"), strings.TrimSuffix(text, "\n"), v.DiffBudget()).WithSideNames(name, "What you wrote")
}

// showInvalid shows a text with its problems.
func (p *Pages) showInvalid(v *shell.Request, e editor, fields []fault.Field, message string) error {
	for _, f := range fields {
		e.Errors = append(e.Errors, diagnostic{f.Line, f.Column, f.Detail})
	}
	if len(fields) == 0 {
		e.Errors = []diagnostic{{Detail: message}}
	}
	p.storeAsDraft(v, &e)
	return p.showEditor(v, http.StatusUnprocessableEntity, e)
}

// showConflict shows a text side by side with the version that someone else has saved since.
func (p *Pages) showConflict(v *shell.Request, e editor) (err error) {
	actors, err := v.Actors()
	if err != nil {
		return err
	}
	if e.ConflictAuthor, err = actors.Name(e.Saved.UpdatedBy); err != nil {
		return err
	}
	e.Compared = p.compare(v, e.Saved, e.Text)
	p.storeAsDraft(v, &e)
	return p.showEditor(v, http.StatusPreconditionFailed, e)
}

// showDeleted shows a text whose object someone has deleted since. The object can be
// created again.
func (p *Pages) showDeleted(v *shell.Request, e editor, id uuid.UUID) error {
	versions, err := p.store.Versions(v.UserContext(), v.Org.ID, id, 0, 1)
	if err != nil {
		return err
	}
	actors, err := v.Actors()
	if err != nil {
		return err
	}
	if e.DeletedBy, err = actors.Name(versions[0].Actor.ID); err != nil {
		return err
	}
	p.storeAsDraft(v, &e)
	return p.showEditor(v, http.StatusConflict, e)
}

// savedMessage returns the message on a saved object. Unless nothing changed, it offers an
// undo.
func (p *Pages) savedMessage(v *shell.Request, done resource.Outcome) shell.Flash {
	o, name := done.Object, done.Object.Spec.Title()
	switch done.Action {
	case resource.ActionUnchanged:
		return shell.Flash{Text: name + " has no changes, so nothing was saved."}
	case resource.ActionCreate:
		return shell.Flash{Text: name + " is created.", Undo: &shell.Undo{
			Path: p.path(v, "/deletions"), Fields: []shell.Pair{{Name: "object", Value: o.ID.String() + ":" + strconv.FormatInt(o.Version, 10)}},
		}}
	}
	return shell.Flash{
		Text: name + " is saved as version " + strconv.FormatInt(o.Version, 10) + ".",
		Undo: &shell.Undo{Path: p.path(v, "/restorations"), Fields: []shell.Pair{p.undoField(o.ID, done.Before.Version, o.Version)}},
	}
}

// showEditor completes the page and answers with it.
func (p *Pages) showEditor(v *shell.Request, status int, e editor) (err error) {
	e.pageData, e.FormAction, e.Fields = p.newPageData(v), p.path(v, "/new"), p.fields()
	e.Schema = "/api/v1/schemas/" + p.kind.Names().Manifest
	page := shell.Page{Title: "New " + p.Noun(), Crumbs: p.crumbs(v, nil)}
	if e.Saved != nil {
		page.Title, page.Lead = e.Saved.Spec.Title(), "version "+strconv.FormatInt(e.Saved.Version, 10)+" of this "+p.Noun()
		e.FormAction = p.path(v, "/"+e.Saved.ID.String())
		page.Actions = []shell.Action{
			{Label: "History", Path: e.FormAction + "/history", May: access.Decision{Allowed: true}},
			{Label: "Delete", Path: p.path(v, "/deletions?object="+e.Saved.ID.String()), NeedsConfirmation: true, May: e.Can.Delete},
		}
		if e.References, e.Referrers, err = p.links(v, *e.Saved); err != nil {
			return err
		}
	}
	if e.Draft.Subject == uuid.Nil {
		e.Draft.Subject = uuid.New()
	}
	e.Draft.Path = p.Drafts.Path(v, e.Draft.Subject)
	if e.PublicationLine, err = v.PublicationLine(0); err != nil {
		return err
	}
	page.Data = e
	v.Status(status)
	return v.Show("object_edit", page)
}

// links returns the objects that o refers to, and the referrers: the objects that refer to
// it. An object of a kind that has pages gets a path.
func (p *Pages) links(v *shell.Request, o resource.Object) (references, referrers []link, err error) {
	newLink := func(kind, ref, name string) link {
		l := link{Kind: kind, Name: name}
		if k, ok := resource.FindKind(p.DB.Kinds(), kind); ok {
			names := k.Names()
			l.Kind = names.Noun
			if v.HasRoute("/"+names.Plural+"/:object") || v.HasRoute("/"+names.Plural+"/:"+names.Singular) {
				l.Path = v.Address("/" + names.Plural + "/" + ref)
			}
		}
		return l
	}
	for _, r := range o.Spec.References() {
		target, err := p.DB.Objects(r.Kind).Get(v.UserContext(), v.Org.ID, r.Name)
		switch {
		case err == nil:
			references = append(references, newLink(r.Kind, target.ID.String(), target.Spec.Title()))
		case fault.Is(err, fault.NotFound):
			references = append(references, link{Kind: r.Kind, Name: r.Name + " (not there)"})
		default:
			return nil, nil, err
		}
	}
	found, err := p.store.Users(v.UserContext(), v.Org.ID, o)
	for _, u := range found {
		referrers = append(referrers, newLink(u.Kind, u.ID.String(), u.Name))
	}
	return references, referrers, err
}

// fields returns the fields of the spec, as in the kind's schema.
func (p *Pages) fields() (all []field) {
	schema := p.kind.Schema()
	required, _ := mapValue(schema, "required").([]any)
	properties, _ := mapValue(schema, "properties").(jsonast.Map)
	for _, pair := range properties {
		if pair.Name == p.kind.Names().NameField {
			continue // it is metadata.name
		}
		property, _ := pair.Value.(jsonast.Map)
		f := field{Name: pair.Name}
		switch types := mapValue(property, "type").(type) {
		case string:
			f.Type = types
		case []any:
			f.Type = joinValues(types)
		}
		f.Description, _ = mapValue(property, "description").(string)
		if values, ok := mapValue(property, "enum").([]any); ok {
			f.Type = joinValues(values)
		}
		for _, name := range required {
			f.Required = f.Required || name == pair.Name
		}
		all = append(all, f)
	}
	return all
}

// undoField returns the form field that restores version, provided that the object is still
// at version expected.
func (p *Pages) undoField(id uuid.UUID, version, expected int64) shell.Pair {
	pair := shell.UndoField{ID: id, Version: version, ExpectedVersion: expected}.Pair()
	pair.Name = "object"
	return pair
}

// mapValue returns the value of a name, or nil.
func mapValue(m jsonast.Map, name string) any {
	for _, pair := range m {
		if pair.Name == name {
			return pair.Value
		}
	}
	return nil
}

// joinValues lists the values that a field can have.
func joinValues(values []any) string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i], _ = v.(string)
	}
	return strings.Join(names, ", ")
}
