package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// state holds the data that a stack saves between runs, in .local/state.json: the ports, and the
// secrets that it generated and that can't be recovered from elsewhere.
type state struct {
	PostgresPort int `json:"postgres_port,omitempty"`
	RedisPort    int `json:"redis_port,omitempty"`
	// The URLs of the stores started here, so that they are recognized if the environment
	// of a shell contains them.
	OwnDatabaseURL string `json:"own_database_url,omitempty"`
	OwnMigrateURL  string `json:"own_migrate_url,omitempty"`
	OwnRedisURL    string `json:"own_redis_url,omitempty"`

	TokenKeys string `json:"token_keys,omitempty"`

	OrganizationID string `json:"organization_id,omitempty"`
	// SamplesDue is true from when the organization is created until its modes are
	// imported.
	SamplesDue    bool   `json:"samples_due,omitempty"`
	OwnerID       string `json:"owner_id,omitempty"`
	OwnerEmail    string `json:"owner_email,omitempty"`
	OwnerPassword string `json:"owner_password,omitempty"`
	EditorToken   secret `json:"editor_token,omitzero"`
	AdminToken    secret `json:"admin_token,omitzero"`

	file string
}

// secret is a token and the ID by which it is listed.
type secret struct {
	ID    string `json:"id"`
	Token string `json:"token"`
}

func readState(local string) (*state, error) {
	st := &state{file: filepath.Join(local, "state.json")}
	content, err := os.ReadFile(st.file)
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(content, st); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): remove it, and new credentials are made", st.file, err)
	}
	return st, nil
}

func (st *state) save() error {
	content, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return err
	}
	return writePrivately(st.file, append(content, '\n'))
}

// clearContent drops everything that belonged to a database that no longer exists.
func (st *state) clearContent() {
	st.OrganizationID, st.OwnerID, st.OwnerEmail, st.OwnerPassword = "", "", "", ""
	st.EditorToken, st.AdminToken = secret{}, secret{}
}

// writePrivately atomically replaces a file with one that only the current user can read.
func writePrivately(path string, content []byte) error {
	aside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	_, err = aside.Write(content)
	if err = errors.Join(err, aside.Close()); err != nil {
		return errors.Join(err, os.Remove(aside.Name()))
	}
	return os.Rename(aside.Name(), path)
}

// variable is one line of run.env.
type variable struct{ name, value string }

// shellVariables formats variables so that `. run.env` reads back the same values, whatever
// they contain.
func shellVariables(variables []variable) []byte {
	var b strings.Builder
	b.WriteString("# What `make run` started; read it with: set -a; . .local/run.env; set +a\n")
	for _, v := range variables {
		fmt.Fprintf(&b, "%s=%s\n", v.name, shellQuote(v.value))
	}
	return []byte(b.String())
}

func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
