package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/config"
)

type private struct {
	PrivateListen config.Address `env:"PRIVATE_LISTEN" envDefault:"127.0.0.1:9090"`
}

type settings struct {
	private
	Private  private
	Listen   config.Address `env:"LISTEN" envDefault:"127.0.0.1:8080"`
	Database config.Secret  `env:"DATABASE_URL,required" expect:"postgres://user@host/database"`
	Keys     config.Secret  `env:"TOKEN_KEYS,required" expect:"kid:base64key"`
	Workers  int            `env:"WORKERS" envDefault:"4"`
	Drain    time.Duration  `env:"DRAIN" envDefault:"10s"`
}

func TestLoad(t *testing.T) {
	got, err := config.LoadFrom[settings]([]string{
		"DATABASE_URL=postgres://a", "TOKEN_KEYS=k1:xx", "LISTEN=:81", "DRAIN=", "PRIVATE_LISTEN=[::1]:0",
	})
	require.NoError(t, err)
	require.Equal(t, config.Address(":81"), got.Listen)
	require.Equal(t, config.Address("[::1]:0"), got.Private.PrivateListen)
	require.Equal(t, 10*time.Second, got.Drain, "set to nothing is not set")
	require.Equal(t, "postgres://a", string(got.Database))
}

func TestLoadReportsAllProblems(t *testing.T) {
	_, err := config.LoadFrom[settings]([]string{"LISTEN=8080", "WORKERS=many", "DRAIN=10", "PRIVATE_LISTEN=:99999"})
	var problems config.Problems
	require.ErrorAs(t, err, &problems)
	for _, line := range []string{
		`LISTEN="8080": missing port in address; expected host:port, such as 127.0.0.1:8080 or :8080`,
		`DATABASE_URL: not set; expected postgres://user@host/database (or DATABASE_URL_FILE, the path of a file that holds it)`,
		`TOKEN_KEYS: not set; expected kid:base64key (or TOKEN_KEYS_FILE, the path of a file that holds it)`,
		`WORKERS="many": invalid syntax; expected a whole number`,
		`expected a duration such as 250ms, 30s or 5m`,
		`PRIVATE_LISTEN=":99999": the port is not a number from 0 to 65535`,
	} {
		require.Contains(t, err.Error(), line)
	}
}

func TestLoadReadsFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "url")
	require.NoError(t, os.WriteFile(file, []byte("postgres://from-file\n"), 0o600))
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))

	got, err := config.LoadFrom[settings]([]string{"DATABASE_URL_FILE=" + file, "TOKEN_KEYS=x"})
	require.NoError(t, err)
	require.Equal(t, "postgres://from-file", string(got.Database))

	_, err = config.LoadFrom[settings]([]string{"DATABASE_URL=postgres://hunter2", "DATABASE_URL_FILE=" + file, "TOKEN_KEYS_FILE=" + empty})
	require.ErrorContains(t, err, "DATABASE_URL: given twice, as DATABASE_URL and as DATABASE_URL_FILE; expected one of them")
	require.ErrorContains(t, err, "TOKEN_KEYS_FILE="+fmt.Sprintf("%q", empty)+": the file is empty")
	require.NotContains(t, err.Error(), "hunter2")

	_, err = config.LoadFrom[settings]([]string{"DATABASE_URL_FILE=" + dir + "/none", "TOKEN_KEYS=x"})
	require.ErrorContains(t, err, "can't be read: no such file or directory")
	require.Equal(t, 1, strings.Count(err.Error(), "DATABASE_URL_FILE"), "one complaint, not two")
}

func TestLoadAcceptsOldNames(t *testing.T) {
	type renamed struct {
		Dir      string        `env:"CACHE_DIR" was:"SNAPSHOT_DIR"`
		Interval time.Duration `env:"CACHE_INTERVAL" was:"SNAPSHOT_EVERY" envDefault:"30s"`
	}
	file := filepath.Join(t.TempDir(), "dir")
	require.NoError(t, os.WriteFile(file, []byte("/var/cache\n"), 0o600))
	environ := []string{"SNAPSHOT_DIR_FILE=" + file, "SNAPSHOT_EVERY=1s"}
	got, err := config.LoadFrom[renamed](environ)
	require.NoError(t, err)
	require.Equal(t, renamed{"/var/cache", time.Second}, got)
	require.Equal(t, []config.Rename{{Old: "SNAPSHOT_DIR_FILE", New: "CACHE_DIR_FILE"}, {Old: "SNAPSHOT_EVERY", New: "CACHE_INTERVAL"}},
		config.Deprecated[renamed](environ))

	current := []string{"CACHE_DIR=/srv", "CACHE_INTERVAL=2s"}
	got, err = config.LoadFrom[renamed](current)
	require.NoError(t, err)
	require.Equal(t, renamed{"/srv", 2 * time.Second}, got)
	require.Empty(t, config.Deprecated[renamed](current))

	_, err = config.LoadFrom[renamed](append(current, environ...))
	require.ErrorContains(t, err, "CACHE_INTERVAL: given twice, as CACHE_INTERVAL and under its old name SNAPSHOT_EVERY; expected CACHE_INTERVAL alone")
	_, err = config.LoadFrom[renamed]([]string{"SNAPSHOT_EVERY=soon"})
	require.ErrorContains(t, err, `CACHE_INTERVAL="soon": `)
}

func TestSecretsStayHidden(t *testing.T) {
	s := struct{ Key config.Secret }{"hunter2"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", s.Key, "all", s)
	encoded, err := json.Marshal(s)
	require.NoError(t, err)
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v %q", s, s, s.Key), log.String(), string(encoded)} {
		require.NotContains(t, text, "hunter2")
	}
}

func TestHelp(t *testing.T) {
	type settings struct {
		URL    config.Secret `env:"STORE_URL,required" expect:"store://host"`
		Shared struct {
			Interval time.Duration `env:"INTERVAL" envDefault:"5m" help:"how often it is read"`
		}
		Directory string `env:"A_NAME_LONGER_THAN_ITS_COLUMN" help:"a directory whose description is so long that it doesn't fit into one line (default none)"`
	}
	require.Equal(t, `Settings are read from environment variables; NAME_FILE is the path of a file that holds NAME:
  STORE_URL          store://host (required)
  INTERVAL           how often it is read (default 5m)
  A_NAME_LONGER_THAN_ITS_COLUMN
                     a directory whose description is so long that it doesn't fit into one line
                     (default none)
`, config.Help[settings]())
}
