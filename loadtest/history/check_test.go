package history_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/loadtest/history"
)

var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return start.Add(time.Duration(seconds * float64(time.Second)))
}

// poll returns a 200 with a document that shows a change, sent at a time in seconds.
func poll(seconds float64, reader string, change int64) history.Poll {
	body := fmt.Appendf(nil, "acme, change %d", change)
	coded := append([]byte("gzip "), body...)
	identity, sum := sha256.Sum256(body), sha256.Sum256(coded)
	return history.Poll{
		Editor: "ed", Reader: reader, Organization: "acme", Token: "good",
		Sent: at(seconds), Received: at(seconds + 0.001), Status: 200,
		ETag:        fmt.Sprintf(`"1.%d.%s-gz"`, change, hex.EncodeToString(identity[:8])),
		CacheStatus: "orgmodes; hit", ReprDigest: "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
		Coding: "gzip", Identity: identity, Sum: sum, Owner: "acme", Change: change,
	}
}

func with(p history.Poll, edit func(*history.Poll)) history.Poll {
	edit(&p)
	return p
}

func status(code int) func(*history.Poll) {
	return func(p *history.Poll) {
		if p.Status = code; code == 503 {
			p.RetryAfter = "5"
		}
	}
}

func stale(p *history.Poll) { p.CacheStatus = "orgmodes; hit; detail=stale" }

func change(number int64, seconds float64) history.Change {
	return history.Change{Organization: "acme", Number: number, Sent: at(seconds - 0.01), Acknowledged: at(seconds)}
}

func good() *history.History {
	return &history.History{
		Opens:   map[string]string{"good": "acme", "ended": "acme", "other": "others"},
		Changes: []history.Change{change(1, 0), change(2, 20)},
		Polls: []history.Poll{
			poll(1, "a", 1),
			poll(1.1, "b", 1),
			with(poll(21, "a", 1), status(304)), // not yet 2: within the bound
			poll(22, "a", 2),
			poll(22.1, "b", 2),
			with(poll(40, "b", 2), status(304)),
		},
	}
}

// faulty returns a history with a fault from 30 to 100 in which readers behave correctly.
func faulty() *history.History {
	h := good()
	h.Fault = history.Fault{Began: at(30), Over: at(100)}
	h.Changes = append(h.Changes, change(3, 50))
	h.Revocations = []history.Revocation{{Token: "ended", Sent: at(49), Acknowledged: at(50)}}
	h.Polls = append(
		h.Polls,
		with(poll(41, "a", 2), func(p *history.Poll) { p.Editor, p.Token = "e2", "ended" }),
		with(with(poll(61, "a", 2), stale), status(304)),
		with(with(poll(90, "a", 2), stale), func(p *history.Poll) { p.Editor, p.Token = "e2", "ended" }),
		with(poll(110, "a", 2), stale),
		poll(111, "a", 3),
		with(poll(112, "a", 3), func(p *history.Poll) { p.Editor, p.Token, p.Status = "e2", "ended", 401 }),
		poll(112, "b", 3),
		with(poll(113, "b", 3), func(p *history.Poll) { p.Editor, p.Token, p.Status = "e3", "other", 404 }),
	)
	return h
}

func TestHistoriesThatKeepThePromises(t *testing.T) {
	for name, h := range map[string]*history.History{"calm": good(), "faulty": faulty(), "away": away(true, 200), "cold": away(false, 503)} {
		require.Empty(t, history.Check(h, history.Published()), name)
	}
	f := history.Sum(faulty(), history.Published())
	require.Equal(t, history.Figures{
		Polls: 14, Full: 9, NotModified: 3, Others: 2,
		Stale: 31*time.Second + time.Millisecond, Fresh: 12 * time.Second, Refused: 40*time.Second + time.Millisecond,
	}, f)
}

// away returns a history in which a reader is killed and restarted during the fault, and
// answers with the given status after that.
func away(kept bool, code int) *history.History {
	h := faulty()
	h.Absences = []history.Absence{{Reader: "a", Down: at(70), Launched: at(76), Up: at(80), Kept: kept}}
	h.Polls = append(h.Polls,
		with(poll(75, "a", 0), func(p *history.Poll) { p.Status, p.ETag = 0, "" }),
		with(with(poll(78, "a", 2), stale), status(code)),
		with(with(poll(82, "a", 2), stale), status(code)))
	return h
}

