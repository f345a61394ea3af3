package pubstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

const (
	acme  = "00000000-0000-4000-8000-00000000ac3e"
	other = "00000000-0000-4000-8000-000000000000"
)

func open(t *testing.T, r *storetest.RedisServer) *pubstore.Store {
	t.Helper()
	s, err := pubstore.Open(r.URL, pubstore.Options{Timeout: storetest.WaitTimeout})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// filled returns a store that has been reconciled under incarnation 1.
func filled(t *testing.T) (*storetest.RedisServer, *pubstore.Store) {
	t.Helper()
	r := storetest.Redis(t)
	s := open(t, r)
	fill(t, s, 1)
	return r, s
}

func fill(t *testing.T, s *pubstore.Store, incarnation int64) {
	t.Helper()
	rec := begin(t, s, incarnation)
	out, err := s.FinishReconcile(t.Context(), rec, 1)
	require.NoError(t, err)
	require.Equal(t, pubstore.Published, out.Status)
}

func begin(t *testing.T, s *pubstore.Store, incarnation int64) pubstore.Reconciliation {
	t.Helper()
	rec, status, err := s.BeginReconcile(t.Context(), incarnation)
	require.NoError(t, err)
	require.Equal(t, pubstore.Published, status)
	return rec
}

// newDocument returns a document whose bytes contain its version, unless bodies are given.
func newDocument(t *testing.T, org string, v pubstore.Version, bodies ...string) *pubstore.Document {
	t.Helper()
	if len(bodies) == 0 {
		bodies = []string{fmt.Sprintf("%s at %s", org, v), fmt.Sprintf(`{"%s":"%s"}`, org, v)}
	}
	d := &pubstore.Document{Organization: org, Version: v, CommittedAt: time.Unix(1_700_000_000, 0).UTC()}
	for i, b := range bodies {
		r := pubstore.Representation{Name: fmt.Sprintf("r%d.yaml", i), ContentType: "application/yaml", Length: len(b)}
		r.Sum, r.Tag.Hash = pubstore.SumOf([]byte(b))
		r.Tag.Epoch, r.Tag.Revision = v.Epoch, v.Revision
		var err error
		r.Encoded, err = pubstore.Encode([]byte(b))
		require.NoError(t, err)
		d.Representations = append(d.Representations, r)
	}
	return d
}

func publish(ctx context.Context, t *testing.T, s *pubstore.Store, d *pubstore.Document) pubstore.Outcome {
	t.Helper()
	out, err := s.PublishDocument(ctx, d, pubstore.Reconciliation{})
	require.NoError(t, err)
	return out
}

func version(revision int64) pubstore.Version {
	return pubstore.Version{Epoch: 1, Revision: revision, Edition: 1}
}

func record(version int64, revoked bool) *pubstore.Token {
	return &pubstore.Token{
		Hash: token.HashOf([]byte("a token")), ID: "t1", User: "u1", Organizations: []string{acme, other},
		Scopes: []string{"read"}, ExpiresAt: time.UnixMilli(1_900_000_000_123).UTC(), Revoked: revoked, Epoch: 1, Version: version,
	}
}
