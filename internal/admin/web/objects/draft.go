package objects

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// draft is what was typed and not saved, as the page has it.
type draft struct {
	// Subject is the object's id, or one that the page made up for a new object.
	Subject uuid.UUID
	// Edition is the draft's that the page is of, 0 where there is none yet.
	Edition int64
	// At is when it was stored; zero where there is none.
	At time.Time
	// Behind says that the object was saved since the draft was begun.
	Behind bool
}

// draftContent is what the library keeps of a draft.
type draftContent struct {
	YAML string `json:"yaml"`
}

func (p *Pages) draftKey(v *shell.Visit, subject uuid.UUID) postgres.DraftKey {
	return postgres.DraftKey{OrganizationID: v.Org.ID, UserID: v.Visitor.UserID, Kind: p.kind.Names().Singular, Subject: subject}
}

// withDraft puts the visitor's draft of a subject into the editor, if there is one.
func (p *Pages) withDraft(v *shell.Visit, e *editor, subject uuid.UUID) error {
	e.Draft.Subject = subject
	d, err := p.DB.Draft(v.UserContext(), p.draftKey(v, subject))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var content draftContent
	if err := json.Unmarshal(d.Content, &content); err != nil {
		return err
	}
	e.Draft = draft{Subject: subject, Edition: d.Edition, At: d.UpdatedAt, Behind: e.Saved != nil && d.BaseVersion < e.Saved.Version}
	e.Text, e.Seen = content.YAML, d.BaseVersion
	return nil
}

// storeDraft stores what the editor has in the place of the edition that it is of.
func (p *Pages) storeDraft(v *shell.Visit, e *editor) error {
	content, err := json.Marshal(draftContent{YAML: e.Text})
	if err != nil {
		return err
	}
	d, err := p.DB.StoreDraft(v.UserContext(), postgres.Draft{
		DraftKey: p.draftKey(v, e.Draft.Subject), Title: titleOf(e.Text), Content: content, BaseVersion: e.Seen, Edition: e.Draft.Edition,
	})
	if err == nil {
		e.Draft.Edition, e.Draft.At = d.Edition, d.UpdatedAt
	}
	return err
}

// endDraft ends the draft that was saved; what another window has typed since stays.
func (p *Pages) endDraft(v *shell.Visit, e editor) error {
	key := p.draftKey(v, e.Draft.Subject)
	d, err := p.DB.Draft(v.UserContext(), key)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var content draftContent
	if err := json.Unmarshal(d.Content, &content); err != nil {
		return err
	}
	if d.Edition != e.Draft.Edition && content.YAML != e.Text {
		return nil
	}
	return p.DB.EndDraft(v.UserContext(), key, d.Edition)
}

// titleOf is the name in a manifest that may be half written.
func titleOf(text string) string {
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "name:"); ok {
			return strings.Trim(strings.TrimSpace(name), `"'`)
		}
	}
	return ""
}

// storedDraft is the answer to a script that stored a draft, or could not.
type storedDraft struct {
	// Edition is that of the draft that is there now, 0 where there is none.
	Edition int64 `json:"edition"`
	// Refused says in words why what was sent is not stored.
	Refused string `json:"refused,omitempty"`
}

// StoreDraft stores a draft for a script: fields yaml, seen and edition. It answers with
// the edition that is stored; where another window stored meanwhile, with the edition that
// is there (409).
func (p *Pages) StoreDraft(v *shell.Visit) error {
	subject, err := shell.ParseID(v.Params("subject"))
	if err != nil {
		return err
	}
	e := editorOf(shell.ReadForm(v.Ctx))
	e.Draft.Subject = subject
	err = p.storeDraft(v, &e)
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
	return v.JSON(storedDraft{Edition: e.Draft.Edition})
}

// DiscardDraft discards a draft; it can be restored for a day.
func (p *Pages) DiscardDraft(v *shell.Visit) error {
	subject, err := shell.ParseID(v.Params("subject"))
	if err != nil {
		return err
	}
	edition, err := strconv.ParseInt(shell.ReadForm(v.Ctx).Get("edition"), 10, 64)
	if err != nil {
		return shell.Unreadable(err)
	}
	err = p.DB.DiscardDraft(v.UserContext(), p.draftKey(v, subject), edition)
	if fault.Is(err, fault.Conflict) {
		return v.Done(p.draftPath(v, subject), shell.Said{Text: "It was not discarded: it was changed in another window. Here is what that one has.", Bad: true})
	}
	if fault.Is(err, fault.NotFound) {
		return v.Done(p.path(v, ""), shell.Said{Text: "There was no draft to discard."})
	}
	if err != nil {
		return err
	}
	back := p.path(v, "")
	if p.isThere(v, subject) {
		back = p.path(v, "/"+subject.String())
	}
	return v.Done(back, shell.Said{
		Text: "Your draft is discarded.", Undo: &shell.Undo{Path: p.path(v, "/drafts/"+subject.String()+"/restore")},
	})
}

// RestoreDraft brings a discarded draft back.
func (p *Pages) RestoreDraft(v *shell.Visit) error {
	subject, err := shell.ParseID(v.Params("subject"))
	if err != nil {
		return err
	}
	_, err = p.DB.RestoreDraft(v.UserContext(), p.draftKey(v, subject))
	if refusal, ok := fault.As(err); ok && refusal.Kind != fault.Internal {
		return v.Done(p.path(v, ""), shell.Said{Text: refusal.Message + ".", Bad: true})
	}
	if err != nil {
		return err
	}
	return v.Done(p.draftPath(v, subject), shell.Said{Text: "Your draft is back."})
}

// draftPath is where a draft is gone on with.
func (p *Pages) draftPath(v *shell.Visit, subject uuid.UUID) string {
	if p.isThere(v, subject) {
		return p.path(v, "/"+subject.String())
	}
	return p.path(v, "/new?draft="+subject.String())
}

// isThere says whether there is an object of that id; a draft may be of one that isn't.
func (p *Pages) isThere(v *shell.Visit, id uuid.UUID) bool {
	_, err := p.store.Get(v.UserContext(), v.Org.ID, id.String())
	return err == nil
}
