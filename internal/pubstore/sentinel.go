package pubstore

import (
	"crypto/tls"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// sentinelURLFormat is the format of a URL that names Sentinels.
const sentinelURLFormat = "redis+sentinel://[user:password@]host:port[,host:port...]/master-name[/db]" +
	"[?sentinel_user=...&sentinel_password=...]"

var errNotSentinel = errors.New("not the URL of Sentinels")

// openSentinel returns a client of the server that the Sentinels of a URL report as
// the primary. After a failover it drops its connections to the old one, including
// those blocked on a read. The scheme rediss+sentinel uses TLS for both kinds of
// server. openSentinel returns errNotSentinel for a URL of another scheme.
func openSentinel(given string, o Options) (redis.UniversalClient, error) {
	opt, err := parseSentinel(given)
	if err != nil {
		return nil, err
	}
	opt.MaxRetries, opt.DialerRetries = -1, 1
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout, opt.PoolTimeout = o.Timeout, o.Timeout, o.Timeout, o.Timeout
	opt.ContextTimeoutEnabled = true
	opt.PoolSize = o.PoolSize
	opt.ConnMaxLifetime = o.MaxAge
	opt.Dialer = progressDialer(redis.NewDialer(&redis.Options{DialTimeout: o.Timeout, TLSConfig: opt.TLSConfig}), o.Timeout)
	return redis.NewFailoverClient(opt), nil
}

func parseSentinel(given string) (*redis.FailoverOptions, error) {
	scheme, _, _ := strings.Cut(given, "://")
	if scheme != "redis+sentinel" && scheme != "rediss+sentinel" {
		return nil, errNotSentinel
	}
	u, err := url.Parse(given)
	if err != nil {
		return nil, err
	}
	name, db, named := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	opt := &redis.FailoverOptions{
		MasterName: name, SentinelAddrs: strings.Split(u.Host, ","), Username: u.User.Username(),
		SentinelUsername: u.Query().Get("sentinel_user"), SentinelPassword: u.Query().Get("sentinel_password"),
	}
	opt.Password, _ = u.User.Password()
	if named && db != "" {
		if opt.DB, err = strconv.Atoi(db); err != nil {
			return nil, err
		}
	}
	for _, addr := range opt.SentinelAddrs {
		if host, port, ok := strings.Cut(addr, ":"); !ok || host == "" || port == "" {
			return nil, errors.New("a Sentinel is host:port")
		}
	}
	if name == "" {
		return nil, errors.New("no name of a master")
	}
	if scheme == "rediss+sentinel" {
		opt.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return opt, nil
}
