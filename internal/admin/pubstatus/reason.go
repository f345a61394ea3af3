package pubstatus

import (
	"slices"
	"strings"
)

// Reason explains a worker's error in a sentence, without the full stop; "" for no
// error.
func Reason(err string) string {
	low := strings.ToLower(err)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(low, w) })
	}
	// Errors about Postgres are stored in Postgres, so they are rarely read.
	database := has("sqlstate", "failed to connect to `", "postgres")
	switch {
	case err == "":
		return ""
	case has("fence", "incarnation", "reconcil"):
		return "Redis was replaced or emptied, and is being refilled first"
	case has("epoch", "ahead"):
		return "Redis is ahead of the database, which was probably restored from a backup: an operator has to raise the epoch"
	case has("connection refused", "i/o timeout", "no such host", "broken pipe", "connection reset", "connection pool timeout", "deadline exceeded", "eof"):
		if database {
			return "The worker can’t reach the database"
		}
		return "Redis can’t be reached"
	case has("loading redis", "loading the dataset"):
		return "Redis is starting"
	case has("oom", "maxmemory"):
		return "Redis is out of memory"
	case has("readonly"):
		return "Redis is read-only: it is a replica"
	case has("rescue"):
		return "The worker stopped before it was done"
	case has("panic"):
		return "The worker failed on this library; this is a bug"
	default:
		return "The worker failed"
	}
}
