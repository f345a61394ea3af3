package checker

import "time"

// Summary summarizes a history.
type Summary struct {
	Polls, Full, NotModified, Others int
	// Unserved counts those of Others that editors with a good token received from running
	// readers.
	Unserved int
	// Stale is the time from the start of the fault to the first answer marked stale, the
	// maximum over all readers. It is 0 if there was none. Readers that did not answer
	// don't count.
	Stale time.Duration
	// Fresh is the time from the end of the fault until the last reader's answer about the
	// last organization was fresh and current.
	Fresh time.Duration
	// Refused is the longest time from the acknowledgment of a revocation to the last
	// answer that still accepted the token.
	Refused time.Duration
}

// Summarize returns a summary of a history.
func Summarize(h *History, p Promises) Summary {
	c := newChecker(h, p)
	var f Summary
	stale := map[string]time.Duration{}
	for i := range c.polls {
		poll := &c.polls[i]
		f.Polls++
		switch poll.Status {
		case 200:
			f.Full++
		case 304:
			f.NotModified++
		default:
			f.Others++
			r, ended := c.ended[poll.Token]
			if c.h.Opens[poll.Token] == poll.Organization && (!ended || poll.Received.Before(r.Sent)) && poll.Status != 0 {
				f.Unserved++
			}
		}
		if _, recorded := stale[poll.Reader]; !recorded && poll.served() && poll.Stale() && !h.Fault.none() && poll.Sent.After(h.Fault.Began) {
			stale[poll.Reader] = poll.Received.Sub(h.Fault.Began)
		}
		if r, ended := c.ended[poll.Token]; ended && poll.served() && !r.Acknowledged.IsZero() {
			f.Refused = max(f.Refused, poll.Received.Sub(r.Acknowledged))
		}
	}
	for _, d := range stale {
		f.Stale = max(f.Stale, d)
	}
	if !h.Fault.none() {
		for _, r := range c.recoveries() {
			if r.recovered != nil {
				f.Fresh = max(f.Fresh, r.recovered.Sent.Sub(h.Fault.Ended))
			}
		}
	}
	return f
}
