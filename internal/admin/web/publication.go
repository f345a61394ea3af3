package web

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"orgmodes/internal/access"
	"orgmodes/internal/document"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/snapshot"
)

// published is one form of what editors get.
type published struct {
	Name, URL, ETag string
	For             string
	Length          int
	Since           time.Time
	// Ahead says that this is what is being published: readers still have an older
	// one.
	Ahead bool
}

// publishJob is work that isn't done, in words.
type publishJob struct {
	postgres.PublishJob
	Words string
	// Waits says that it is tried again by itself, Over that it no longer is.
	Waits, Over bool
}

// publicationData is what the page shows.
type publicationData struct {
	Status postgres.PublicationStatus
	Live   live
	// Canary says in words how publishing is doing in general; Sick that it isn't
	// well.
	Canary string
	Sick   bool
	// CanaryAt is when it last was well, zero where that is unknown.
	CanaryAt        time.Time
	Representations []published
	Jobs            []publishJob
	Tokens          int
	Change          access.Verdict
}

func (w *Web) publicationShow(v *visit) error {
	s, err := w.DB.PublicationStatus(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	own, err := w.DB.Modes(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	d := publicationData{Status: s, Live: liveOf(s, w.merged(own), w.now()), Change: v.may(access.Request{Action: access.ChangeLibrary})}
	for _, r := range s.Representations {
		d.Representations = append(d.Representations, published{
			Name: r.Name, URL: w.at(v, pathOf(r.Name)), ETag: tagOf(r), For: forWhom[r.Name],
			Length: r.Length, Since: r.Since, Ahead: r.Revision > s.PublishedRevision,
		})
	}
	jobs, err := w.DB.PublishJobs(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		d.Jobs = append(d.Jobs, publishJob{
			PublishJob: j, Words: failureInWords(j.Error), Over: j.State == "discarded",
			Waits: j.State == "retryable" || j.State == "scheduled",
		})
	}
	if d.Tokens, err = w.tokensOnTheirWay(v); err != nil {
		return err
	}
	if err := d.hear(v, w.now()); err != nil {
		return err
	}
	p := page{Title: "Publication", Lead: "What readers have of the library, and so what editors get.", Data: d}
	if v.leadsTo("/connect") {
		p.Actions = append(p.Actions, action{Label: "Connect an editor", Path: v.path("/connect"), May: access.Verdict{Allowed: true}})
	}
	return v.render("publication", p)
}

// merged counts the modes that editors get with the built-in ones.
func (w *Web) merged(own []modes.OrganizationMode) int {
	n := len(w.Builtins)
	for _, m := range own {
		if !w.isBuiltin(m.Slug) {
			n++
		}
	}
	return n
}

// tokensOnTheirWay counts those that readers don't know of as they are, among
// those that the visitor may see.
func (w *Web) tokensOnTheirWay(v *visit) (n int, err error) {
	if !v.may(access.Request{Action: access.ReadTokens}).Allowed {
		return 0, nil
	}
	all, err := w.DB.Tokens(v.UserContext(), v.org.ID)
	for _, t := range all {
		if t.PublishedVersion < t.Version {
			n++
		}
	}
	return n, err
}

// pathOf is where readers serve a representation, below the organization.
func pathOf(representation string) string {
	if representation == document.TemplatesJSON {
		return "templates"
	}
	return strings.TrimSuffix(representation, ".json")
}

// forWhom says what each form is for.
var forWhom = map[string]string{
	"modes.json":                "Editors that know organizations",
	"modes.yaml":                "Everything an editor works with, the built-in modes too",
	"organization.yaml":         "The organization’s own modes: safe to save as an editor’s file",
	"marketplace.yaml":          "Editors that install modes from a marketplace",
	"permission-templates.json": "What permission templates allow, for whatever runs agents",
}

// tagOf is the entity-tag that readers give a representation, uncoded.
func tagOf(r postgres.PublishedRepresentation) string {
	t := snapshot.Tag{Epoch: r.Epoch, Revision: r.Revision}
	if sum, err := hex.DecodeString(r.SHA256); err == nil {
		copy(t.Hash[:], sum)
	}
	return t.ETag(snapshot.Identity)
}

// canaryLate is how long ago the last test change may be: workers make one every
// 10 seconds.
const canaryLate = time.Minute

// hear finds out how publishing is doing in general.
func (d *publicationData) hear(v *visit, now time.Time) error {
	s, err := v.w.DB.CanaryStatus(v.UserContext())
	if err != nil {
		return err
	}
	switch {
	case s.Revision == 0:
		d.Canary, d.Sick = "No worker has ever run here: nothing is published until one does", true
	case s.PendingSince != nil && now.Sub(*s.PendingSince) > late:
		d.Canary, d.Sick = "The last test change of the workers has not gone through. It was made", true
		d.CanaryAt = *s.PendingSince
	case s.PendingSince != nil:
		d.Canary, d.CanaryAt = "Publishing works: a test change is on its way, made", *s.PendingSince
	case now.Sub(s.ChangedAt) > canaryLate:
		d.Canary, d.Sick = "Workers publish a test change every 10 seconds; the last one was", true
		d.CanaryAt = s.ChangedAt
	default:
		d.Canary = "Publishing works: the last test change went through"
		d.CanaryAt = s.ChangedAt
	}
	return nil
}

// failureInWords says what an error of a worker comes to. The error itself is
// shown beside it.
func failureInWords(err string) string {
	low := strings.ToLower(err)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(low, w) })
	}
	switch {
	case err == "":
		return ""
	case has("fence", "incarnation", "reconcil"):
		return "Redis was replaced or emptied, and is being filled again first"
	case has("epoch", "ahead"):
		return "Redis knows more than the database, which was probably restored from a backup: an operator has to raise the epoch"
	case has("connection refused", "i/o timeout", "no such host", "broken pipe", "connection reset", "deadline exceeded", "eof"):
		return "The worker could not reach Redis or the database"
	case has("oom", "maxmemory"):
		return "Redis has no memory left"
	case has("panic"):
		return "The worker failed on this library; that is a mistake of ours"
	default:
		return "The worker failed"
	}
}

// publicationAgain has everything published again, whatever readers have.
func (w *Web) publicationAgain(v *visit) error {
	if err := w.DB.PublishAgain(v.UserContext(), v.org.ID); err != nil {
		return err
	}
	return v.done(v.path("/publication"), said{Text: "Everything is being published again. Editors notice nothing where nothing differs: what is the same keeps its ETag."})
}

// publicationRetry has one job worked at once.
func (w *Web) publicationRetry(v *visit) error {
	id, err := strconv.ParseInt(readForm(v.Ctx).Get("job"), 10, 64)
	if err != nil {
		return unreadable(err)
	}
	if err := w.DB.RetryPublishJob(v.UserContext(), v.org.ID, id); err != nil {
		return err
	}
	return v.done(v.path("/publication"), said{Text: "It is tried again now."})
}
