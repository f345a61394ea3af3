package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

func TestRaiseEpoch(t *testing.T) {
	i := newInstallation(t)
	i.call("epoch", "raise").failed(1, "REDIS_URL is not set")

	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	i.call("user", "create", "--email", "olive@acme.example", "--name", "Olive").ok()
	i.call("member", "add", "--org", "acme", "--email", "olive@acme.example", "--role", "owner").ok()
	ended := i.call("token", "create", "--org", "acme", "--email", "olive@acme.example", "--name", "ended", "--json").ok().json()
	i.call("token", "create", "--org", "acme", "--email", "olive@acme.example", "--name", "good").ok()

	// Redis is ahead of this database, as after a restore: one token is revoked there, and
	// the epoch is much higher.
	redis := storetest.Redis(t)
	store, err := pubstore.Open(redis.URL, pubstore.Options{Timeout: storetest.WaitTimeout})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	ahead := time.Now().Add(24 * time.Hour).Unix()
	rec, status, err := store.BeginReconcile(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, pubstore.Published, status)
	_, err = store.PublishToken(t.Context(), &pubstore.Token{
		Hash: token.HashOf([]byte(ended["token"].(string))), ID: ended["id"].(string), Revoked: true, Epoch: ahead, Version: 2,
	}, rec)
	require.NoError(t, err)
	_, err = store.FinishReconcile(t.Context(), rec, 1)
	require.NoError(t, err)

	i.env = append(i.env, "REDIS_URL="+redis.URL)
	raised := i.call("epoch", "raise", "--json").ok().json()
	require.InDelta(t, ahead+1, raised["epoch"], 0, "above the highest in Redis")
	require.InDelta(t, 1, raised["revocations_written_back"], 0)

	db, err := postgres.Open(t.Context(), i.app)
	require.NoError(t, err)
	defer db.Close()
	all, _, err := db.Tokens(t.Context(), mustOrganization(t, db).ID, postgres.TokenFilter{Limit: 100})
	require.NoError(t, err)
	for _, tok := range all {
		require.Equal(t, tok.Name == "ended", tok.RevokedAt != nil, tok.Name)
	}
	in, err := db.Installation(t.Context())
	require.NoError(t, err)
	require.Equal(t, ahead+1, in.Epoch)

	redis.Kill()
	i.call("epoch", "raise").failed(1, "--without-redis")
	again := i.call("epoch", "raise", "--without-redis", "--json").ok().json()
	require.InDelta(t, ahead+2, again["epoch"], 0, "never the same twice")
}
