package devstack

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// axe-core (MPL-2.0), and the SHA-512 of its npm archive. A new version needs a new
// checksum: npm view axe-core@VERSION dist.integrity
const (
	axeVersion   = "4.14.1"
	axeIntegrity = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)

// AxeVariable is the environment variable with the file that FindAxe returned in another
// process.
const AxeVariable = "ORGMODES_AXE"

// FindAxe returns the script with which tests check the accessibility of a page. It is
// downloaded with npm once, and stays in the cache.
func FindAxe(ctx context.Context, logf Logf) (file string, err error) {
	if file := os.Getenv(AxeVariable); file != "" {
		return file, nil
	}
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	dir, err := install(cache, "axe-core-"+axeVersion, func(dir string) error {
		npm, err := exec.LookPath("npm")
		if err != nil {
			return errors.New("axe-core is not available: there is no npm on this machine")
		}
		logf("fetching axe-core with npm ...")
		return npmUnpack(ctx, npm, "axe-core@"+axeVersion, axeIntegrity, dir)
	})
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "axe.min.js"), nil
}
