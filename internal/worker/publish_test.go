package worker_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/render"
	"orgmodes/internal/templates"
)

func TestChangeIsPublished(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	empty := w.waitPublished()
	require.Contains(t, body(t, empty, render.ModesYAML), "slug: architect")
	require.NotContains(t, body(t, empty, render.ModesYAML), "You are docs")

	w.create("docs")
	full := w.waitPublished()
	for _, name := range []string{render.ModesJSON, render.ModesYAML, render.OrganizationYAML, render.MarketplaceYAML} {
		require.Contains(t, body(t, full, name), "You are docs", name)
		require.NotEqual(t, empty.Find(name).Tag, full.Find(name).Tag, name)
	}

	w.create("code")
	overridden := body(t, w.waitPublished(), render.ModesYAML)
	require.Contains(t, overridden, "You are code")
	_, err := w.db.Modes.Delete(t.Context(), ada, w.org.ID, "code", 1)
	require.NoError(t, err)
	back := w.waitPublished()
	require.Equal(t, body(t, full, render.ModesYAML), body(t, back, render.ModesYAML), "the built-in mode is back")
	require.EqualValues(t, 4, back.Find(render.ModesYAML).Tag.Revision, "under a new tag")
}

// A change that doesn't affect a representation's bytes doesn't affect its tag, even if
// Redis loses everything in between.
func TestTagsOfUnchangedBytesSurviveRedisLoss(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	w.create("docs")
	before := w.waitPublished()
	_, err := w.db.Templates.Update(t.Context(), ada, w.org.ID, "Code Expert", 0, func(o templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
		o.Description = new("For code")
		return o, nil
	})
	require.NoError(t, err)
	after := w.waitPublished()
	require.EqualValues(t, 3, after.Version.Revision)
	for _, name := range []string{render.ModesYAML, render.OrganizationYAML, render.MarketplaceYAML} {
		require.Equal(t, before.Find(name).Tag, after.Find(name).Tag, name)
	}
	w.redis.FlushAll()
	again := w.waitPublished()
	require.Equal(t, after, again)

	_, err = w.db.Templates.Delete(t.Context(), ada, w.org.ID, "Safe Sandbox", 0)
	require.NoError(t, err)
	without := w.waitPublished()
	for _, name := range []string{render.ModesJSON, render.ModesYAML, render.OrganizationYAML, render.MarketplaceYAML} {
		require.Equal(t, after.Find(name).Tag, without.Find(name).Tag, "a template is no part of %s", name)
	}
	require.EqualValues(t, 4, without.Find(render.TemplatesJSON).Tag.Revision)
	require.NotEqual(t, after.Find(render.TemplatesJSON).Tag, without.Find(render.TemplatesJSON).Tag)
}

func TestDeletedOrganizationIsPublishedAsTombstone(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	w.create("docs")
	w.waitPublished()
	require.NoError(t, w.db.DeleteOrganization(t.Context(), ada, w.org.ID))
	got := w.waitPublished()
	require.True(t, got.Deleted)
	require.Empty(t, got.Representations)
	w.redis.FlushAll()
	require.True(t, w.waitPublished().Deleted, "a flush does not bring it back")
}

// No change is lost: the sweep finds a change whose job is gone.
func TestSweepPublishesChangeWithoutJob(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	w.waitPublished() // the comparison at the start is over
	w.exec(`create function lose() returns trigger language plpgsql as $$ begin delete from river_job where id = new.id; return null; end $$;
		create trigger lose after insert on river_job for each row execute function lose()`)
	_, hash := w.token(w.member("bob@example.com"))
	w.create("docs")
	w.waitPublished()
	w.waitRecord(hash, func(r *pubstore.Token) bool { return r.Version == 1 })
}

// No change is lost: a worker that dies between the script and the write-back leaves the
// organization pending, and the next one finishes.
func TestCrashBeforeWriteBackIsRepaired(t *testing.T) {
	w := newWorld(t)
	_, stop := w.startWorker()
	w.waitPublished()
	w.exec(`create function die() returns trigger language plpgsql as $$ begin
		if new.published_revision > old.published_revision then raise exception 'the worker died here'; end if; return new; end $$;
		create trigger die before update on organizations for each row execute function die()`)
	w.create("docs")
	w.await(func() error {
		d, err := w.store.Document(t.Context(), w.org.ID.String())
		if err == nil && d.Version.Revision != 2 {
			err = errors.New("not there yet")
		}
		return err
	})
	require.Error(t, w.nothingPending(), "it is in Redis, and not recorded as published")
	stop()
	w.exec("drop trigger die on organizations")
	w.startWorker()
	w.waitPublished()
}

