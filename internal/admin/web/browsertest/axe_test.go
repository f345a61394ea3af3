package browsertest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"orgmodes/internal/devstack"
)

//go:embed axe
var axePackage embed.FS

// axeSource is axe-core, which npm brings once and the cache keeps.
var axeSource = sync.OnceValues(func() (string, error) {
	lock, err := axePackage.ReadFile("axe/package-lock.json")
	if err != nil {
		return "", err
	}
	cache, err := devstack.CacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(lock)
	folder := filepath.Join(cache, "axe-"+hex.EncodeToString(sum[:6]))
	file := filepath.Join(folder, "node_modules", "axe-core", "axe.min.js")
	if content, err := os.ReadFile(file); err == nil {
		return string(content), nil
	}
	building, err := os.MkdirTemp(cache, "building-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(building) }()
	for _, name := range []string{"package.json", "package-lock.json"} {
		content, err := axePackage.ReadFile("axe/" + name)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(building, name), content, 0o644); err != nil {
			return "", err
		}
	}
	npm := exec.CommandContext(context.Background(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	npm.Dir = building
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w: %s", err, bytes.TrimSpace(out))
	}
	// Of two at once the second finds it there.
	_ = os.Rename(building, folder)
	content, err := os.ReadFile(file)
	return string(content), err
})

// sound holds the page as it is now to be accessible as far as axe can tell, and
// the console to be silent.
func (b *browser) sound() {
	b.s.t.Helper()
	b.quiet()
	source, err := axeSource()
	if err != nil {
		if os.Getenv("CI") == "true" {
			b.s.t.Fatalf("axe-core can't be had, and in CI nothing is skipped: %v", err)
		}
		b.s.t.Logf("NOT CHECKED with axe, which can't be had: %v", err)
		return
	}
	var found []string
	b.do(
		chromedp.Evaluate(`if (!window.axe) {`+source+`}`, nil),
		chromedp.Evaluate(`axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations.flatMap((v) =>
			v.nodes.slice(0, 5).map((n) => v.id + " (" + v.impact + "): " + n.html.slice(0, 300) + "\n    " + n.failureSummary.replace(/\n/g, " "))))`,
			&found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
	)
	if len(found) > 0 {
		b.s.t.Errorf("axe finds %d mistakes in %s:\n  %s", len(found), b.path(), strings.Join(found, "\n  "))
	}
}
