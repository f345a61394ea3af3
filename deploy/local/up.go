package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"orgmodes/internal/devstack"
)

// up starts everything, prints how to use it, and stops everything when ctx is done or when
// something that it started ends.
func up(ctx context.Context) (err error) {
	start := time.Now()
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	local, bin := filepath.Join(root, ".local"), filepath.Join(root, "bin")
	if err := os.MkdirAll(local, 0o700); err != nil {
		return err
	}
	release, err := lockCheckout(ctx, local)
	if err != nil {
		return err
	}
	defer release()
	st, err := readState(local)
	if err != nil {
		return err
	}
	// The contents of run.env are only true while the stack runs.
	runEnv := filepath.Join(local, "run.env")
	if err := os.Remove(runEnv); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}

	s, err := openStores(ctx, local, st)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := tokenKeys(st); err != nil {
		return err
	}
	if err := st.save(); err != nil {
		return err
	}

	env := environment(
		variable{"DATABASE_URL", s.appURL}, variable{"MIGRATE_DATABASE_URL", s.ownerURL},
		variable{"REDIS_URL", s.redisURL}, variable{"TOKEN_KEYS", st.TokenKeys},
	)
	o := operator{bin: bin, env: env}
	logf("migrating the database ...")
	if _, err := o.run(ctx, nil, "", "migrate"); err != nil {
		return err
	}

	ps := &programs{bin: bin, local: local, env: env}
	defer func() {
		if ctx.Err() != nil {
			logf("\nending admin, worker and reader, then the stores ...")
		}
		err = errors.Join(err, ps.stop())
	}()
	logf("starting admin, worker and reader ...")
	level := os.Getenv("LOG_LEVEL")
	if level == "" {
		level = "info"
	}
	if err := ps.start(ctx, level); err != nil {
		return err
	}
	logf("looking after the sample organization ...")
	if err := seed(ctx, o, local, st); err != nil {
		return err
	}
	g, err := checkAsEditor(ctx, ps, st)
	if err != nil {
		return err
	}
	if err := writePrivately(runEnv, shellVariables(runVariables(s, ps, st))); err != nil {
		return err
	}
	defer func() { _ = os.Remove(runEnv) }()
	g.print(os.Stdout, time.Since(start))
	return wait(ctx, s, ps)
}

// lockCheckout ensures one run per checkout. It fails if another run is up, and waits for one
// that is shutting down (run.env is gone).
func lockCheckout(ctx context.Context, local string) (release func(), err error) {
	deadline := time.Now().Add(30 * time.Second)
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for attempt := 1; ; attempt++ {
		release, err := devstack.TryLock(filepath.Join(local, "lock"))
		if !errors.Is(err, devstack.ErrLocked) {
			return release, err
		}
		_, statErr := os.Stat(filepath.Join(local, "run.env"))
		if statErr == nil || time.Now().After(deadline) {
			return nil, fmt.Errorf("it runs already in this checkout (.local/lock): %w", err)
		}
		if attempt == 1 {
			logf("waiting for another run in this checkout to end ...")
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// wait returns when ctx is done, or when a process that should be running ends.
func wait(ctx context.Context, s *stores, ps *programs) error {
	all := s.monitored
	for _, p := range ps.all() {
		all = append(all, monitored{p.name, p.child})
	}
	cases := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())}}
	for _, w := range all {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(w.child.Done())})
	}
	chosen, _, _ := reflect.Select(cases)
	if chosen == 0 {
		return context.Cause(ctx)
	}
	return all[chosen-1].exitError()
}

// tokenKeys preserves the token key across runs: a new key would invalidate the tokens of
// the last run.
func tokenKeys(st *state) error {
	if keys := os.Getenv("TOKEN_KEYS"); keys != "" {
		st.TokenKeys = keys
	}
	if st.TokenKeys != "" {
		return nil
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	st.TokenKeys = "k1:" + base64.StdEncoding.EncodeToString(key)
	return nil
}

func runVariables(s *stores, ps *programs, st *state) []variable {
	return []variable{
		{"ADMIN_URL", ps.admin.publicURL},
		{"READER_URL", ps.reader.publicURL},
		{"ADMIN_PRIVATE_URL", ps.admin.privateURL},
		{"READER_PRIVATE_URL", ps.reader.privateURL},
		{"WORKER_PRIVATE_URL", ps.worker.privateURL},
		{"ORG_ID", st.OrganizationID},
		{"ORG_SLUG", sampleSlug},
		{"TOKEN", st.EditorToken.Token},
		{"ADMIN_TOKEN", st.AdminToken.Token},
		{"OWNER_EMAIL", st.OwnerEmail},
		{"OWNER_PASSWORD", st.OwnerPassword},
		{"DATABASE_URL", s.appURL},
		{"MIGRATE_DATABASE_URL", s.ownerURL},
		{"REDIS_URL", s.redisURL},
		{"TOKEN_KEYS", st.TokenKeys},
	}
}
