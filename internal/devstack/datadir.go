package devstack

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
)

// DurableDir returns the directory below local in which a store keeps its data between
// runs. For root, it is a directory below /var/tmp that belongs to local, whose path is in
// local/NAME.path. Postgres then runs as a user who can't enter local (it holds secrets) or
// root's home above it.
func DurableDir(local, name string) (string, error) {
	local, err := filepath.Abs(local)
	if err != nil {
		return "", err
	}
	a, err := unprivileged()
	if err != nil {
		return "", err
	}
	inside := filepath.Join(local, name)
	if a == nil {
		return inside, os.MkdirAll(inside, 0o711)
	}
	sum := sha256.Sum256([]byte(local))
	outside := filepath.Join("/var/tmp", "orgmodes-"+strconv.Itoa(os.Geteuid())+"-"+hex.EncodeToString(sum[:6]))
	if err := ownDir(outside, 0o711); err != nil {
		return "", err
	}
	dir := filepath.Join(outside, name)
	if err := ownDir(dir, 0o711); err != nil {
		return "", err
	}
	return dir, os.WriteFile(inside+".path", []byte(dir+"\n"), 0o600)
}
