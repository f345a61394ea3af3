package main

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"time"

	"orgmodes/internal/config"
	"orgmodes/internal/modes"
	"orgmodes/internal/templates"
	"orgmodes/internal/token"
)

// settings holds all settings of `admin serve`, from the environment.
type settings struct {
	DatabaseURL              config.Secret  `env:"DATABASE_URL,required" expect:"postgres://user:password@host:port/database"`
	TokenKeys                config.Secret  `env:"TOKEN_KEYS,required" expect:"kid:base64key[,kid:base64key...], such as k1:$(openssl rand -base64 32)" help:"kid:base64key,...; the first key signs; the same as for readers"`
	Listen                   config.Address `env:"LISTEN" envDefault:"127.0.0.1:8080" help:"address of the pages and the API"`
	PrivateListen            config.Address `env:"PRIVATE_LISTEN" envDefault:"127.0.0.1:9080" help:"address of /livez, /startupz, /readyz, /metrics and pprof"`
	PrivateHosts             []string       `env:"PRIVATE_HOSTS" expect:"host names without port, such as reader-0.internal" help:"host names under which the private port is served, besides IP addresses and localhost (default none)"`
	PublicURL                string         `env:"PUBLIC_URL" help:"public address of admin, such as https://modes.example.com; must be https unless the host is localhost (default http://localhost:<port>)"`
	PublicReaderURL          string         `env:"PUBLIC_READER_URL" help:"public address of the readers, for links"`
	TrustedProxies           []string       `env:"TRUSTED_PROXIES" help:"addresses or networks whose X-Forwarded-For is trusted and whose connections are not limited (default none)"`
	MaxConnections           int            `env:"MAX_CONNECTIONS" envDefault:"0" help:"maximum number of concurrent connections; 0: 4096, or fewer if the process's limit of file descriptors is low"`
	MaxConnectionsPerAddress int            `env:"MAX_CONNECTIONS_PER_ADDRESS" envDefault:"0" help:"maximum number from one address; 0: an eighth of all"`
	PublishWait              time.Duration  `env:"PUBLISH_WAIT_TIMEOUT" was:"PUBLISH_WAIT" envDefault:"5s" help:"how long creating or revoking a token waits until readers have received it"`
	BuiltinModes             string         `env:"BUILTIN_MODES" expect:"the path of a YAML file with a list named customModes" help:"YAML file with a list named customModes that replaces the default built-in modes; the same for every admin and worker"`
	TemplateTools            []string       `env:"TEMPLATE_TOOLS" help:"additional tools that permission templates can allow: name=what it allows,..."`
	Log                      config.Log
}

// resolvedSettings holds the values parsed from settings.
type resolvedSettings struct {
	keys     *token.Keys
	builtins []modes.Mode
	public   *url.URL
	trusted  config.Networks
	// hosts are those of the private port.
	hosts []string
	tools templates.Tools
}

// resolve parses the settings. The error lists all problems at once.
func (s *settings) resolve() (resolvedSettings, error) {
	var in resolvedSettings
	var problems config.Problems
	add := func(name, got string, err error, expect string) {
		if err != nil {
			problems = append(problems, config.Problem{Name: name, Got: got, Detail: err.Error(), Expect: expect})
		}
	}
	var err error
	in.keys, err = token.ParseKeys(string(s.TokenKeys))
	add("TOKEN_KEYS", "", err, "")
	in.public, err = s.public()
	add("PUBLIC_URL", s.PublicURL, err, "https://host, or http://localhost:port")
	in.trusted, err = config.ParseNetworks(s.TrustedProxies)
	add("TRUSTED_PROXIES", "", err, "addresses or networks, such as 10.0.0.0/8,192.0.2.7")
	in.hosts, err = config.ParseHosts(s.PrivateHosts)
	add("PRIVATE_HOSTS", "", err, "host names without port, such as admin-0.internal")
	if s.MaxConnections < 0 || s.MaxConnectionsPerAddress < 0 {
		add("MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS", "", errors.New("negative"), "a number, or 0 for the default")
	}
	in.builtins, err = s.builtins()
	add("BUILTIN_MODES", s.BuiltinModes, err, "the path of a YAML file with a list named customModes")
	if in.tools, err = templateTools(s.TemplateTools); err != nil {
		problems = append(problems, *problemOfTools(err))
	}
	if len(problems) > 0 {
		return in, problems
	}
	return in, nil
}

// templateTools returns the tools that permission templates can allow: the built-in ones and
// those of this installation.
func templateTools(more []string) (templates.Tools, error) { return templates.Tools{}.With(more...) }

func problemOfTools(err error) *config.Problem {
	return &config.Problem{Name: "TEMPLATE_TOOLS", Detail: err.Error(), Expect: "tool names, each with what it allows: deploy=Rolls out a release.,page=Pages the on-call engineer."}
}

// public returns the public URL of this installation. It must be https, so that cookies are
// not sent in the clear, unless the host is local.
func (s *settings) public() (*url.URL, error) {
	if s.PublicURL == "" {
		_, port, err := net.SplitHostPort(string(s.Listen))
		if err != nil {
			return nil, err
		}
		return &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", port)}, nil
	}
	u, err := url.Parse(s.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("not an http or https URL")
	}
	if u.Scheme == "http" && !isLocal(u.Hostname()) {
		return nil, errors.New("passwords and sessions would be sent over the network in the clear")
	}
	return u, nil
}

func isLocal(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func (s *settings) builtins() ([]modes.Mode, error) { return builtinModes(s.BuiltinModes) }

// builtinModes returns the built-in modes: from the file at path, or the default ones if
// path is empty.
func builtinModes(path string) ([]modes.Mode, error) {
	if path == "" {
		return modes.Builtins(), nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return modes.LoadBuiltins(data)
}