func TestEachRuleHasAHistoryThatBreaksIt(t *testing.T) {
	for _, c := range []struct {
		name string
		rule history.Rule
		from func() *history.History
		add  history.Poll
	}{
		{"a warm reader fails", history.Answered, good, with(poll(41, "a", 2), status(503))},
		{"503 and not a word when", history.Answered, good, with(poll(41, "c", 2), func(p *history.Poll) { p.Status = 503 })},
		{"a warm reader refuses a good token", history.Answered, good, with(poll(41, "a", 2), status(401))},
		{"a reader that runs does not answer", history.Answered, good, with(poll(41, "a", 2), status(0))},
		{"a cold reader says that a token is bad", history.Answered, good, with(poll(41, "c", 2), status(401))},
		{"a stranger learns too much", history.Answered, good, with(poll(41, "a", 2), func(p *history.Poll) { p.Token, p.Status = "other", 403 })},
		{
			"a cold start forgets its snapshot", history.Answered, func() *history.History { return away(true, 200) },
			with(poll(83, "a", 2), status(503)),
		},
		{
			"an answer of before the kill", history.Answered, func() *history.History { return away(false, 503) },
			with(poll(69, "a", 2), status(503)),
		},
		{"another reader is behind", history.Forward, good, poll(23, "b", 1)},
		{"an older tag comes with a 304", history.Forward, good, with(poll(23, "b", 1), status(304))},
		{"an older epoch", history.Forward, good, with(poll(41, "b", 2), func(p *history.Poll) { p.ETag = `"0.9` + p.ETag[4:] })},
		{"a body under another tag", history.Agree, good, with(poll(41, "a", 2), func(p *history.Poll) { p.Identity[0]++ })},
		{"a digest of something else", history.Agree, good, with(poll(41, "a", 2), func(p *history.Poll) { p.Sum[0]++ })},
		{"a tag of another coding", history.Agree, good, with(poll(41, "a", 2), func(p *history.Poll) { p.Coding = "br" })},
		{"no tag", history.Agree, good, with(poll(41, "a", 2), func(p *history.Poll) { p.ETag = "" })},
		{"another's body", history.Owner, good, with(poll(41, "a", 2), func(p *history.Poll) { p.Owner = "others" })},
		{"a stranger's token opens", history.Owner, good, with(poll(41, "a", 2), func(p *history.Poll) { p.Token = "other" })},
		{"an old answer is not said to be stale", history.Bound, good, with(poll(31, "c", 1), func(p *history.Poll) { p.Editor = "e2" })},
		{"an old tag is confirmed", history.Bound, good, with(with(poll(31, "c", 1), status(304)), func(p *history.Poll) { p.Editor = "e2" })},
		{"a tag that nobody knows", history.Bound, good, with(with(poll(31, "c", 7), status(304)), func(p *history.Poll) { p.Editor = "e2" })},
		{"stale forever", history.Recovered, faulty, with(poll(300, "a", 3), stale)},
		{"stale for too long", history.Recovered, faulty, with(poll(135, "c", 3), func(p *history.Poll) { p.Editor = "e2" })},
		{"a revoked token, said to be fresh", history.Revoked, faulty, with(poll(61, "a", 3), func(p *history.Poll) { p.Editor, p.Token = "e4", "ended" })},
		{"a revoked token after the fault", history.Revoked, faulty, with(with(poll(131, "a", 3), stale), func(p *history.Poll) { p.Editor, p.Token = "e2", "ended" })},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := c.from()
			h.Polls = append(h.Polls, c.add)
			found := history.Check(h, history.Published())
			require.NotEmpty(t, found)
			for _, v := range found {
				require.Equal(t, c.rule, v.Rule, "%s", v)
			}
		})
	}
}

func TestAFaultWithoutRecovery(t *testing.T) {
	h := good()
	h.Fault = history.Fault{Began: at(30), Over: at(35)}
	h.Polls = append(h.Polls, with(poll(50, "a", 2), stale))
	found := history.Check(h, history.Published())
	require.Len(t, found, 1)
	require.Equal(t, history.Recovered, found[0].Rule)
	require.Equal(t, found, history.CheckRecovery(h, history.Published()))
}

// Changes that a restored backup undid need not be visible, and must have disappeared after
// the recovery.
func TestUndone(t *testing.T) {
	undone := func(last int64) *history.History {
		h := good()
		h.Fault = history.Fault{Began: at(30), Over: at(50)}
		h.Changes[1].Undone = at(31)
		restored := with(poll(60, "a", last), func(p *history.Poll) { p.ETag = `"5.` + p.ETag[3:] })
		h.Polls = append(h.Polls, with(restored, func(p *history.Poll) { p.Sent, p.Received, p.Reader = at(61), at(62), "b" }), restored)
		return h
	}
	require.Empty(t, history.Check(undone(1), history.Published()))
	found := history.Check(undone(2), history.Published())
	require.NotEmpty(t, found)
	require.Equal(t, history.Recovered, found[0].Rule)
}

func TestTheOldestTokenLapses(t *testing.T) {
	short := history.Published()
	short.AuthMaxStale = 20 * time.Second
	refuses := func(code int, after float64) *history.History {
		h := faulty()
		h.Revocations, h.Polls = nil, append(h.Polls[:6:6], poll(111, "a", 3), poll(112, "b", 3),
			with(with(poll(30+after, "a", 2), stale), status(code)))
		return h
	}
	require.Empty(t, history.Check(refuses(503, 30), short))
	require.Equal(t, history.Answered, history.Check(refuses(503, 15), short)[0].Rule, "that is too soon")
	require.Equal(t, history.Answered, history.Check(refuses(401, 30), short)[0].Rule)
	require.Equal(t, history.Answered, history.Check(refuses(503, 30), history.Published())[0].Rule)
}
