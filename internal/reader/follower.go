package reader

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"orgmodes/internal/process"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

const (
	// logBlock is how long one read of the log blocks. After that the log's end is
	// queried, since a log that was lost has no new entries either.
	logBlock = time.Second
	// Keys compared per query: few enough to be answered well within the timeout of
	// a read.
	versionBatch = 500
	headBatch    = 1000
	tokenBatch   = 200
	// While Redis is unavailable or unfilled, it is queried after these pauses. A recovery
	// should be noticed within a second, and one small query a second from every reader
	// is a negligible load.
	firstPause = 100 * time.Millisecond
	lastPause  = time.Second
	// maxPatience bounds how long silence is attributed to an unavailable worker rather
	// than to a log that is no longer written.
	maxPatience = 5 * time.Minute
)

// errMoved means that Redis answered a comparison with a position before the one at
// which the log ended when it began: another server answered.
var errMoved = errors.New("reader: Redis returned older data than its log announced during a full comparison")

// changes holds the queries that the follower makes; outside of tests it is a
// *pubstore.Store.
type changes interface {
	Tail(context.Context) (pubstore.Position, *pubstore.Mark, error)
	LogTail(context.Context) (n, incarnation int64, err error)
	ReadLog(ctx context.Context, after int64, block time.Duration) ([]pubstore.Entry, error)
	Versions(ctx context.Context, organizations []string) (map[string]pubstore.Version, pubstore.Position, error)
	TokenVersions(ctx context.Context, hashes []token.Hash) ([]pubstore.Version, pubstore.Position, error)
	Tokens(ctx context.Context, hashes []token.Hash) (map[token.Hash]*pubstore.Token, pubstore.Position, error)
}

// follower keeps resident values in sync with the log; see the diagram in doc.go.
type follower struct {
	log       *slog.Logger
	redis     changes
	documents *documents
	tokens    *tokens
	freshness *freshness
	metrics   *metrics
	clock     Clock
	synced    atomic.Bool
	// loaded means that a snapshot from disk is resident, and nothing newer for now.
	loaded atomic.Bool
	// canary is the zero key if there is none.
	canary documentKey
	// stored is nil if nothing is stored on disk.
	stored    *disk
	restoring sync.Once
	// onDisk reports whether there was a usable snapshot on disk; restore sets it.
	onDisk bool
	// missing holds resident tokens that a comparison did not find in Redis. They are
	// removed when a mark confirms that it has everything: it may just have lost them.
	missing []token.Hash
	// patience is how long the follower waits for a mark before it compares everything.
	patience time.Duration
}

// run follows the log until ctx is done. It never gives up: while Redis is unavailable,
// resident values are still served.
func (f *follower) run(ctx context.Context) {
	f.restore()
	if f.stored != nil {
		var writing sync.WaitGroup
		// A reader that was never synced has nothing that the file doesn't have.
		writing.Go(func() { f.stored.run(ctx, f.synced.Load) })
		defer writing.Wait()
	}
	f.patience = freshFor
	for why := causeStart; ctx.Err() == nil; {
		f.freshness.settled.Store(false)
		s, err := f.await(ctx)
		if err != nil {
			return // only because ctx is done
		}
		f.metrics.resyncs.WithLabelValues(string(why)).Inc()
		f.keepCanary()
		f.log.Info("synced with Redis", "because", string(why), "entry", s.reached.Load(), "incarnation", s.incarnation)
		f.freshness.settled.Store(true)
		f.synced.Store(true)
		why = f.follow(ctx, s)
	}
}

// restore loads the snapshot on disk, if any, unless that was done before.
func (f *follower) restore() {
	f.restoring.Do(func() { f.onDisk = f.stored != nil && f.stored.load() })
}

