package checker_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/loadtest/checker"
)

var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return start.Add(time.Duration(seconds * float64(time.Second)))
}

// poll returns a 200 with a document that shows a change, sent at a time in seconds.
func poll(seconds float64, reader string, change int64) checker.Poll {
	body := fmt.Appendf(nil, "acme, change %d", change)
	coded := append([]byte("gzip "), body...)
	identity, sum := sha256.Sum256(body), sha256.Sum256(coded)
	return checker.Poll{
		Editor: "ed", Reader: reader, Organization: "acme", Token: "good",
		Sent: at(seconds), Received: at(seconds + 0.001), Status: 200,
		ETag:        fmt.Sprintf(`"1.%d.%s-gz"`, change, hex.EncodeToString(identity[:8])),
		CacheStatus: "orgmodes; hit", ReprDigest: "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
		Coding: "gzip", Identity: identity, Sum: sum, Owner: "acme", Change: change,
	}
}

func with(p checker.Poll, edit func(*checker.Poll)) checker.Poll {
	edit(&p)
	return p
}

func status(code int) func(*checker.Poll) {
	return func(p *checker.Poll) {
		if p.Status = code; code == 503 {
			p.RetryAfter = "5"
		}
	}
}

func stale(p *checker.Poll) { p.CacheStatus = "orgmodes; hit; detail=stale" }

func change(number int64, seconds float64) checker.Change {
	return checker.Change{Organization: "acme", Number: number, Sent: at(seconds - 0.01), Acknowledged: at(seconds)}
}

func goodHistory() *checker.History {
	return &checker.History{
		Opens:   map[string]string{"good": "acme", "ended": "acme", "other": "others"},
		Changes: []checker.Change{change(1, 0), change(2, 20)},
		Polls: []checker.Poll{
			poll(1, "a", 1),
			poll(1.1, "b", 1),
			with(poll(21, "a", 1), status(304)), // not yet 2: within the bound
			poll(22, "a", 2),
			poll(22.1, "b", 2),
			with(poll(40, "b", 2), status(304)),
		},
	}
}

// faultyHistory returns a history with a fault from 30 to 100 in which readers behave correctly.
func faultyHistory() *checker.History {
	h := goodHistory()
	h.Fault = checker.Fault{Began: at(30), Ended: at(100)}
	h.Changes = append(h.Changes, change(3, 50))
	h.Revocations = []checker.Revocation{{Token: "ended", Sent: at(49), Acknowledged: at(50)}}
	h.Polls = append(
		h.Polls,
		with(poll(41, "a", 2), func(p *checker.Poll) { p.Editor, p.Token = "e2", "ended" }),
		with(with(poll(61, "a", 2), stale), status(304)),
		with(with(poll(90, "a", 2), stale), func(p *checker.Poll) { p.Editor, p.Token = "e2", "ended" }),
		with(poll(110, "a", 2), stale),
		poll(111, "a", 3),
		with(poll(112, "a", 3), func(p *checker.Poll) { p.Editor, p.Token, p.Status = "e2", "ended", 401 }),
		poll(112, "b", 3),
		with(poll(113, "b", 3), func(p *checker.Poll) { p.Editor, p.Token, p.Status = "e3", "other", 404 }),
	)
	return h
}

func TestValidHistoriesHaveNoViolations(t *testing.T) {
	for name, h := range map[string]*checker.History{"calm": goodHistory(), "faulty": faultyHistory(), "away": historyWithOutage(true, 200), "cold": historyWithOutage(false, 503)} {
		require.Empty(t, checker.Check(h, checker.Published()), name)
	}
	f := checker.Summarize(faultyHistory(), checker.Published())
	require.Equal(t, checker.Summary{
		Polls: 14, Full: 9, NotModified: 3, Others: 2,
		Stale: 31*time.Second + time.Millisecond, Fresh: 12 * time.Second, Refused: 40*time.Second + time.Millisecond,
	}, f)
}

// historyWithOutage returns a history in which a reader is killed and restarted during the
// fault, and answers with the given status after that.
func historyWithOutage(keepsSnapshot bool, code int) *checker.History {
	h := faultyHistory()
	h.Outages = []checker.Outage{{Reader: "a", Down: at(70), Launched: at(76), Up: at(80), Kept: keepsSnapshot}}
	h.Polls = append(h.Polls,
		with(poll(75, "a", 0), func(p *checker.Poll) { p.Status, p.ETag = 0, "" }),
		with(with(poll(78, "a", 2), stale), status(code)),
		with(with(poll(82, "a", 2), stale), status(code)))
	return h
}

