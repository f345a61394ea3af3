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

// Draft is what was typed into an editor and not saved, as the editor's page has it.
type Draft struct {
	// Subject is the object's id, or another one for an object that doesn't exist yet.
	Subject uuid.UUID
	// Edition is that of the draft on the page, 0 if there is none.
	Edition int64
	// At is when it was stored. It is zero if there is none, and where the page has it
	// from a form.
	At time.Time
	// Base is the version of the object that it began from, 0 for a new object.
	Base int64
	// Path is where it is stored.
	Path string
	// NotStored is true if what the page shows could not be stored.
	NotStored bool
}

// DraftIn returns the draft that a form is of.
func DraftIn(f Form) (d Draft) {
	d.Subject, _ = uuid.Parse(f.Get("draft"))
	d.Edition, _ = strconv.ParseInt(f.Get("edition"), 10, 64)
	return d
}

// Written is what an editor has, to be stored as a draft.
type Written struct {
	// Title is what lists call it.
	Title string
	// Content is stored as JSON.
	Content any
	// Base is the version of the object that it began from, 0 for a new object.
	Base int64
	// Unchanged is true if the object says the same already: then there is nothing to
	// store.
	Unchanged bool
}

// DraftEditor is what Drafts have to know of the editor of a kind.
type DraftEditor interface {
	// Written returns what a form has of a subject.
	Written(v *Visit, f Form, subject uuid.UUID) (Written, error)
	// PathOf returns the path of a subject's page below the organization; ok is false for
	// an object that doesn't exist.
	PathOf(v *Visit, subject uuid.UUID) (path string, ok bool)
}

// Drafts stores what the editor of a kind has, for its author alone.
type Drafts struct {
	shell *Shell
	// kind is its Singular, path that of its pages: "/templates".
	kind, path string
	editor     DraftEditor
}

// NewDrafts returns the drafts of a kind. kind is its Singular, and path is that of its
// pages below an organization.
func NewDrafts(s *Shell, kind, path string, editor DraftEditor) *Drafts {
	return &Drafts{shell: s, kind: kind, path: path, editor: editor}
}

func (d *Drafts) key(v *Visit, subject uuid.UUID) postgres.DraftKey {
	return postgres.DraftKey{OrganizationID: v.Org.ID, UserID: v.Visitor.UserID, Kind: d.kind, Subject: subject}
}

// Path returns the address at which the draft of a subject is stored.
func (d *Drafts) Path(v *Visit, subject uuid.UUID) string {
	return v.Address(d.path + "/drafts/" + subject.String())
}

// Find reads the content of the visitor's draft of a subject into content, a pointer. found
// is false if there is none, or the visitor may not save it any more.
func (d *Drafts) Find(v *Visit, subject uuid.UUID, content any) (draft Draft, found bool, err error) {
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
	draft.Edition, draft.At, draft.Base = stored.Edition, stored.UpdatedAt, stored.BaseVersion
	return draft, true, nil
}

// DraftHead is a draft in a list.
type DraftHead struct {
	Name, Path string
	At         time.Time
	subject    uuid.UUID
}

// DraftHeads are a visitor's drafts of a kind, the newest first.
type DraftHeads []DraftHead

// List returns the visitor's drafts, none if the visitor may not save them any more.
func (d *Drafts) List(v *Visit) (DraftHeads, error) {
	if !v.May(access.Request{Action: access.ChangeLibrary}).Allowed {
		return nil, nil
	}
	stored, err := d.shell.DB.DraftHeads(v.UserContext(), v.Org.ID, v.Visitor.UserID, d.kind)
	heads := make(DraftHeads, len(stored))
	for i, one := range stored {
		heads[i] = DraftHead{cmp.Or(one.Title, "Without a name"), d.newPath(v, one.Subject), one.UpdatedAt, one.Subject}
	}
	return heads, err
}

// Take takes the draft of an object out of the list, and reports whether there was one.
// What is left in the end are drafts of objects that don't exist.
func (h *DraftHeads) Take(subject uuid.UUID) bool {
	before := len(*h)
	*h = slices.DeleteFunc(*h, func(one DraftHead) bool { return one.subject == subject })
	return len(*h) < before
}

// newPath is where the draft of an object is shown that doesn't exist.
func (d *Drafts) newPath(v *Visit, subject uuid.UUID) string {
	return v.Address(d.path + "/new?draft=" + subject.String())
}

