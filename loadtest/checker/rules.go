package checker

import (
	"strings"
	"time"
)

// answered must be called for every poll in order, since it also tracks which documents are
// resident in which reader.
func (c *checker) answered(p *Poll) {
	at := residence{p.Reader, p.Organization, p.Token}
	since, warm, cut := c.warmth(p, at)
	if cut {
		return
	}
	if p.Status == 503 && p.RetryAfter == "" {
		c.violation(Answered, p, "503 says when to come again")
	}
	r, ended := c.ended[p.Token]
	if detail := c.answerFault(p, warm, ended && !p.Received.Before(r.Sent)); detail != "" {
		c.violation(Answered, p, "%s", strings.ReplaceAll(detail, "{since}", since.Format("15:04:05.000")))
	}
	// A reader that was away is warm from its first answer on.
	if _, resident := c.residentSince[at]; p.served() && !c.foreign(p) && (!resident || !warm) {
		c.residentSince[at] = p.Received
	}
}

// warmth reports whether the reader must have the document and the token in memory, and since
// when. cut means that there was no answer because the reader was killed or started during the
// request.
func (c *checker) warmth(p *Poll, at residence) (since time.Time, warm, cut bool) {
	since, warm = c.residentSince[at]
	warm = warm && !since.After(p.Sent)
	for _, a := range c.h.Outages {
		if a.Reader != p.Reader {
			continue
		}
		if p.Status == 0 && !p.Received.Before(a.Down) && (a.Up.IsZero() || !p.Sent.After(a.Up)) {
			return since, warm, true
		}
		// An answer after Launched comes from the new program, even before Up.
		if warm && !a.Launched.IsZero() && p.Received.After(a.Launched) && since.Before(a.Launched) {
			warm = a.Kept && since.Add(c.p.Kept).Before(a.Down)
		}
	}
	return since, warm, false
}

// foreign reports whether the token doesn't grant access to the organization.
func (c *checker) foreign(p *Poll) bool { return c.h.Opens[p.Token] != p.Organization }

// answerFault explains why the status of an answer is not allowed, or returns "". The first row
// that applies counts. Another rule checks that nothing is served to a stranger.
//
//	poll                                   allowed
//	of a stranger                          200, 304, 404, 503, and 401 once the token was ended
//	of a token that was ended              200, 304, 401, 503
//	of a warm reader, tokens have lapsed   200, 304, 503
//	of a warm reader                       200, 304
//	of another reader                      200, 304, 503
func (c *checker) answerFault(p *Poll, warm, ended bool) string {
	unavailable := p.Status == 503
	switch {
	case p.served():
		return ""
	case c.foreign(p):
		if p.Status != 404 && !unavailable && (!ended || p.Status != 401) {
			return "a stranger gets 404, or 503 where it can't be checked"
		}
	case ended && (p.Status == 401 || unavailable):
	case warm && c.lapsed(p):
		if !unavailable {
			return "a token that can't be checked for long gets 503"
		}
	case warm:
		return "the reader has had this since {since}"
	case !unavailable:
		return "a reader that can't know gets to say 503 and nothing else"
	}
	return ""
}

// lapsed reports whether tokens may have expired by age alone.
func (c *checker) lapsed(p *Poll) bool {
	f := c.h.Fault
	return !f.none() && p.Received.Sub(f.Began) > c.p.AuthMaxStale-c.p.Marked && (f.Ended.IsZero() || p.Sent.Sub(f.Ended) < c.p.Recovery)
}

// bound checks an answer that isn't marked stale against the changes.
func (c *checker) bound(p *Poll) {
	if p.Stale() {
		return
	}
	number, ok := c.shows(p)
	if !ok {
		c.violation(Bound, p, "no body was ever seen under this tag")
		return
	}
	// One writer for each organization numbers its changes in order, so the greatest number
	// that is due implies the others.
	for _, ch := range c.changes[p.Organization] {
		due := !ch.Acknowledged.IsZero() && ch.Acknowledged.Add(c.p.Bound).Before(p.Sent)
		void := !ch.Undone.IsZero() && !p.Received.Before(ch.Undone)
		if due && !void && number < ch.Number {
			c.violation(Bound, p, "it shows change %d; %d was acknowledged %s before", number, ch.Number, p.Sent.Sub(ch.Acknowledged))
			return
		}
	}
}

// revoked checks that a fresh answer accepts no token revoked longer ago than the bound. An
// answer marked stale may accept it until tokens expire by age.
func (c *checker) revoked(p *Poll) {
	r, ended := c.ended[p.Token]
	if !ended || r.Acknowledged.IsZero() {
		return
	}
	by := r.Acknowledged.Add(c.p.Bound)
	if f := c.h.Fault; p.Stale() && !f.none() && by.After(f.Began) && r.Acknowledged.Before(f.Ended.Add(c.p.Recovery)) {
		by = earlier(latest(r.Acknowledged, f.Began).Add(c.p.AuthMaxStale), latest(by, f.Ended.Add(c.p.Recovery)))
	}
	if p.Sent.After(by) {
		c.violation(Revoked, p, "it was ended %s before", p.Sent.Sub(r.Acknowledged))
	}
}

// recovered checks when a reader's answers about an organization were first fresh and
// current, and whether they are at the end. In between, a reader may answer that it can't
// tell: on a busy machine that happens, and is correct. A recording that ends too early has
// not recovered.
func (c *checker) recovered() {
	f := c.h.Fault
	if f.none() {
		return
	}
	for at, r := range c.recoveries() {
		switch {
		case r.recovered == nil || !r.lasts:
			c.violation(Recovered, r.last, "%s is not fresh and current for %s in the end", at.reader, at.organization)
		case r.recovered.Sent.Sub(f.Ended) > c.p.Recovery:
			c.violation(Recovered, r.recovered, "that is %s after the fault", r.recovered.Sent.Sub(f.Ended))
		}
	}
}

// recovery describes how a reader recovered for an organization. recovered is the first poll
// after the fault that was fresh and current. last is the last poll, and lasts reports
// whether that was fresh and current too.
type recovery struct {
	recovered, last *Poll
	lasts           bool
}

func (c *checker) recoveries() map[residence]recovery {
	f := c.h.Fault
	out := map[residence]recovery{}
	for i := range c.polls {
		p := &c.polls[i]
		_, ended := c.ended[p.Token]
		if p.Sent.Before(f.Ended) || ended || c.h.Opens[p.Token] != p.Organization {
			continue
		}
		at := residence{reader: p.Reader, organization: p.Organization}
		r := out[at]
		r.last, r.lasts = p, p.served() && !p.Stale() && c.current(p)
		if r.lasts && r.recovered == nil {
			r.recovered = p
		}
		out[at] = r
	}
	return out
}

// current reports whether p shows no change that was undone, and all changes that were
// acknowledged before the end of the fault.
func (c *checker) current(p *Poll) bool {
	number, ok := c.shows(p)
	if !ok {
		return false
	}
	for _, ch := range c.changes[p.Organization] {
		if !ch.Undone.IsZero() && ch.Number == number {
			return false
		}
		if ch.Undone.IsZero() && !ch.Acknowledged.IsZero() && ch.Acknowledged.Before(c.h.Fault.Ended) && number < ch.Number {
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
