package shell

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// Draft identifies a draft and describes its state, without its content.
type Draft struct {
	// Subject is the object's id, or a new id if the object does not exist yet.
	Subject uuid.UUID
	// Edition is the number of the stored draft that the page shows, 0 if there is none. A
	// draft gets a higher number whenever it is stored. The form sends the number back, so
	// that a draft that another window has stored since is not overwritten.
	Edition int64
	// StoredAt is when the draft was stored. It is zero if there is none, or if the draft was
	// read from a form.
	StoredAt time.Time
	// BaseVersion is the version of the object that the draft is based on. It is 0 for a new
	// object, or if the draft was read from a form.
	BaseVersion int64
	// Path is the address to which scripts post the draft; see Drafts.Path. The edit page
	// sets it before it shows the form.
	Path string
	// NotStored reports whether Drafts.StoreForm failed, so that only the page has the
	// content.
	NotStored bool
}

// DraftFromForm returns a Draft with the Subject and the Edition in the hidden fields
// "draft" and "edition" of an edit page's form. Each is zero if missing or malformed.
func DraftFromForm(f Form) (d Draft) {
	d.Subject, _ = uuid.Parse(f.Get("draft"))
	d.Edition, _ = strconv.ParseInt(f.Get("edition"), 10, 64)
	return d
}

// DraftInput is the content of an edit page's form, to be stored as a draft.
type DraftInput struct {
	// Title is the draft's name in lists; it can be empty.
	Title string
	// Content is the input. It is encoded by encoding/json; Drafts.Load decodes it.
	Content any
	// BaseVersion is the version of the object that the draft is based on, 0 for a new
	// object.
	BaseVersion int64
	// Unchanged reports whether the content equals the saved object or, for a new object,
	// the initial form. Then the draft is deleted instead of stored.
	Unchanged bool
}

// DraftEditor is implemented by the edit pages of a kind. Drafts calls it.
type DraftEditor interface {
	// DraftInput returns the content of the submitted form f, to be stored as a draft.
	// subject is the id of an existing or a new object.
	DraftInput(v *Request, f Form, subject uuid.UUID) (DraftInput, error)
	// EditPath returns the address of the edit page of the object with the id subject. ok is
	// false if the object does not exist.
	EditPath(v *Request, subject uuid.UUID) (path string, ok bool)
}

// Drafts stores the drafts of a kind of object. A user has at most one draft of an object,
// which no one else can read. The subject of a draft is the id of its object, an existing or
// a new one. The methods concern the drafts of the visitor in the request's organization. A
// draft is deleted 90 days after it was last stored.
type Drafts struct {
	shell *Shell
	// kind is the Singular of the kind, path the path of its pages: "/templates".
	kind, path string
	editor     DraftEditor
}

// NewDrafts returns the drafts of a kind. kind is the Singular in the kind's resource.Names,
// such as "mode". path is the path of its pages below an organization, such as "/modes".
// editor reads the form of the kind's edit page.
func NewDrafts(s *Shell, kind, path string, editor DraftEditor) *Drafts {
	return &Drafts{shell: s, kind: kind, path: path, editor: editor}
}

func (d *Drafts) key(v *Request, subject uuid.UUID) postgres.DraftKey {
	return postgres.DraftKey{OrganizationID: v.Org.ID, UserID: v.Principal.UserID, Kind: d.kind, Subject: subject}
}

// Path returns the address to which scripts post the draft of a subject:
// "/orgs/acme/modes/drafts/" and the subject, for example. Store handles it.
func (d *Drafts) Path(v *Request, subject uuid.UUID) string {
	return v.Address(d.path + "/drafts/" + subject.String())
}

// Load decodes the visitor's draft of a subject into content, a pointer. If there is no draft,
// or the visitor is not allowed to change the library, found is false, and content is
// unchanged. The Subject of draft is always set. The error is that of the database or of
// decoding.
func (d *Drafts) Load(v *Request, subject uuid.UUID, content any) (draft Draft, found bool, err error) {
	draft = Draft{Subject: subject}
	if !v.May(access.Request{Action: access.ChangeLibrary}).Allowed {
		return draft, false, nil
	}
	stored, err := d.shell.DB.Draft(v.UserContext(), d.key(v, subject))
	if fault.Is(err, fault.NotFound) {
		return draft, false, nil
	}
	if err != nil {
		return draft, false, err
	}
	if err := json.Unmarshal(stored.Content, content); err != nil {
		return draft, false, fmt.Errorf("draft of %s %s: %w", d.kind, subject, err)
	}
	draft.Edition, draft.StoredAt, draft.BaseVersion = stored.Edition, stored.UpdatedAt, stored.BaseVersion
	return draft, true, nil
}