// await compares everything resident with Redis as soon as that is possible.
// Until then a snapshot from disk may be served.
func (f *follower) await(ctx context.Context) (*stretch, error) {
	said, pause := "", firstPause
	for {
		s, err := f.sync(ctx)
		if err == nil || ctx.Err() != nil {
			return s, ctx.Err()
		}
		f.loaded.Store(f.onDisk)
		if text := process.Redact(err.Error()); text != said {
			f.log.Warn("waiting for Redis: serving from memory", "error", text)
			said = text
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		pause = min(2*pause, lastPause)
	}
}

// sync compares everything resident with Redis and updates the differences. It reads
// the log's end first, so later changes are announced by the log. A mark found before
// the end counts once everything has been compared.
func (f *follower) sync(ctx context.Context) (*stretch, error) {
	at, mark, err := f.redis.Tail(ctx)
	if err != nil {
		return nil, err
	}
	s := f.freshness.begin(at)
	f.tokens.generation.Add(1)
	f.missing = nil
	if err := f.syncTokens(ctx, s, at); err != nil {
		return nil, err
	}
	if err := f.syncDocuments(ctx, s, at); err != nil {
		return nil, err
	}
	if mark != nil {
		if l := f.freshness.next(mark, s, f.clock.mono()); l != nil {
			f.freshness.lease.Store(l)
		}
	}
	return s, nil
}

// syncTokens compares versions, and requests only the records that differ: of
// a million tokens hardly any do.
func (f *follower) syncTokens(ctx context.Context, s *stretch, since pubstore.Position) error {
	for batch := range slices.Chunk(f.tokens.suspect(), headBatch) {
		versions, at, err := f.redis.TokenVersions(ctx, batch)
		if err != nil {
			return err
		}
		by := s.confirms(since.N, at)
		if by == unconfirmed {
			return errMoved
		}
		var differ []token.Hash
		for i, h := range batch {
			if versions[i] == (pubstore.Version{}) || !f.tokens.holds(h, versions[i], by) {
				differ = append(differ, h)
			}
		}
		if err := f.takeTokens(ctx, s, since, differ); err != nil {
			return err
		}
	}
	return nil
}

// takeTokens replaces the records of resident tokens by those in Redis.
func (f *follower) takeTokens(ctx context.Context, s *stretch, since pubstore.Position, differ []token.Hash) error {
	for batch := range slices.Chunk(differ, tokenBatch) {
		asked := f.clock.mono()
		found, at, err := f.redis.Tokens(ctx, batch)
		if err != nil {
			return err
		}
		by := s.confirms(since.N, at)
		if by == unconfirmed {
			return errMoved
		}
		for _, h := range batch {
			if t, ok := found[h]; ok {
				f.tokens.replace(h, prepareRecord(t, asked).confirm(by))
			} else {
				f.missing = append(f.missing, h)
			}
		}
	}
	return nil
}

func (f *follower) syncDocuments(ctx context.Context, s *stretch, since pubstore.Position) error {
	for batch := range slices.Chunk(f.documents.suspect(), versionBatch) {
		names := make([]string, len(batch))
		for i, k := range batch {
			names[i] = k.organization.String()
		}
		found, at, err := f.redis.Versions(ctx, names)
		if err != nil {
			return err
		}
		by := s.confirms(since.N, at)
		if by == unconfirmed {
			return errMoved
		}
		behind := map[documentKey]pubstore.Version{}
		for i, k := range batch {
			// A version that is missing in Redis, or older, is a failure of Redis and never a
			// deletion: the resident document stays.
			if f.documents.compared(k, found[names[i]], by) {
				behind[k] = found[names[i]]
			}
		}
		if err := f.documents.reload(ctx, behind); err != nil {
			return err
		}
	}
	return nil
}

// follow applies entries until everything must be compared again, and returns
// why.
func (f *follower) follow(ctx context.Context, s *stretch) cause {
	at := cursor{last: s.reached.Load(), incarnation: s.incarnation}
	marked := f.clock.mono() // the last mark, or the start: the next one is due within patience
	for {
		entries, err := f.redis.ReadLog(ctx, at.last, logBlock)
		if err != nil {
			f.say(ctx, err)
			return causeReconnect
		}
		if len(entries) == 0 {
			tail, incarnation, err := f.redis.LogTail(ctx)
			switch {
			case errors.Is(err, pubstore.ErrUnfilled):
				f.say(ctx, err)
				return causeUnfilled
			case err != nil:
				f.say(ctx, err)
				return causeReconnect
			}
			if why := at.idle(tail, incarnation); why != none {
				return why
			}
		}
		note, next, why := at.take(entries)
		for i := range note {
			s.reached.Store(note[i].N)
			if f.note(&note[i], s) {
				marked = f.clock.mono()
			}
		}
		if why != none {
			return why
		}
		at = next
		if f.clock.mono()-marked > f.patience {
			// If only the worker is at fault, comparing everything every ten seconds would
			// not help.
			f.patience = min(2*f.patience, maxPatience)
			return causeSilence
		}
	}
}

// note applies one entry. It reports whether that was a mark.
func (f *follower) note(e *pubstore.Entry, s *stretch) (marked bool) {
	f.metrics.entries.WithLabelValues(string(e.Kind)).Inc()
	switch e.Kind {
	case pubstore.EntryDocument:
		if id, ok := parseOrganization(e.Organization); ok {
			f.documents.published(id, e.Version)
			if id == f.canary.organization {
				f.keepCanary()
			}
		}
	case pubstore.EntryToken:
		f.tokens.published(e.Token, parseTokenVersion(e.TokenVersion))
		if !e.TakenAt.IsZero() {
			f.metrics.revocation.Observe(f.clock.now().wall.Sub(e.TakenAt).Seconds())
		}
	case pubstore.EntryMark:
		f.mark(&e.Mark, s)
		return true
	}
	return false
}

// mark applies a mark, after all entries before it have been applied. The mark was written
// after everything was compared, to a Redis that has everything. So a token that the
// comparison did not find does not exist.
func (f *follower) mark(m *pubstore.Mark, s *stretch) {
	now := f.clock.now()
	f.metrics.skew.observe(now.wall.Sub(m.AsOf), now.mono)
	f.patience = freshFor
	next := f.freshness.next(m, s, now.mono)
	if next == nil {
		return
	}
	// Remove these tokens first: the new lease must not cover them.
	for _, h := range f.missing {
		f.tokens.forget(h)
	}
	f.missing = nil
	f.freshness.lease.Store(next)
}

// keepCanary starts loading the canary unless it is resident.
func (f *follower) keepCanary() {
	if f.canary != (documentKey{}) {
		f.documents.prepare(f.canary)
	}
}

func (f *follower) say(ctx context.Context, err error) {
	if ctx.Err() == nil {
		f.log.Warn("following the change log failed: serving from memory", "error", process.Redact(err.Error()))
	}
}