// store stores what is written in the place of the edition that the page is of.
func (d *Drafts) store(v *Visit, draft *Draft, w Written) error {
	if w.Unchanged {
		if draft.Edition > 0 {
			if err := d.shell.DB.EndDraft(v.UserContext(), d.key(v, draft.Subject), draft.Edition); err != nil {
				return err
			}
		}
		draft.Edition, draft.At = 0, time.Time{}
		return nil
	}
	content, err := json.Marshal(w.Content)
	if err != nil {
		return err
	}
	stored, err := d.shell.DB.StoreDraft(v.UserContext(), postgres.Draft{
		DraftKey: d.key(v, draft.Subject), Title: w.Title, Content: content, BaseVersion: w.Base, Edition: draft.Edition,
	})
	if err == nil {
		draft.Edition, draft.At = stored.Edition, stored.UpdatedAt
	}
	return err
}

// Keep stores what a form had that was not saved, for those without scripts too. Where it
// can't be stored, for instance because another window did, the page itself still has it.
func (d *Drafts) Keep(v *Visit, draft *Draft, f Form) {
	if draft.Subject == uuid.Nil {
		draft.Subject = uuid.New()
	}
	w, err := d.editor.Written(v, f, draft.Subject)
	if err == nil {
		err = d.store(v, draft, w)
	}
	draft.NotStored = err != nil
	if _, refused := fault.As(err); err != nil && !refused {
		d.shell.Log.Warn("a draft was not stored", "error", err)
	}
}

// End ends the draft of a form that was saved. What another window has typed since stays.
func (d *Drafts) End(v *Visit, draft Draft, f Form) error {
	key := d.key(v, draft.Subject)
	stored, err := d.shell.DB.Draft(v.UserContext(), key)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if stored.Edition != draft.Edition {
		w, err := d.editor.Written(v, f, draft.Subject)
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

// storedDraft is the answer to a script that stored a draft, or could not.
type storedDraft struct {
	// Edition is that of the draft that is there now, 0 if there is none.
	Edition int64 `json:"edition"`
	// Refused is the reason why what was sent is not stored.
	Refused string `json:"refused,omitempty"`
}

// Store stores a draft for a script that sends the editor's form. It answers with the
// edition that is stored; if another window has stored one since, with the edition that is
// there (409).
func (d *Drafts) Store(v *Visit) error {
	f := ReadForm(v.Ctx)
	draft, err := d.draftOf(v, f)
	if err != nil {
		return err
	}
	w, err := d.editor.Written(v, f, draft.Subject)
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

// draftOf returns the draft of a form that is sent to its path.
func (d *Drafts) draftOf(v *Visit, f Form) (Draft, error) {
	draft := DraftIn(f)
	var err error
	draft.Subject, err = ParseID(v.Params("subject"))
	return draft, err
}

// Discard discards a draft; it can be restored for a day.
func (d *Drafts) Discard(v *Visit) error {
	draft, err := d.draftOf(v, ReadForm(v.Ctx))
	if err != nil {
		return err
	}
	back, isThere := d.editor.PathOf(v, draft.Subject)
	err = d.shell.DB.DiscardDraft(v.UserContext(), d.key(v, draft.Subject), draft.Edition)
	if !isThere {
		back = v.Address(d.path)
	}
	switch {
	case fault.Is(err, fault.Conflict):
		if !isThere {
			back = d.newPath(v, draft.Subject)
		}
		return v.Done(back, Said{Text: "It was not discarded: it was changed in another window. Here is what that one has.", Bad: true})
	case fault.Is(err, fault.NotFound):
		return v.Done(back, Said{Text: "There was no draft to discard."})
	case err != nil:
		return err
	}
	return v.Done(back, Said{Text: "Your draft is discarded.", Undo: &Undo{Path: d.Path(v, draft.Subject) + "/restore"}})
}

// Restore brings a discarded draft back.
func (d *Drafts) Restore(v *Visit) error {
	draft, err := d.draftOf(v, ReadForm(v.Ctx))
	if err != nil {
		return err
	}
	_, err = d.shell.DB.RestoreDraft(v.UserContext(), d.key(v, draft.Subject))
	if refusal, ok := fault.As(err); ok && refusal.Kind != fault.Internal {
		return v.Done(v.Address(d.path), Said{Text: refusal.Message + ".", Bad: true})
	}
	if err != nil {
		return err
	}
	path, isThere := d.editor.PathOf(v, draft.Subject)
	if !isThere {
		path = d.newPath(v, draft.Subject)
	}
	return v.Done(path, Said{Text: "Your draft is back."})
}
