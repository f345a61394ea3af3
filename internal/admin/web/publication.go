package web

import (
	"strconv"
	"time"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/publication"
	"orgmodes/internal/endpoint"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
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
	// Next is when it is tried again.
	Next string
}

// publicationData is what the page shows.
type publicationData struct {
	Live live
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
	s, err := publication.Of(v.UserContext(), w.DB, v.org.ID)
	if err != nil {
		return err
	}
	own, err := w.DB.ModeHeads(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	d := publicationData{Live: liveOf(s, w.merged(own)), Change: v.may(access.Request{Action: access.ChangeLibrary})}
	d.Live.Here = true
	for _, r := range s.Representations {
		d.Representations = append(d.Representations, published{
			Name: r.Name, URL: w.at(v, r.Name), ETag: publication.ETag(r), For: forWhom[r.Name],
			Length: r.Length, Since: r.Since, Ahead: r.Revision > s.PublishedRevision,
		})
	}
	for _, j := range s.Jobs {
		d.Jobs = append(d.Jobs, publishJob{PublishJob: j, Words: publication.Reason(j.Error), Next: inSeconds(j.NextAt, s.At)})
	}
	if d.Tokens, err = w.tokensOnTheirWay(v); err != nil {
		return err
	}
	if err := d.hear(v); err != nil {
		return err
	}
	p := page{Title: "Publication", Lead: "What readers have of the library, and so what editors get.", Data: d}
	if v.leadsTo("/connect") {
		p.Actions = append(p.Actions, action{Label: "Connect an editor", Path: v.path("/connect"), May: access.Verdict{Allowed: true}})
	}
	return v.render("publication", p)
}

// merged counts the modes that editors get with the built-in ones.
func (w *Web) merged(own []postgres.ModeHead) int {
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
	return w.DB.CountPendingTokens(v.UserContext(), v.org.ID)
}

// forWhom says what each form is for.
var forWhom = map[string]string{
	endpoint.ModesJSON:        "Editors that know organizations",
	endpoint.ModesYAML:        "Everything an editor works with, the built-in modes too",
	endpoint.OrganizationYAML: "The organization’s own modes: safe to save as an editor’s file",
	endpoint.MarketplaceYAML:  "Editors that install modes from a marketplace",
	endpoint.TemplatesJSON:    "What permission templates allow, for whatever runs agents",
}

// canaryLate is how long ago the last test change may be: workers make one every
// 10 seconds.
const canaryLate = time.Minute

// hear finds out how publishing is doing in general.
func (d *publicationData) hear(v *visit) error {
	s, err := v.w.DB.CanaryStatus(v.UserContext())
	if err != nil {
		return err
	}
	switch {
	case s.Revision == 0:
		d.Canary, d.Sick = "No worker has ever run here: nothing is published until one does", true
	case s.PendingSince != nil && s.At.Sub(*s.PendingSince) > late:
		d.Canary, d.Sick = "The last test change of the workers has not gone through. It was made", true
		d.CanaryAt = *s.PendingSince
	case s.PendingSince != nil:
		d.Canary, d.CanaryAt = "Publishing works: a test change is on its way, made", *s.PendingSince
	case s.At.Sub(s.ChangedAt) > canaryLate:
		d.Canary, d.Sick = "Workers publish a test change every 10 seconds; the last one was", true
		d.CanaryAt = s.ChangedAt
	default:
		d.Canary = "Publishing works: the last test change went through"
		d.CanaryAt = s.ChangedAt
	}
	return nil
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
	err = w.DB.RetryPublishJob(v.UserContext(), v.org.ID, id)
	if fault.Is(err, fault.NotFound) {
		return v.done(v.path("/publication"), said{Text: "That publication is no longer waiting, so there was nothing to try again."})
	}
	if err != nil {
		return err
	}
	return v.done(v.path("/publication"), said{Text: "It is tried again now."})
}
