package pubstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/redis/go-redis/v9"

	"orgmodes/internal/token"
)

var (
	stateScript     = script("state")
	beginReconcile  = script("begin_reconcile")
	finishReconcile = script("finish_reconcile")
)

// FillState reports whether a Redis is the one that was filled.
type FillState string

const (
	// Filled means that this is the Redis that was filled.
	Filled FillState = "filled"
	// NotFilled means that it holds none of our data; it is new, or was flushed.
	NotFilled FillState = "unfilled"
	// Replaced means that it was restarted, or a replica was promoted, since it was filled.
	Replaced FillState = "replaced"
)

// State describes whether and how a Redis was filled.
type State struct {
	Fill FillState
	// Incarnation and Epoch are those of the last reconciliation; 0 if NotFilled.
	Incarnation, Epoch int64
}

// State returns the state of this Redis.
func (s *Store) State(ctx context.Context) (State, error) {
	res, err := stateScript.Run(ctx, s.rdb, s.scriptKeys()).StringSlice()
	if err != nil {
		return State{}, fmt.Errorf("pubstore: %w", err)
	}
	st := State{Fill: FillState(res[0])}
	if st.Incarnation, err = strconv.ParseInt(res[1], 10, 64); err == nil {
		st.Epoch, err = strconv.ParseInt(res[2], 10, 64)
	}
	if err != nil {
		return State{}, fmt.Errorf("pubstore: meta: %w", err)
	}
	return st, nil
}

// BeginReconcile starts to fill this Redis under an incarnation. Unless it
// is Filled, ordinary writes stay fenced until FinishReconcile. BeginReconcile
// returns Older if this or a newer incarnation has already been reconciled here.
func (s *Store) BeginReconcile(ctx context.Context, incarnation int64) (Reconciliation, Status, error) {
	nonce := strconv.FormatUint(rand.Uint64(), 36)
	res, err := beginReconcile.Run(ctx, s.rdb, s.scriptKeys(), strconv.FormatInt(incarnation, 10), nonce).StringSlice()
	if err != nil {
		return Reconciliation{}, "", fmt.Errorf("pubstore: %w", err)
	}
	if res[0] == string(Older) {
		return Reconciliation{}, Older, nil
	}
	return Reconciliation{res[1]}, Published, nil
}

// FinishReconcile lifts the fence and tells all readers to compare what they
// have. It returns Fenced if the server was flushed or replaced since BeginReconcile,
// or if another reconciliation has begun. The caller must then start over.
func (s *Store) FinishReconcile(ctx context.Context, rec Reconciliation, epoch int64) (Outcome, error) {
	return s.runScript(ctx, finishReconcile, s.scriptKeys(), []any{rec.nonce, logCap, strconv.FormatInt(epoch, 10)})
}

// ListVersions returns the published versions of organizations, whether or not this
// Redis was filled. A reconciliation compares them. The result is in the order
// of orgs, with the zero Version for an organization without one.
func (s *Store) ListVersions(ctx context.Context, orgs []string) ([]Version, error) {
	if len(orgs) == 0 {
		return nil, nil
	}
	res, err := s.rdb.HMGet(ctx, s.key("revs"), orgs...).Result()
	if err != nil {
		return nil, fmt.Errorf("pubstore: %w", err)
	}
	out := make([]Version, len(orgs))
	for i, v := range res {
		if str, ok := v.(string); ok {
			if out[i], err = ParseVersion(str); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// TokenVersion is the version of a token's record, and whether it is a tombstone.
type TokenVersion struct {
	Epoch, Version int64
	Revoked        bool
}

// ListTokenVersions returns the versions of tokens' records, whether or not this Redis
// was filled. The result is in the order of hashes, with the zero TokenVersion for a
// token without a record.
func (s *Store) ListTokenVersions(ctx context.Context, hashes []token.Hash) ([]TokenVersion, error) {
	cmds := make([]*redis.SliceCmd, len(hashes))
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, h := range hashes {
			cmds[i] = p.HMGet(ctx, s.tokenKey(h), "epoch", "version", "state")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("pubstore: %w", err)
	}
	out := make([]TokenVersion, len(hashes))
	for i, c := range cmds {
		v := c.Val()
		epoch, ok1 := v[0].(string)
		version, ok2 := v[1].(string)
		if !ok1 || !ok2 {
			continue
		}
		if out[i].Epoch, err = strconv.ParseInt(epoch, 10, 64); err == nil {
			out[i].Version, err = strconv.ParseInt(version, 10, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("pubstore: token record: %w", err)
		}
		out[i].Revoked = v[2] != stateActive
	}
	return out, nil
}