// DraftSummary is a draft in a list.
type DraftSummary struct {
	// Name is the draft's title, or "Without a name". Path is the address that opens the
	// draft as a new object, so it is only for drafts of objects that do not exist.
	Name, Path string
	// StoredAt is when the draft was last stored.
	StoredAt time.Time
	subject  uuid.UUID
}

// DraftSummaries lists a visitor's drafts of a kind, the last stored first.
type DraftSummaries []DraftSummary

// List returns the visitor's drafts of the kind. It returns none if the visitor is not
// allowed to change the library. The error is that of the database.
func (d *Drafts) List(v *Request) (DraftSummaries, error) {
	if !v.May(access.Request{Action: access.ChangeLibrary}).Allowed {
		return nil, nil
	}
	stored, err := d.shell.DB.DraftSummaries(v.UserContext(), v.Org.ID, v.Principal.UserID, d.kind)
	heads := make(DraftSummaries, len(stored))
	for i, draft := range stored {
		heads[i] = DraftSummary{cmp.Or(draft.Title, "Without a name"), d.newPath(v, draft.Subject), draft.UpdatedAt, draft.Subject}
	}
	return heads, err
}

// Remove removes the draft of a subject from the list, and reports whether there was one. The
// stored draft remains. After a call for each existing object, the list has only the drafts
// of objects that do not exist.
func (h *DraftSummaries) Remove(subject uuid.UUID) bool {
	before := len(*h)
	*h = slices.DeleteFunc(*h, func(one DraftSummary) bool { return one.subject == subject })
	return len(*h) < before
}

// newPath returns the address that shows the draft of an object that does not exist.
func (d *Drafts) newPath(v *Request, subject uuid.UUID) string {
	return v.Address(d.path + "/new?draft=" + subject.String())
}

// store replaces the edition of the draft that the page shows with w. If w is unchanged, it
// ends the draft instead.
func (d *Drafts) store(v *Request, draft *Draft, w DraftInput) error {
	if w.Unchanged {
		if draft.Edition > 0 {
			if err := d.shell.DB.EndDraft(v.UserContext(), d.key(v, draft.Subject), draft.Edition); err != nil {
				return err
			}
		}
		draft.Edition, draft.StoredAt = 0, time.Time{}
		return nil
	}
	content, err := json.Marshal(w.Content)
	if err != nil {
		return err
	}
	stored, err := d.shell.DB.StoreDraft(v.UserContext(), postgres.Draft{
		DraftKey: d.key(v, draft.Subject), Title: w.Title, Content: content, BaseVersion: w.BaseVersion, Edition: draft.Edition,
	})
	if err == nil {
		draft.Edition, draft.StoredAt = stored.Edition, stored.UpdatedAt
	}
	return err
}

// StoreForm stores the content of the submitted form f as the given draft, and updates
// draft. A handler calls it when it shows a form again instead of saving it, so that the
// input is stored without scripts too. If that fails, for instance because another window
// has stored a draft, StoreForm sets draft.NotStored.
func (d *Drafts) StoreForm(v *Request, draft *Draft, f Form) {
	if draft.Subject == uuid.Nil {
		draft.Subject = uuid.New()
	}
	w, err := d.editor.DraftInput(v, f, draft.Subject)
	if err == nil {
		err = d.store(v, draft, w)
	}
	draft.NotStored = err != nil
	if _, refused := fault.As(err); err != nil && !refused {
		d.shell.Log.Warn("storing draft failed", "error", err)
	}
}

// End deletes a draft. A handler calls it after saving the form f with that draft. A draft
// that another window has stored since is kept, unless its content equals that of f. If
// there is no draft, End does nothing. The error is that of the database or the DraftEditor.
func (d *Drafts) End(v *Request, draft Draft, f Form) error {
	key := d.key(v, draft.Subject)
	stored, err := d.shell.DB.Draft(v.UserContext(), key)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if stored.Edition != draft.Edition {
		w, err := d.editor.DraftInput(v, f, draft.Subject)
		if err != nil {
			return err
		}
		content, err := json.Marshal(w.Content)
		if err != nil || string(content) != string(stored.Content) {
			return err
		}
	}
	return d.shell.DB.EndDraft(v.UserContext(), key, stored.Edition)
}

