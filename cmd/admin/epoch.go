package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"orgmodes/internal/audit"
	"orgmodes/internal/config"
	"orgmodes/internal/postgres"
	"orgmodes/internal/process"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// redisSettings holds the settings of the Redis that readers use, as needed to raise the epoch.
type redisSettings struct {
	URL    config.Secret `env:"REDIS_URL" expect:"redis://[user:password@]host:port[/db] or redis+sentinel://host:port[,host:port...]/master-name"`
	Prefix string        `env:"REDIS_PREFIX" envDefault:"om"`
}

func (c *cli) epochRaise() *cobra.Command {
	var withoutRedis bool
	var atLeast int64
	cmd := c.run(&cobra.Command{
		Use:   "raise",
		Short: "Raise the epoch after a restore of Postgres, so that readers accept new publications",
		Long: `Readers never go back to an older revision. After Postgres was restored from a backup,
its revisions are older than the ones that readers have, so publishing stops with a
message that refers to this command. The command

  1. writes back what Redis has and the backup lacks: tokens revoked since then;
  2. raises the epoch above that of Redis and of Postgres, to at least the current
     Unix time, so that restoring the same backup twice results in two epochs;
  3. lets the workers republish everything.

It requires REDIS_URL (and REDIS_PREFIX) with the same values as for the workers,
redis:// or redis+sentinel://. If that Redis is permanently lost, use
--without-redis. Tokens that were revoked after the backup was made are then valid
again, so revoke them once more.`,
		Example: `  admin epoch raise
  admin epoch raise --without-redis --at-least 1780000000`,
	}, func(ctx context.Context, _ []string) error {
		s, err := config.LoadFrom[redisSettings](c.environ)
		if err != nil {
			return err
		}
		if s.URL == "" && !withoutRedis {
			return errors.New("REDIS_URL is not set: the new epoch must be above the one in Redis, and revocations that are only in " +
				"Redis must be written back; set it, or use --without-redis if that Redis is lost")
		}
		return c.withDatabase(ctx, func(db *postgres.DB) error {
			before, err := db.Installation(ctx)
			if err != nil {
				return err
			}
			found, revoked := int64(0), 0
			by := c.by()
			if !withoutRedis {
				store, err := pubstore.Open(string(s.URL), pubstore.Options{Prefix: s.Prefix, Timeout: connectTimeout})
				if err != nil {
					return err
				}
				defer func() { _ = store.Close() }()
				if found, revoked, err = adoptRevocations(ctx, db, store, by); err != nil {
					return err
				}
			}
			epoch := max(before.Epoch+1, found+1, atLeast, time.Now().Unix())
			after, err := db.RaiseEpoch(ctx, by, epoch)
			if err != nil {
				return err
			}
			return c.print(struct {
				Epoch       int64 `json:"epoch"`
				Was         int64 `json:"was"`
				FoundEpoch  int64 `json:"found_in_redis"`
				Revocations int   `json:"revocations_written_back"`
			}{after.Epoch, before.Epoch, found, revoked}, func(w io.Writer) {
				fmt.Fprintf(w, "The epoch is now %d (it was %d in Postgres, %d in Redis); %d revocations were written back. Workers republish everything.\n",
					after.Epoch, before.Epoch, found, revoked)
			})
		})
	})
	cmd.Flags().BoolVar(&withoutRedis, "without-redis", false, "raise the epoch without the Redis that readers used, because it is lost")
	cmd.Flags().Int64Var(&atLeast, "at-least", 0, "minimum value of the new epoch")
	return cmd
}

// adoptRevocations revokes in Postgres the tokens that are revoked only in Redis. It returns the
// highest epoch found in Redis, and how many tokens it revoked.
func adoptRevocations(ctx context.Context, db *postgres.DB, store *pubstore.Store, by audit.Attribution) (epoch int64, revoked int, err error) {
	state, err := store.State(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("can't read the Redis at REDIS_URL (%s): correct REDIS_URL, or use --without-redis if that Redis is lost", process.Redact(innermost(err)))
	}
	epoch = state.Epoch
	err = db.ForEachOrganization(ctx, pageSize, func(page []postgres.PendingOrganization) error {
		ids := make([]string, len(page))
		for i, o := range page {
			ids[i] = o.ID.String()
		}
		versions, err := store.ListVersions(ctx, ids)
		for _, v := range versions {
			epoch = max(epoch, v.Epoch)
		}
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	err = db.ForEachToken(ctx, pageSize, func(page []postgres.TokenKey) error {
		hashes := make([]token.Hash, len(page))
		for i, t := range page {
			hashes[i] = t.Hash
		}
		heads, err := store.ListTokenVersions(ctx, hashes)
		if err != nil {
			return err
		}
		for i, h := range heads {
			epoch = max(epoch, h.Epoch)
			if !h.Revoked {
				continue
			}
			done, err := db.AdoptRevocation(ctx, by, page[i].ID)
			if err != nil {
				return err
			}
			if done {
				revoked++
			}
		}
		return nil
	})
	return epoch, revoked, err
}
