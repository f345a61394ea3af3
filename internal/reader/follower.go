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
	versionBatch      = 500
	tokenVersionBatch = 1000
	tokenBatch        = 200
	// While Redis is unavailable or not filled, it is queried after these pauses. A
	// recovery should be noticed within a second, and one small query a second from every
	// reader is a negligible load.
	minPause = 100 * time.Millisecond
	maxPause = time.Second
	// maxSilenceTimeout bounds how long silence is attributed to an unavailable worker rather
	// than to a log that is no longer written.
	maxSilenceTimeout = 5 * time.Minute
)

// errInconsistent means that Redis answered a comparison with a position before the one at
// which the log ended when it began: another server answered.
var errInconsistent = errors.New("reader: Redis returned older data than its log announced during a full comparison")

// logStore holds the queries that the follower makes; outside of tests it is a
// *pubstore.Store.
type logStore interface {
	Tail(context.Context) (pubstore.Position, *pubstore.Watermark, error)
	LogTail(context.Context) (n, incarnation int64, err error)
	ReadLog(ctx context.Context, after int64, block time.Duration) ([]pubstore.Entry, error)
	Versions(ctx context.Context, organizations []string) (map[string]pubstore.Version, pubstore.Position, error)
	TokenVersions(ctx context.Context, hashes []token.Hash) ([]pubstore.Version, pubstore.Position, error)
	Tokens(ctx context.Context, hashes []token.Hash) (map[token.Hash]*pubstore.Token, pubstore.Position, error)
}

// follower keeps resident values in sync with the log; see the diagram in doc.go.
type follower struct {
	log        *slog.Logger
	redis      logStore
	documents  *documents
	tokens     *tokens
	freshness  *freshness
	metrics    *metrics
	clock      Clock
	syncedOnce atomic.Bool
	// servingSnapshot means that a snapshot from disk is resident, and nothing newer for now.
	servingSnapshot atomic.Bool
	// canary is the zero key if there is none.
	canary documentKey
	// disk is nil if nothing is stored on disk.
	disk        *disk
	restoreOnce sync.Once
	// hasSnapshot reports whether there was a usable snapshot on disk; restore sets it.
	hasSnapshot bool
	// missingTokens holds resident tokens that a comparison did not find in Redis. They are
	// removed when a watermark states that it has everything: it may just have lost them.
	missingTokens []token.Hash
	// silenceTimeout is how long the follower waits for a watermark before it compares
	// everything.
	silenceTimeout time.Duration
}

// run follows the log until ctx is done. It never gives up: while Redis is unavailable,
// resident values are still served.
func (f *follower) run(ctx context.Context) {
	f.restore()
	if f.disk != nil {
		var writing sync.WaitGroup
		// A reader that was never synced has nothing that the file doesn't have.
		writing.Go(func() { f.disk.run(ctx, f.syncedOnce.Load) })
		defer writing.Wait()
	}
	f.silenceTimeout = freshFor
	for reason := causeStart; ctx.Err() == nil; {
		f.freshness.synced.Store(false)
		s, err := f.waitForSync(ctx)
		if err != nil {
			return // only because ctx is done
		}
		f.metrics.resyncs.WithLabelValues(string(reason)).Inc()
		f.ensureCanary()
		f.log.Info("synced with Redis", "because", string(reason), "entry", s.reached.Load(), "incarnation", s.incarnation)
		f.freshness.synced.Store(true)
		f.syncedOnce.Store(true)
		reason = f.follow(ctx, s)
	}
}

// restore loads the snapshot on disk, if any, unless that was done before.
func (f *follower) restore() {
	f.restoreOnce.Do(func() { f.hasSnapshot = f.disk != nil && f.disk.load() })
}

