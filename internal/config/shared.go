package config

// Redis holds the settings of a connection to Redis that worker and reader share.
type Redis struct {
	URL    Secret `env:"REDIS_URL,required" expect:"redis://[user:password@]host:port[/db] or redis+sentinel://host:port[,host:port...]/master-name" help:"redis://[user:password@]host:port[/db], or the Sentinels that name the primary: redis+sentinel://[user:password@]host:port[,host:port...]/master-name[/db] (?sentinel_user=...&sentinel_password=... if they require it); for TLS rediss:// and rediss+sentinel://"`
	Prefix string `env:"REDIS_PREFIX" envDefault:"om" help:"prefix of all keys"`
}

// Log holds the settings of the logger that all programs share.
type Log struct {
	Level  string `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	Format string `env:"LOG_FORMAT" help:"text or json (default: text on a terminal, json elsewhere)"`
}