// storedDraft is the response to a script that stores a draft.
type storedDraft struct {
	// Edition is the edition of the stored draft, 0 if there is none.
	Edition int64 `json:"edition"`
	// Refused explains why the draft was not stored.
	Refused string `json:"refused,omitempty"`
}

// Store is the action by which scripts store the form of an edit page as a draft. The path
// parameter "subject" is the subject of the draft. The form field "edition" is the Edition
// of the stored draft that it replaces, 0 if there is none.
//
// The response is JSON. Its "edition" is the new Edition, or 0 if the input is unchanged, so
// that there is no draft. If another window has stored or discarded the draft since, the
// status is 409, and "edition" is that of the current draft, 0 if there is none. If the
// draft is too large, or the visitor has too many drafts, the status is 413. In both cases
// "refused" has the reason.
func (d *Drafts) Store(v *Request) error {
	f := ReadForm(v.Ctx)
	draft, err := d.submittedDraft(v, f)
	if err != nil {
		return err
	}
	w, err := d.editor.DraftInput(v, f, draft.Subject)
	if err != nil {
		return err
	}
	err = d.store(v, &draft, w)
	if refusal, ok := fault.As(err); ok && (refusal.Kind == fault.Conflict || refusal.Kind == fault.TooLarge) {
		out := storedDraft{Refused: refusal.Message + "."}
		if now, ok := refusal.Current.(postgres.Draft); ok && now.DiscardedAt == nil {
			out.Edition = now.Edition
		}
		status := http.StatusConflict
		if refusal.Kind == fault.TooLarge {
			status = http.StatusRequestEntityTooLarge
		}
		return v.Status(status).JSON(out)
	}
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderCacheControl, "no-store")
	return v.JSON(storedDraft{Edition: draft.Edition})
}

// submittedDraft returns the draft of a form submitted to the draft's path.
func (d *Drafts) submittedDraft(v *Request, f Form) (Draft, error) {
	draft := DraftFromForm(f)
	var err error
	draft.Subject, err = ParseID(v.Params("subject"))
	return draft, err
}

// Discard handles POST to Path, followed by "/discard": it discards a draft. The path parameter
// "subject" is its subject. Discard redirects to the object or, if that does not exist, to the
// list. The form field "edition" is the Edition that the visitor has seen. If another window
// has stored the draft since, Discard keeps it, and redirects to it.
func (d *Drafts) Discard(v *Request) error {
	draft, err := d.submittedDraft(v, ReadForm(v.Ctx))
	if err != nil {
		return err
	}
	target, exists := d.editor.EditPath(v, draft.Subject)
	err = d.shell.DB.DiscardDraft(v.UserContext(), d.key(v, draft.Subject), draft.Edition)
	if !exists {
		target = v.Address(d.path)
	}
	switch {
	case fault.Is(err, fault.Conflict):
		if !exists {
			target = d.newPath(v, draft.Subject)
		}
		return v.RedirectWithFlash(target, Flash{Text: "The draft was not discarded, because it was changed in another window. Below is that version.", IsError: true})
	case fault.Is(err, fault.NotFound):
		return v.RedirectWithFlash(target, Flash{Text: "There was no draft to discard."})
	case err != nil:
		return err
	}
	return v.RedirectWithFlash(target, Flash{Text: "Draft discarded.", Undo: &Undo{Path: d.Path(v, draft.Subject) + "/restore"}})
}

// Restore handles POST to Path, followed by "/restore", the undo of Discard: it restores a
// draft that was discarded in the last 24 hours. The path parameter "subject" is its subject.
// Restore redirects to the edit page, which shows the draft. If there is nothing to restore, or
// a newer draft, it redirects to the list with a message.
func (d *Drafts) Restore(v *Request) error {
	draft, err := d.submittedDraft(v, ReadForm(v.Ctx))
	if err != nil {
		return err
	}
	_, err = d.shell.DB.RestoreDraft(v.UserContext(), d.key(v, draft.Subject))
	if refusal, ok := fault.As(err); ok && refusal.Kind != fault.Internal {
		return v.RedirectWithFlash(v.Address(d.path), Flash{Text: refusal.Message + ".", IsError: true})
	}
	if err != nil {
		return err
	}
	path, exists := d.editor.EditPath(v, draft.Subject)
	if !exists {
		path = d.newPath(v, draft.Subject)
	}
	return v.RedirectWithFlash(path, Flash{Text: "Draft restored."})
}
