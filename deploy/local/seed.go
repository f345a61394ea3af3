package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The sample organization.
const (
	sampleSlug  = "acme"
	sampleName  = "Acme"
	sampleOwner = "owner@acme.example"
)

// seed creates the sample organization, its modes, owner and tokens, or finds those of the
// last run. It replaces whatever is missing, so that everything printed afterwards is true.
func seed(ctx context.Context, o operator, local string, st *state) error {
	if err := seedOrganization(ctx, o, local, st); err != nil {
		return err
	}
	if err := seedOwner(ctx, o, st); err != nil {
		return err
	}
	if err := seedToken(ctx, o, st, &st.EditorToken, "My editor", "read"); err != nil {
		return err
	}
	if err := seedToken(ctx, o, st, &st.AdminToken, "My scripts", "read", "write"); err != nil {
		return err
	}
	return st.save()
}

func seedOrganization(ctx context.Context, o operator, local string, st *state) error {
	var organization struct {
		ID      string `json:"id"`
		Created bool   `json:"created"`
	}
	if _, err := o.run(ctx, &organization, "", "org", "create", "--slug", sampleSlug, "--name", sampleName, "--if-not-exists"); err != nil {
		return err
	}
	if organization.ID != st.OrganizationID {
		st.clearContent()
		st.OrganizationID = organization.ID
		st.SamplesDue = organization.Created
		if err := st.save(); err != nil {
			return err
		}
	}
	if !st.SamplesDue {
		return nil
	}
	samples, err := o.run(ctx, nil, "", "modes", "samples")
	if err != nil {
		return err
	}
	file := filepath.Join(local, "samples.yaml")
	if err := os.WriteFile(file, []byte(samples), 0o600); err != nil {
		return err
	}
	if _, err := o.run(ctx, nil, "", "modes", "import", "--org", sampleSlug, file); err != nil {
		return err
	}
	st.SamplesDue = false
	return st.save()
}

func seedOwner(ctx context.Context, o operator, st *state) error {
	// Save the password before creating the user: if we are killed in between, the next run
	// still knows it.
	if st.OwnerPassword == "" {
		st.OwnerEmail, st.OwnerPassword = sampleOwner, rand.Text()
		if err := st.save(); err != nil {
			return err
		}
	}
	user, err := createUser(ctx, o, st)
	if err != nil {
		return err
	}
	if !user.Created && user.ID != st.OwnerID && st.OwnerID != "" || !user.Created && st.OwnerID == "" {
		// There is a user of that name whose password we don't know.
		st.OwnerEmail = "owner-" + strings.ToLower(rand.Text()[:6]) + "@acme.example"
		st.OwnerPassword = rand.Text()
		if user, err = createUser(ctx, o, st); err != nil {
			return err
		}
	}
	st.OwnerID = user.ID
	if err := st.save(); err != nil {
		return err
	}
	_, err = o.run(ctx, nil, "", "member", "add", "--org", sampleSlug, "--email", st.OwnerEmail, "--role", "owner")
	return err
}

type createdUser struct {
	ID      string `json:"id"`
	Created bool   `json:"created"`
}

func createUser(ctx context.Context, o operator, st *state) (user createdUser, err error) {
	_, err = o.run(ctx, &user, st.OwnerPassword, "user", "create", "--email", st.OwnerEmail, "--name", "Olive Owner",
		"--password-stdin", "--if-not-exists")
	return user, err
}

// seedToken keeps a stored token that is still valid, and creates one otherwise.
func seedToken(ctx context.Context, o operator, st *state, stored *secret, name string, scopes ...string) error {
	if stored.Token != "" {
		good, err := tokenIsValid(ctx, o, stored.ID)
		if err != nil {
			return err
		}
		if good {
			return nil
		}
	}
	args := []string{"token", "create", "--org", sampleSlug, "--email", st.OwnerEmail, "--name", name}
	for _, scope := range scopes {
		args = append(args, "--scope", scope)
	}
	*stored = secret{}
	if _, err := o.run(ctx, stored, "", args...); err != nil {
		return err
	}
	if stored.Token == "" {
		return fmt.Errorf("`admin token create` printed no token")
	}
	return st.save()
}

func tokenIsValid(ctx context.Context, o operator, id string) (bool, error) {
	var list struct {
		Tokens []struct {
			ID        string     `json:"id"`
			RevokedAt *time.Time `json:"revoked_at"`
			ExpiresAt *time.Time `json:"expires_at"`
		} `json:"tokens"`
	}
	if _, err := o.run(ctx, &list, "", "token", "list", "--org", sampleSlug); err != nil {
		return false, err
	}
	for _, t := range list.Tokens {
		if t.ID == id {
			return t.RevokedAt == nil && (t.ExpiresAt == nil || time.Until(*t.ExpiresAt) > 24*time.Hour), nil
		}
	}
	return false, nil
}
