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

// representation is one representation that editors get.
type representation struct {
	Name, URL, ETag string
	Purpose         string
	Length          int
	Since           time.Time
	// Pending reports whether this representation is still being published, so that readers
	// have an older one.
	Pending bool
}

// publishJob is an unfinished job, with a description of its last error.
type publishJob struct {
	postgres.PublishJob
	ErrorText string
	// NextAttempt is when the job is tried next.
	NextAttempt string
}

// publicationData is the data of the page.
type publicationData struct {
	PublicationLine shell.PublicationLine
	// Canary describes whether publishing works in general. Unhealthy is true if it doesn't.
	Canary    string
	Unhealthy bool
	// CanaryAt is the time of the test change that Canary describes, zero if there is none.
	CanaryAt        time.Time
	Representations []representation
	Jobs            []publishJob
	PendingTokens   int
	Change          access.Decision
}

// Show serves GET /publication: the page that shows what readers have, and whether publishing
// works. As for the other handlers, the path is relative to that of the organization.
func (p *Pages) Show(v *shell.Request) error {
	s, err := pubstatus.Get(v.UserContext(), p.DB, v.Org.ID)
	if err != nil {
		return err
	}
	own, err := p.DB.CountModesExcept(v.UserContext(), v.Org.ID, p.Builtins)
	if err != nil {
		return err
	}
	d := publicationData{PublicationLine: shell.NewPublicationLine(s, own+len(p.Builtins)), Change: v.May(access.Request{Action: access.ChangeLibrary})}
	d.PublicationLine.OnStatusPage = true
	for _, r := range s.Representations {
		d.Representations = append(d.Representations, representation{
			Name: r.Name, URL: v.ReaderURL(r.Name), ETag: pubstatus.ETag(r), Purpose: representationPurposes[r.Name],
			Length: r.Length, Since: r.Since, Pending: r.Revision > s.PublishedRevision,
		})
	}
	for _, j := range s.Jobs {
		d.Jobs = append(d.Jobs, publishJob{PublishJob: j, ErrorText: pubstatus.Reason(j.Error), NextAttempt: shell.InSeconds(j.NextAt, s.At)})
	}
	if d.PendingTokens, err = p.pendingTokens(v); err != nil {
		return err
	}
	if err := p.checkCanary(v, &d); err != nil {
		return err
	}
	page := shell.Page{Title: "Publication", Lead: "What readers serve, and so what editors get.", Data: d}
	if v.HasRoute("/connect") {
		page.Actions = append(page.Actions, shell.Action{Label: "Connect an editor", Path: v.Address("/connect"), May: access.Decision{Allowed: true}})
	}
	return v.Show("publication", page)
}

// pendingTokens counts the tokens whose current version readers don't have yet. It
// returns 0 if the visitor isn't allowed to read all tokens.
func (p *Pages) pendingTokens(v *shell.Request) (n int, err error) {
	if !v.May(access.Request{Action: access.ReadTokens}).Allowed {
		return 0, nil
	}
	return p.DB.CountPendingTokens(v.UserContext(), v.Org.ID)
}

// representationPurposes describes the use of each representation.
var representationPurposes = map[string]string{
	endpoint.ModesJSON:        "Editors that know organizations",
	endpoint.ModesYAML:        "Everything an editor works with, the built-in modes too",
	endpoint.OrganizationYAML: "The organization’s own modes: safe to save as an editor’s file",
	endpoint.MarketplaceYAML:  "Editors that install modes from a marketplace",
	endpoint.TemplatesJSON:    "What permission templates allow, for whatever runs agents",
}

// canaryMaxAge is the maximum age of the last test change: workers make one every 10 seconds.
const canaryMaxAge = time.Minute

// checkCanary checks the canary, to see whether publishing works in general.
func (p *Pages) checkCanary(v *shell.Request, d *publicationData) error {
	s, err := p.DB.CanaryStatus(v.UserContext())
	if err != nil {
		return err
	}
	switch {
	case s.Revision == 0:
		d.Canary, d.Unhealthy = "No worker has ever run here: nothing is published until one does", true
	case s.PendingSince != nil && s.At.Sub(*s.PendingSince) > shell.OverdueAfter:
		d.Canary, d.Unhealthy = "The last test change of the workers has not gone through. It was made", true
		d.CanaryAt = *s.PendingSince
	case s.PendingSince != nil:
		d.Canary, d.CanaryAt = "Publishing works: a test change is on its way, made", *s.PendingSince
	case s.At.Sub(s.ChangedAt) > canaryMaxAge:
		d.Canary, d.Unhealthy = "Workers publish a test change every 10 seconds; the last one was", true
		d.CanaryAt = s.ChangedAt
	default:
		d.Canary = "Publishing works: the last test change went through"
		d.CanaryAt = s.ChangedAt
	}
	return nil
}

// Republish handles POST /publication/again: it schedules all content of the request's
// organization to be published again, even if readers are up to date. It redirects to the
// publication page.
func (p *Pages) Republish(v *shell.Request) error {
	if err := p.DB.Republish(v.UserContext(), v.Org.ID); err != nil {
		return err
	}
	return v.RedirectWithFlash(v.Address("/publication"), shell.Flash{Text: "Everything is being republished. Editors are not affected: unchanged content keeps its ETag."})
}

// Retry handles POST /publication/retries: it makes an unfinished publishing job run now
// instead of at its next attempt. The form field "job" is the job's id. It redirects to the
// publication page, also if the job is no longer waiting.
func (p *Pages) Retry(v *shell.Request) error {
	id, err := strconv.ParseInt(shell.ReadForm(v.Ctx).Get("job"), 10, 64)
	if err != nil {
		return shell.MalformedForm(err)
	}
	err = p.DB.RetryPublishJob(v.UserContext(), v.Org.ID, id)
	if fault.Is(err, fault.NotFound) {
		return v.RedirectWithFlash(v.Address("/publication"), shell.Flash{Text: "That publication is no longer waiting, so there was nothing to retry."})
	}
	if err != nil {
		return err
	}
	return v.RedirectWithFlash(v.Address("/publication"), shell.Flash{Text: "Retrying now."})
}

// PublicationLine serves GET /modes/live: the publication line alone, for pages that show it
// and refresh it. ?modes= is the number of modes to show in it, and ?here= is set if the page
// is the publication page itself.
func (p *Pages) PublicationLine(v *shell.Request) error {
	l, err := v.PublicationLine(max(v.QueryInt("modes"), 0))
	if err != nil {
		return err
	}
	l.OnStatusPage = v.Query("here") != ""
	return v.Part("publication", "publication-line", l)
}
