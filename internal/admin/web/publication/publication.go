package publication

import (
	"strconv"
	"time"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/pubstatus"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/endpoint"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// published is one representation that editors get.
type published struct {
	Name, URL, ETag string
	For             string
	Length          int
	Since           time.Time
	// Ahead reports whether this representation is still being published, so that readers
	// have an older one.
	Ahead bool
}

// publishJob is an unfinished job, with its last error in words.
type publishJob struct {
	postgres.PublishJob
	Words string
	// Next is when the job is tried next.
	Next string
}

// publicationData is the data of the page.
type publicationData struct {
	Live shell.Live
	// Canary describes whether publishing works in general. Sick is true if it doesn't.
	Canary string
	Sick   bool
	// CanaryAt is the time of the test change that Canary describes, zero if there is none.
	CanaryAt        time.Time
	Representations []published
	Jobs            []publishJob
	Tokens          int
	Change          access.Verdict
}

// Show shows what readers have, and whether publishing works.
func (p *Pages) Show(v *shell.Visit) error {
	s, err := pubstatus.Of(v.UserContext(), p.DB, v.Org.ID)
	if err != nil {
		return err
	}
	own, err := p.DB.CountModesBeside(v.UserContext(), v.Org.ID, p.Builtins)
	if err != nil {
		return err
	}
	d := publicationData{Live: shell.LiveOf(s, own+len(p.Builtins)), Change: v.May(access.Request{Action: access.ChangeLibrary})}
	d.Live.Here = true
	for _, r := range s.Representations {
		d.Representations = append(d.Representations, published{
			Name: r.Name, URL: v.ReaderURL(r.Name), ETag: pubstatus.ETag(r), For: forWhom[r.Name],
			Length: r.Length, Since: r.Since, Ahead: r.Revision > s.PublishedRevision,
		})
	}
	for _, j := range s.Jobs {
		d.Jobs = append(d.Jobs, publishJob{PublishJob: j, Words: pubstatus.Reason(j.Error), Next: shell.InSeconds(j.NextAt, s.At)})
	}
	if d.Tokens, err = p.tokensOnTheirWay(v); err != nil {
		return err
	}
	if err := p.hear(v, &d); err != nil {
		return err
	}
	page := shell.Page{Title: "Publication", Lead: "What readers serve, and so what editors get.", Data: d}
	if v.LeadsTo("/connect") {
		page.Actions = append(page.Actions, shell.Action{Label: "Connect an editor", Path: v.Address("/connect"), May: access.Verdict{Allowed: true}})
	}
	return v.Show("publication", page)
}

// tokensOnTheirWay counts the tokens whose current version readers don't have yet. It
// returns 0 if the visitor isn't allowed to read all tokens.
func (p *Pages) tokensOnTheirWay(v *shell.Visit) (n int, err error) {
	if !v.May(access.Request{Action: access.ReadTokens}).Allowed {
		return 0, nil
	}
	return p.DB.CountPendingTokens(v.UserContext(), v.Org.ID)
}

// forWhom describes the use of each representation.
var forWhom = map[string]string{
	endpoint.ModesJSON:        "Editors that know organizations",
	endpoint.ModesYAML:        "Everything an editor works with, the built-in modes too",
	endpoint.OrganizationYAML: "The organization’s own modes: safe to save as an editor’s file",
	endpoint.MarketplaceYAML:  "Editors that install modes from a marketplace",
	endpoint.TemplatesJSON:    "What permission templates allow, for whatever runs agents",
}

// canaryLate is the maximum age of the last test change: workers make one every 10 seconds.
const canaryLate = time.Minute

// hear checks the canary, to see whether publishing works in general.
func (p *Pages) hear(v *shell.Visit, d *publicationData) error {
	s, err := p.DB.CanaryStatus(v.UserContext())
	if err != nil {
		return err
	}
	switch {
	case s.Revision == 0:
		d.Canary, d.Sick = "No worker has ever run here: nothing is published until one does", true
	case s.PendingSince != nil && s.At.Sub(*s.PendingSince) > shell.Late:
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

// Again has everything published again, whatever readers have.
func (p *Pages) Again(v *shell.Visit) error {
	if err := p.DB.PublishAgain(v.UserContext(), v.Org.ID); err != nil {
		return err
	}
	return v.Done(v.Address("/publication"), shell.Said{Text: "Everything is being republished. Editors are not affected: unchanged content keeps its ETag."})
}

// Retry has a job run at once.
func (p *Pages) Retry(v *shell.Visit) error {
	id, err := strconv.ParseInt(shell.ReadForm(v.Ctx).Get("job"), 10, 64)
	if err != nil {
		return shell.Unreadable(err)
	}
	err = p.DB.RetryPublishJob(v.UserContext(), v.Org.ID, id)
	if fault.Is(err, fault.NotFound) {
		return v.Done(v.Address("/publication"), shell.Said{Text: "That publication is no longer waiting, so there was nothing to retry."})
	}
	if err != nil {
		return err
	}
	return v.Done(v.Address("/publication"), shell.Said{Text: "Retrying now."})
}

// Line answers with the publication line alone, for pages that show it and refresh it.
func (p *Pages) Line(v *shell.Visit) error {
	l, err := v.Live(max(v.QueryInt("modes"), 0))
	if err != nil {
		return err
	}
	l.Here = v.Query("here") != ""
	return v.Part("publication", "live", l)
}