func TestTokensAndMembersArePublished(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	bob := w.member("bob@example.com")
	w.waitPublished()
	tok, hash := w.token(bob)
	require.NoError(t, w.db.WaitTokenPublished(t.Context(), tok.ID, tok.Version))
	now := time.Now()
	org := w.org.ID.String()
	w.waitRecord(hash, func(r *pubstore.Token) bool {
		return r.Grants(org, now) && r.ID == tok.ID.String() && r.User == bob.String()
	})
	require.NoError(t, w.db.RemoveMember(t.Context(), ada, w.org.ID, bob))
	w.waitRecord(hash, func(r *pubstore.Token) bool { return r.Revoked && r.Version == 2 })
	require.NoError(t, w.db.AddMember(t.Context(), ada, w.org.ID, bob, "member"))
	tok, other := w.token(bob)
	w.waitRecord(other, func(r *pubstore.Token) bool { return r.Grants(org, now) })
	_, err := w.db.RevokeToken(t.Context(), ada, w.org.ID, tok.ID)
	require.NoError(t, err)
	w.waitRecord(other, func(r *pubstore.Token) bool { return r.Revoked && r.Version == 2 })
	w.redis.FlushAll()
	w.waitRecord(other, func(r *pubstore.Token) bool { return r.Revoked && r.Version == 2 })
	w.waitRecord(hash, func(r *pubstore.Token) bool { return r.Revoked && r.Version == 2 })
}

func TestTokensOfDisabledUserArePublishedAsRevoked(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	bob := w.member("bob@example.com")
	w.waitPublished()
	_, hash := w.token(bob)
	now, org := time.Now(), w.org.ID.String()
	w.waitRecord(hash, func(r *pubstore.Token) bool { return r.Grants(org, now) })
	for range 2 {
		_, err := w.db.SetDisabled(t.Context(), ada, bob, true)
		require.NoError(t, err)
		w.waitRecord(hash, func(r *pubstore.Token) bool { return r.Revoked && !r.Grants(org, now) })
		_, err = w.db.SetDisabled(t.Context(), ada, bob, false)
		require.NoError(t, err)
		w.waitRecord(hash, func(r *pubstore.Token) bool { return r.Grants(org, now) })
	}
}

// An organization that can't be published keeps no other one waiting.
func TestStuckOrganizationDoesNotBlockOthers(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	w.waitPublished()
	stuck, err := w.db.CreateOrganization(t.Context(), ada, "stuck", "Stuck")
	require.NoError(t, err)
	_, err = w.db.Modes.Create(t.Context(), ada, stuck.ID, mode("docs"))
	require.NoError(t, err)
	w.exec(`update organization_modes set config = '{"groups": 7}' where organization_id = $1`, stuck.ID)
	for i := range 20 {
		w.create(fmt.Sprintf("m%d", i))
	}
	w.await(func() error {
		d, err := w.store.Document(t.Context(), w.org.ID.String())
		if err == nil && d.Version.Revision != 21 {
			err = errors.New("not there yet")
		}
		return err
	})
}

// Other built-in modes are another edition: everything is published again, and a worker that
// still has the old ones pauses.
func TestNewBuiltinsRaiseEdition(t *testing.T) {
	w := newWorld(t)
	old, _ := w.startWorker()
	w.waitPublished()
	w.startWorker(mode("only"))
	w.await(func() error {
		d, err := w.store.Document(t.Context(), w.org.ID.String())
		if err == nil && d.Version.Edition != 2 {
			err = errors.New("still the old edition")
		}
		return err
	})
	require.Contains(t, body(t, w.waitPublished(), render.ModesYAML), "You are only")
	w.await(func() error {
		if old.Ready() {
			return errors.New("the old worker still works")
		}
		return nil
	})
	w.create("docs")
	require.Contains(t, body(t, w.waitPublished(), render.ModesYAML), "You are only")
	_, err := w.db.ReactivateEdition(t.Context(), ada, 1)
	require.NoError(t, err)
	w.await(func() error {
		d, err := w.store.Document(t.Context(), w.org.ID.String())
		if err == nil && d.Version.Edition != 3 {
			err = errors.New("not back yet")
		}
		return err
	})
	require.True(t, old.Ready())
	require.NotContains(t, body(t, w.waitPublished(), render.ModesYAML), "You are only")
}