// waitForSync compares everything resident with Redis as soon as that is possible.
// Until then a snapshot from disk may be served.
func (f *follower) waitForSync(ctx context.Context) (*segment, error) {
	lastError, pause := "", minPause
	for {
		s, err := f.sync(ctx)
		if err == nil || ctx.Err() != nil {
			return s, ctx.Err()
		}
		f.servingSnapshot.Store(f.hasSnapshot)
		if text := process.Redact(err.Error()); text != lastError {
			f.log.Warn("waiting for Redis: serving from memory", "error", text)
			lastError = text
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		pause = min(2*pause, maxPause)
	}
}

// sync compares everything resident with Redis and updates the differences. It reads the
// log's end first, so later changes are announced by the log. A watermark found before the
// end counts once everything has been compared.
func (f *follower) sync(ctx context.Context) (*segment, error) {
	at, watermark, err := f.redis.Tail(ctx)
	if err != nil {
		return nil, err
	}
	s := f.freshness.beginSegment(at)
	f.tokens.generation.Add(1)
	f.missingTokens = nil
	if err := f.syncTokens(ctx, s, at); err != nil {
		return nil, err
	}
	if err := f.syncDocuments(ctx, s, at); err != nil {
		return nil, err
	}
	if watermark != nil {
		if l := f.freshness.nextLease(watermark, s, f.clock.mono()); l != nil {
			f.freshness.lease.Store(l)
		}
	}
	return s, nil
}

// syncTokens compares versions, and requests only the records that differ: of
// a million tokens hardly any do.
func (f *follower) syncTokens(ctx context.Context, s *segment, since pubstore.Position) error {
	for batch := range slices.Chunk(f.tokens.recheckInFlight(), tokenVersionBatch) {
		versions, at, err := f.redis.TokenVersions(ctx, batch)
		if err != nil {
			return err
		}
		by := s.verifies(since.N, at)
		if by == unverified {
			return errInconsistent
		}
		var differ []token.Hash
		for i, h := range batch {
			if versions[i] == (pubstore.Version{}) || !f.tokens.confirmVersion(h, versions[i], by) {
				differ = append(differ, h)
			}
		}
		if err := f.replaceTokens(ctx, s, since, differ); err != nil {
			return err
		}
	}
	return nil
}

// replaceTokens replaces the records of resident tokens by those in Redis.
func (f *follower) replaceTokens(ctx context.Context, s *segment, since pubstore.Position, differ []token.Hash) error {
	for batch := range slices.Chunk(differ, tokenBatch) {
		queried := f.clock.mono()
		found, at, err := f.redis.Tokens(ctx, batch)
		if err != nil {
			return err
		}
		by := s.verifies(since.N, at)
		if by == unverified {
			return errInconsistent
		}
		for _, h := range batch {
			if t, ok := found[h]; ok {
				f.tokens.replace(h, prepareRecord(t, queried).markVerified(by))
			} else {
				f.missingTokens = append(f.missingTokens, h)
			}
		}
	}
	return nil
}

func (f *follower) syncDocuments(ctx context.Context, s *segment, since pubstore.Position) error {
	for batch := range slices.Chunk(f.documents.recheckInFlight(), versionBatch) {
		names := make([]string, len(batch))
		for i, k := range batch {
			names[i] = k.organization.String()
		}
		found, at, err := f.redis.Versions(ctx, names)
		if err != nil {
			return err
		}
		by := s.verifies(since.N, at)
		if by == unverified {
			return errInconsistent
		}
		behind := map[documentKey]pubstore.Version{}
		for i, k := range batch {
			// A version that is missing in Redis, or older, is a failure of Redis and never a
			// deletion: the resident document stays.
			if f.documents.compareVersion(k, found[names[i]], by) {
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
func (f *follower) follow(ctx context.Context, s *segment) cause {
	at := cursor{last: s.reached.Load(), incarnation: s.incarnation}
	lastWatermark := f.clock.mono() // or the start: the next one must arrive within silenceTimeout
	for {
		entries, err := f.redis.ReadLog(ctx, at.last, logBlock)
		if err != nil {
			f.warn(ctx, err)
			return causeReconnect
		}
		if len(entries) == 0 {
			tail, incarnation, err := f.redis.LogTail(ctx)
			switch {
			case errors.Is(err, pubstore.ErrNotFilled):
				f.warn(ctx, err)
				return causeNotFilled
			case err != nil:
				f.warn(ctx, err)
				return causeReconnect
			}
			if reason := at.checkIdle(tail, incarnation); reason != causeNone {
				return reason
			}
		}
		entriesToApply, next, reason := at.advance(entries)
		for i := range entriesToApply {
			s.reached.Store(entriesToApply[i].N)
			if f.apply(&entriesToApply[i], s) {
				lastWatermark = f.clock.mono()
			}
		}
		if reason != causeNone {
			return reason
		}
		at = next
		if f.clock.mono()-lastWatermark > f.silenceTimeout {
			// If only the worker is at fault, comparing everything every ten seconds would
			// not help.
			f.silenceTimeout = min(2*f.silenceTimeout, maxSilenceTimeout)
			return causeSilence
		}
	}
}

// apply applies one entry. It reports whether that was a watermark.
func (f *follower) apply(e *pubstore.Entry, s *segment) (isWatermark bool) {
	f.metrics.entries.WithLabelValues(string(e.Kind)).Inc()
	switch e.Kind {
	case pubstore.EntryDocument:
		if id, ok := parseOrganization(e.Organization); ok {
			f.documents.handlePublished(id, e.Version)
			if id == f.canary.organization {
				f.ensureCanary()
			}
		}
	case pubstore.EntryToken:
		f.tokens.handlePublished(e.Token, parseTokenVersion(e.TokenVersion))
		if !e.NarrowedAt.IsZero() {
			f.metrics.revocation.Observe(f.clock.now().wall.Sub(e.NarrowedAt).Seconds())
		}
	case pubstore.EntryWatermark:
		f.applyWatermark(&e.Watermark, s)
		return true
	}
	return false
}

// applyWatermark applies a watermark, after all entries before it have been applied. It was
// written after everything was compared, to a Redis that has everything. So a token that
// the comparison did not find does not exist.
func (f *follower) applyWatermark(m *pubstore.Watermark, s *segment) {
	now := f.clock.now()
	f.metrics.skew.observe(now.wall.Sub(m.AsOf), now.mono)
	f.silenceTimeout = freshFor
	next := f.freshness.nextLease(m, s, now.mono)
	if next == nil {
		return
	}
	// Remove these tokens first: the new lease must not cover them.
	for _, h := range f.missingTokens {
		f.tokens.remove(h)
	}
	f.missingTokens = nil
	f.freshness.lease.Store(next)
}

// ensureCanary starts loading the canary unless it is resident.
func (f *follower) ensureCanary() {
	if f.canary != (documentKey{}) {
		f.documents.prefetch(f.canary)
	}
}

func (f *follower) warn(ctx context.Context, err error) {
	if ctx.Err() == nil {
		f.log.Warn("following the change log failed: serving from memory", "error", process.Redact(err.Error()))
	}
}
