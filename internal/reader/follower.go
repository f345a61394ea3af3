package reader

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"orgmodes/internal/process"
	"orgmodes/internal/snapshot"
	"orgmodes/internal/token"
)

const (
	// logBlock is how long the log is waited for at a time; then its end is asked
	// for, since a log that was lost has nothing to tell either.
	logBlock = time.Second
	// Keys compared in one question: small enough to answer well within the
	// timeout of a read.
	versionBatch = 500
	tokenBatch   = 200
)

// changes is what the follower asks of Redis; a *snapshot.Store outside of
// tests.
type changes interface {
	LogTail(context.Context) (n, incarnation int64, err error)
	ReadLog(ctx context.Context, after int64, block time.Duration) ([]snapshot.Entry, error)
	Versions(ctx context.Context, organizations []string) (map[string]snapshot.Version, error)
	Tokens(ctx context.Context, hashes []token.Hash) (map[token.Hash]*snapshot.Token, error)
}

// follower keeps what is resident in step with the log. doc.go draws it.
type follower struct {
	log       *slog.Logger
	redis     changes
	documents *documents
	tokens    *tokens
	metrics   *metrics
	now       func() time.Time
	synced    atomic.Bool
}

// run follows until ctx is done. It never gives up: while Redis is away, what is
// resident goes on being served.
func (f *follower) run(ctx context.Context) {
	for why := causeStart; ctx.Err() == nil; {
		var at cursor
		err := process.Retry(ctx, f.log, "Redis", func(ctx context.Context) (err error) {
			at, err = f.sync(ctx)
			return err
		})
		if err != nil {
			return // only because ctx is done
		}
		f.metrics.resyncs.WithLabelValues(string(why)).Inc()
		f.log.Info("in step with Redis", "because", string(why), "entry", at.last, "incarnation", at.incarnation)
		f.synced.Store(true)
		why = f.follow(ctx, at)
	}
}

// sync compares everything resident with Redis and brings up to date what
// differs. The log's end is read first: whatever changes after that is told of
// by the log.
func (f *follower) sync(ctx context.Context) (cursor, error) {
	n, incarnation, err := f.redis.LogTail(ctx)
	if err != nil {
		return cursor{}, err
	}
	f.tokens.generation.Add(1)
	if err := f.syncTokens(ctx); err != nil {
		return cursor{}, err
	}
	if err := f.syncDocuments(ctx); err != nil {
		return cursor{}, err
	}
	return cursor{last: n, incarnation: incarnation}, nil
}

func (f *follower) syncTokens(ctx context.Context) error {
	for batch := range slices.Chunk(f.tokens.suspect(), tokenBatch) {
		asked := f.now()
		found, err := f.redis.Tokens(ctx, batch)
		if err != nil {
			return err
		}
		for _, h := range batch {
			if t, ok := found[h]; ok {
				f.tokens.replace(h, prepareRecord(t, asked))
			} else {
				f.tokens.forget(h)
			}
		}
	}
	return nil
}

func (f *follower) syncDocuments(ctx context.Context) error {
	for batch := range slices.Chunk(f.documents.suspect(), versionBatch) {
		names := make([]string, len(batch))
		for i, id := range batch {
			names[i] = id.String()
		}
		found, err := f.redis.Versions(ctx, names)
		if err != nil {
			return err
		}
		behind := map[organizationID]snapshot.Version{}
		for i, id := range batch {
			// What is missing there, or older, is a failure of Redis and never a
			// deletion: what we have stays.
			if have, ok := f.documents.quietly(id); ok && have.version.Compare(found[names[i]]) < 0 {
				behind[id] = found[names[i]]
			}
		}
		if err := f.documents.reload(ctx, behind); err != nil {
			return err
		}
	}
	return nil
}

// follow takes note of entries until it has to compare everything again, and
// returns why.
func (f *follower) follow(ctx context.Context, at cursor) cause {
	for {
		entries, err := f.redis.ReadLog(ctx, at.last, logBlock)
		if err != nil {
			f.say(ctx, err)
			return causeReconnect
		}
		if len(entries) == 0 {
			tail, incarnation, err := f.redis.LogTail(ctx)
			switch {
			case errors.Is(err, snapshot.ErrUnfilled):
				f.say(ctx, err)
				return causeUnfilled
			case err != nil:
				f.say(ctx, err)
				return causeReconnect
			}
			if why := at.idle(tail, incarnation); why != none {
				return why
			}
			continue
		}
		note, next, why := at.take(entries)
		for i := range note {
			f.note(&note[i])
		}
		if why != none {
			return why
		}
		at = next
	}
}

// note does what one entry asks for.
func (f *follower) note(e *snapshot.Entry) {
	f.metrics.entries.WithLabelValues(string(e.Kind)).Inc()
	switch e.Kind {
	case snapshot.EntryDocument:
		if id, ok := parseOrganization(e.Organization); ok {
			f.documents.newer(id, e.Version)
		}
	case snapshot.EntryToken:
		f.tokens.published(e.Token, parseTokenVersion(e.TokenVersion))
	}
}

func (f *follower) say(ctx context.Context, err error) {
	if ctx.Err() == nil {
		f.log.Warn("the log can't be followed; serving what is resident", "error", process.Redact(err.Error()))
	}
}