func TestEachRuleDetectsViolation(t *testing.T) {
	for _, c := range []struct {
		name string
		rule checker.Rule
		from func() *checker.History
		add  checker.Poll
	}{
		{"a warm reader fails", checker.Answered, goodHistory, with(poll(41, "a", 2), status(503))},
		{"503 and not a word when", checker.Answered, goodHistory, with(poll(41, "c", 2), func(p *checker.Poll) { p.Status = 503 })},
		{"a warm reader refuses a good token", checker.Answered, goodHistory, with(poll(41, "a", 2), status(401))},
		{"a reader that runs does not answer", checker.Answered, goodHistory, with(poll(41, "a", 2), status(0))},
		{"a cold reader says that a token is bad", checker.Answered, goodHistory, with(poll(41, "c", 2), status(401))},
		{"a stranger learns too much", checker.Answered, goodHistory, with(poll(41, "a", 2), func(p *checker.Poll) { p.Token, p.Status = "other", 403 })},
		{
			"a cold start forgets its snapshot", checker.Answered, func() *checker.History { return historyWithOutage(true, 200) },
			with(poll(83, "a", 2), status(503)),
		},
		{
			"an answer of before the kill", checker.Answered, func() *checker.History { return historyWithOutage(false, 503) },
			with(poll(69, "a", 2), status(503)),
		},
		{"another reader is behind", checker.Forward, goodHistory, poll(23, "b", 1)},
		{"an older tag comes with a 304", checker.Forward, goodHistory, with(poll(23, "b", 1), status(304))},
		{"an older epoch", checker.Forward, goodHistory, with(poll(41, "b", 2), func(p *checker.Poll) { p.ETag = `"0.9` + p.ETag[4:] })},
		{"a body under another tag", checker.Agree, goodHistory, with(poll(41, "a", 2), func(p *checker.Poll) { p.Identity[0]++ })},
		{"a digest of something else", checker.Agree, goodHistory, with(poll(41, "a", 2), func(p *checker.Poll) { p.Sum[0]++ })},
		{"a tag of another coding", checker.Agree, goodHistory, with(poll(41, "a", 2), func(p *checker.Poll) { p.Coding = "br" })},
		{"no tag", checker.Agree, goodHistory, with(poll(41, "a", 2), func(p *checker.Poll) { p.ETag = "" })},
		{"another's body", checker.Owner, goodHistory, with(poll(41, "a", 2), func(p *checker.Poll) { p.Owner = "others" })},
		{"a stranger's token opens", checker.Owner, goodHistory, with(poll(41, "a", 2), func(p *checker.Poll) { p.Token = "other" })},
		{"an old answer is not marked stale", checker.Bound, goodHistory, with(poll(31, "c", 1), func(p *checker.Poll) { p.Editor = "e2" })},
		{"an old tag is confirmed", checker.Bound, goodHistory, with(with(poll(31, "c", 1), status(304)), func(p *checker.Poll) { p.Editor = "e2" })},
		{"a tag that nobody knows", checker.Bound, goodHistory, with(with(poll(31, "c", 7), status(304)), func(p *checker.Poll) { p.Editor = "e2" })},
		{"stale forever", checker.Recovered, faultyHistory, with(poll(300, "a", 3), stale)},
		{"stale for too long", checker.Recovered, faultyHistory, with(poll(135, "c", 3), func(p *checker.Poll) { p.Editor = "e2" })},
		{"a revoked token, not marked stale", checker.Revoked, faultyHistory, with(poll(61, "a", 3), func(p *checker.Poll) { p.Editor, p.Token = "e4", "ended" })},
		{"a revoked token after the fault", checker.Revoked, faultyHistory, with(with(poll(131, "a", 3), stale), func(p *checker.Poll) { p.Editor, p.Token = "e2", "ended" })},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := c.from()
			h.Polls = append(h.Polls, c.add)
			found := checker.Check(h, checker.Published())
			require.NotEmpty(t, found)
			for _, v := range found {
				require.Equal(t, c.rule, v.Rule, "%s", v)
			}
		})
	}
}

func TestMissingRecoveryIsViolation(t *testing.T) {
	h := goodHistory()
	h.Fault = checker.Fault{Began: at(30), Ended: at(35)}
	h.Polls = append(h.Polls, with(poll(50, "a", 2), stale))
	found := checker.Check(h, checker.Published())
	require.Len(t, found, 1)
	require.Equal(t, checker.Recovered, found[0].Rule)
	require.Equal(t, found, checker.CheckRecovery(h, checker.Published()))
}

// Changes that a restored backup undid need not be visible, and must have disappeared after
// the recovery.
func TestRestoredBackupUndoesChanges(t *testing.T) {
	undone := func(last int64) *checker.History {
		h := goodHistory()
		h.Fault = checker.Fault{Began: at(30), Ended: at(50)}
		h.Changes[1].Undone = at(31)
		restored := with(poll(60, "a", last), func(p *checker.Poll) { p.ETag = `"5.` + p.ETag[3:] })
		h.Polls = append(h.Polls, with(restored, func(p *checker.Poll) { p.Sent, p.Received, p.Reader = at(61), at(62), "b" }), restored)
		return h
	}
	require.Empty(t, checker.Check(undone(1), checker.Published()))
	found := checker.Check(undone(2), checker.Published())
	require.NotEmpty(t, found)
	require.Equal(t, checker.Recovered, found[0].Rule)
}

func TestTokensMayExpireByAge(t *testing.T) {
	short := checker.Published()
	short.AuthMaxStale = 20 * time.Second
	refuses := func(code int, after float64) *checker.History {
		h := faultyHistory()
		h.Revocations, h.Polls = nil, append(h.Polls[:6:6], poll(111, "a", 3), poll(112, "b", 3),
			with(with(poll(30+after, "a", 2), stale), status(code)))
		return h
	}
	require.Empty(t, checker.Check(refuses(503, 30), short))
	require.Equal(t, checker.Answered, checker.Check(refuses(503, 15), short)[0].Rule, "that is too soon")
	require.Equal(t, checker.Answered, checker.Check(refuses(401, 30), short)[0].Rule)
	require.Equal(t, checker.Answered, checker.Check(refuses(503, 30), checker.Published())[0].Rule)
}
