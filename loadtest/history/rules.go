package history

import "time"

// answered looks at every poll in order, as it also keeps book of what is
// resident where.
func (c *checker) answered(p *Poll) {
	at := residence{p.Reader, p.Organization, p.Token}
	since, warm := c.warm[at]
	warm = warm && !since.After(p.Sent)
	for _, a := range c.h.Absences {
		if a.Reader != p.Reader {
			continue
		}
		if !p.Received.Before(a.Down) && (a.Up.IsZero() || !p.Sent.After(a.Up)) {
			// It was ended, or began, during the request.
			if p.Status == 0 {
				return
			}
		}
		// What answers after Launched is the new program, even before it is known to.
		if warm && !a.Launched.IsZero() && p.Received.After(a.Launched) && since.Before(a.Launched) {
			warm = a.Kept && since.Add(c.p.Kept).Before(a.Down)
		}
	}
	r, ended := c.ended[p.Token]
	ended = ended && !p.Received.Before(r.Sent)
	if p.Status == 503 && p.RetryAfter == "" {
		c.broken(Answered, p, "503 says when to come again")
	}
	switch {
	case c.h.Opens[p.Token] != p.Organization:
		if p.Status != 404 && p.Status != 503 && (!ended || p.Status != 401) && !p.served() {
			c.broken(Answered, p, "a stranger gets 404, or 503 where it can't be checked")
		}
	case p.served():
		// A reader that was away begins anew with the first answer.
		if _, known := c.warm[at]; !known || !warm {
			c.warm[at] = p.Received
		}
	case ended && (p.Status == 401 || p.Status == 503):
	case warm && c.lapsed(p):
		if p.Status != 503 {
			c.broken(Answered, p, "a token that can't be checked for long gets 503")
		}
	case warm:
		c.broken(Answered, p, "the reader has had this since %s", since.Format("15:04:05.000"))
	case p.Status != 503:
		c.broken(Answered, p, "a reader that can't know gets to say 503 and nothing else")
	}
}

// lapsed reports whether tokens may have stopped to count by age alone.
func (c *checker) lapsed(p *Poll) bool {
	f := c.h.Fault
	return !f.none() && p.Received.Sub(f.Began) > c.p.AuthMaxStale-c.p.Marked && (f.Over.IsZero() || p.Sent.Sub(f.Over) < c.p.Recovery)
}

// bound holds an answer that isn't said to be stale against the changes.
func (c *checker) bound(p *Poll) {
	if p.Stale() {
		return
	}
	number, known := c.shows(p)
	if !known {
		c.broken(Bound, p, "no body was ever seen under this tag")
		return
	}
	// Numbers are given in order by one writer for each organization, so the
	// greatest that is due implies the others.
	for _, ch := range c.changes[p.Organization] {
		due := !ch.Acknowledged.IsZero() && ch.Acknowledged.Add(c.p.Bound).Before(p.Sent)
		void := !ch.Undone.IsZero() && !p.Received.Before(ch.Undone)
		if due && !void && number < ch.Number {
			c.broken(Bound, p, "it shows change %d; %d was acknowledged %s before", number, ch.Number, p.Sent.Sub(ch.Acknowledged))
			return
		}
	}
}

// revoked: an answer said to be fresh takes no token that ended longer ago than
// the bound. One said to be stale may, until tokens stop to count by age.
func (c *checker) revoked(p *Poll) {
	r, ended := c.ended[p.Token]
	if !ended || r.Acknowledged.IsZero() {
		return
	}
	by := r.Acknowledged.Add(c.p.Bound)
	if f := c.h.Fault; p.Stale() && !f.none() && by.After(f.Began) && r.Acknowledged.Before(f.Over.Add(c.p.Recovery)) {
		by = earlier(latest(r.Acknowledged, f.Began).Add(c.p.AuthMaxStale), latest(by, f.Over.Add(c.p.Recovery)))
	}
	if p.Sent.After(by) {
		c.broken(Revoked, p, "it was ended %s before", p.Sent.Sub(r.Acknowledged))
	}
}

// recovered looks for the moment at which a reader's answers about an
// organization were fresh and current for the first time, and whether they are
// in the end. In between a reader may say that it can't tell: on a busy machine
// that happens, and is no lie. A recording that ends before has not recovered.
func (c *checker) recovered() {
	f := c.h.Fault
	if f.none() {
		return
	}
	for at, r := range c.recoveries() {
		switch {
		case r.well == nil || !r.lasts:
			c.broken(Recovered, r.last, "%s is not fresh and current for %s in the end", at.reader, at.organization)
		case r.well.Sent.Sub(f.Over) > c.p.Recovery:
			c.broken(Recovered, r.well, "that is %s after the fault", r.well.Sent.Sub(f.Over))
		}
	}
}

// recovery is how a reader came back for an organization: well is the first poll
// after the fault that was fresh and current, last is the last of all, and
// lasts whether that was so, too.
type recovery struct {
	well, last *Poll
	lasts      bool
}

func (c *checker) recoveries() map[residence]recovery {
	f := c.h.Fault
	out := map[residence]recovery{}
	for i := range c.polls {
		p := &c.polls[i]
		_, ended := c.ended[p.Token]
		if p.Sent.Before(f.Over) || ended || c.h.Opens[p.Token] != p.Organization {
			continue
		}
		at := residence{reader: p.Reader, organization: p.Organization}
		r := out[at]
		r.last, r.lasts = p, p.served() && !p.Stale() && c.current(p)
		if r.lasts && r.well == nil {
			r.well = p
		}
		out[at] = r
	}
	return out
}

// current reports whether p shows nothing that was undone, and all that was
// acknowledged before the fault was over.
func (c *checker) current(p *Poll) bool {
	number, known := c.shows(p)
	if !known {
		return false
	}
	for _, ch := range c.changes[p.Organization] {
		if !ch.Undone.IsZero() && ch.Number == number {
			return false
		}
		if ch.Undone.IsZero() && !ch.Acknowledged.IsZero() && ch.Acknowledged.Before(c.h.Fault.Over) && number < ch.Number {
			return false
		}
	}
	return true
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
