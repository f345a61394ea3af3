package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/config"
)

// settings holds all settings of the reader, from the environment. Each NAME can also be
// given as NAME_FILE.
type settings struct {
	Redis                    config.Redis
	TokenKeys                config.Secret  `env:"TOKEN_KEYS,required" expect:"kid:base64key[,kid:base64key...], the same as for admin"`
	Listen                   config.Address `env:"LISTEN" envDefault:":8081" help:"address for editors"`
	PrivateListen            config.Address `env:"PRIVATE_LISTEN" envDefault:"127.0.0.1:9081" help:"address of /livez, /startupz, /readyz, /metrics and pprof"`
	PrivateHosts             []string       `env:"PRIVATE_HOSTS" expect:"host names without port, such as reader-0.internal" help:"host names under which the private port is served, besides IP addresses and localhost (default none)"`
	MaxConnections           int            `env:"MAX_CONNECTIONS" envDefault:"0" help:"maximum number of concurrent connections; 0: the process's limit of file descriptors, less some for Redis and files"`
	MaxConnectionsPerAddress int            `env:"MAX_CONNECTIONS_PER_ADDRESS" envDefault:"0" help:"maximum number from one address; 0: half of all"`
	TrustedProxies           []string       `env:"TRUSTED_PROXIES" expect:"addresses or networks, such as 10.0.0.0/8,192.0.2.7" help:"addresses or networks of caches and proxies in front of the reader, whose connections are not limited (default none)"`
	PollInterval             time.Duration  `env:"POLL_INTERVAL" envDefault:"5m" help:"poll interval that editors are asked to use"`
	PublicCatalog            string         `env:"PUBLIC_CATALOG" was:"PUBLIC_CATALOGUE" expect:"the path of a YAML file with a list named items" help:"public catalog: YAML file with a list named items, for clients that name no organization at /api/marketplace/modes (default: an empty list)"`
	CacheBytes               uint64         `env:"CACHE_BYTES" envDefault:"268435456" help:"memory for documents"`
	AuthMaxStale             time.Duration  `env:"AUTH_MAX_STALE" envDefault:"15m" help:"how long a token is accepted after the log last confirmed it; 0s: only while answers are fresh"`
	SnapshotDir              string         `env:"CACHE_SNAPSHOT_DIR" was:"SNAPSHOT_DIR" expect:"a directory that is not shared with other readers" help:"directory for a copy of the cache that allows a start without Redis; it contains documents and hashes of tokens (default none)"`
	SnapshotEvery            time.Duration  `env:"CACHE_SNAPSHOT_INTERVAL" was:"SNAPSHOT_EVERY" envDefault:"30s" help:"how often that copy is written"`
	Canary                   string         `env:"CANARY_ORGANIZATION" envDefault:"00000000-0000-4000-8000-00006f6d6361" expect:"a UUID" help:"organization whose document the workers rewrite so that its age can be monitored"`
	DrainWait                time.Duration  `env:"DRAIN_WAIT" envDefault:"1s" help:"how long to continue serving after /readyz reports not ready"`
	Log                      config.Log
}

const minCacheBytes = 1 << 20

// Validate checks the ranges and formats that the field types do not enforce.
func (s *settings) Validate() error {
	var problems []error
	if s.PollInterval < time.Second || s.PollInterval > 24*time.Hour {
		problems = append(problems, fmt.Errorf("POLL_INTERVAL=%s: expected 1s to 24h", s.PollInterval))
	}
	if s.CacheBytes < minCacheBytes {
		problems = append(problems, fmt.Errorf("CACHE_BYTES=%d: expected at least %d", s.CacheBytes, minCacheBytes))
	}
	if s.AuthMaxStale < 0 || s.AuthMaxStale > 24*time.Hour {
		problems = append(problems, fmt.Errorf("AUTH_MAX_STALE=%s: expected 0s to 24h", s.AuthMaxStale))
	}
	if s.SnapshotEvery < time.Second || s.SnapshotEvery > time.Hour {
		problems = append(problems, fmt.Errorf("CACHE_SNAPSHOT_INTERVAL=%s: expected 1s to 1h", s.SnapshotEvery))
	}
	if s.Canary != "" && uuid.Validate(s.Canary) != nil {
		problems = append(problems, fmt.Errorf("CANARY_ORGANIZATION=%q: expected a UUID", s.Canary))
	}
	if s.DrainWait < 0 || s.DrainWait > time.Minute {
		problems = append(problems, fmt.Errorf("DRAIN_WAIT=%s: expected 0s to 1m", s.DrainWait))
	}
	if s.MaxConnections < 0 || s.MaxConnectionsPerAddress < 0 {
		problems = append(problems, errors.New("MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS: expected a number, or 0 for the default"))
	}
	if _, err := config.ParseNetworks(s.TrustedProxies); err != nil {
		problems = append(problems, fmt.Errorf("TRUSTED_PROXIES: %w; expected addresses or networks, such as 10.0.0.0/8,192.0.2.7", err))
	}
	if _, err := config.ParseHosts(s.PrivateHosts); err != nil {
		problems = append(problems, fmt.Errorf("PRIVATE_HOSTS: %w", err))
	}
	return errors.Join(problems...)
}

// catalog reads the public catalog. It returns nil if none is configured.
func (s *settings) catalog() ([]byte, error) {
	if s.PublicCatalog == "" {
		return nil, nil
	}
	body, err := os.ReadFile(s.PublicCatalog)
	if err != nil {
		return nil, fmt.Errorf("PUBLIC_CATALOG: %w", err)
	}
	if len(body) == 0 {
		return nil, fmt.Errorf("PUBLIC_CATALOG: %s is empty", s.PublicCatalog)
	}
	return body, nil
}

const usage = `reader serves published modes to editors from memory, which it fills from Redis.

Usage:
  reader             serve until SIGTERM or SIGINT
  reader --version   print the version
  reader --help      print this help

Example:
  curl -H "Authorization: Bearer $TOKEN" http://localhost:8081/api/organizations/$ORG_ID/modes.yaml
`
