package devstack

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is a user that a program runs as.
type account struct {
	name     string
	uid, gid uint32
	groups   []uint32
}

// unprivileged returns the user that Postgres runs as. It is nil, the current user, unless
// that is root: Postgres refuses to run as root.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is the documented "as ourselves"
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 != nil || err2 != nil || uid == 0 {
			continue
		}
		return &account{name: name, uid: uint32(uid), gid: uint32(gid), groups: []uint32{uint32(gid)}}, nil
	}
	return nil, errors.New("Postgres refuses to run as root, and neither \"postgres\" nor \"nobody\" exists to run it as; run as another user")
}

// chown makes the account the owner of a file or directory.
func (a *account) chown(path string) error {
	if a == nil {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// canReach reports whether the account can traverse every directory on the way to a path.
// Directories that don't exist yet count as accessible, since we create them.
func (a *account) canReach(path string) bool {
	if a == nil {
		return true
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	for {
		if stat, err := os.Stat(path); err == nil && stat.IsDir() && !a.canEnter(stat) {
			return false
		}
		parent := filepath.Dir(path)
		if parent == path {
			return true
		}
		path = parent
	}
}

func (a *account) canEnter(dir os.FileInfo) bool {
	mode := dir.Mode().Perm()
	if sys, ok := dir.Sys().(*syscall.Stat_t); ok {
		switch {
		case sys.Uid == a.uid:
			return mode&0o100 != 0
		case sys.Gid == a.gid:
			return mode&0o010 != 0
		}
	}
	return mode&0o001 != 0
}

// ownDir creates a directory or checks that the current user owns it: in a shared place
// such as /var/tmp, another user could have created one of that name.
func ownDir(path string, mode os.FileMode) error {
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	stat, err := os.Lstat(path)
	if err != nil {
		return err
	}
	sys, ok := stat.Sys().(*syscall.Stat_t)
	if !stat.IsDir() || !ok || int(sys.Uid) != os.Geteuid() || stat.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s is not a directory of ours that only we can write", path)
	}
	return os.Chmod(path, mode)
}
