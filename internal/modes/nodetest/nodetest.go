// Package nodetest shows tests how editors read our output. It runs JavaScript's YAML parsers
// and regular expressions in one Node process. Only tests and the launcher that runs them
// import it.
package nodetest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

//go:embed node
var files embed.FS

// Node is a running Node process. It answers one request at a time.
type Node struct {
	mu  sync.Mutex
	in  io.WriteCloser
	out *bufio.Reader
}

// T is the subset of *testing.T and *rapid.T that Node needs.
type T interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Result is the result of parsing a text.
type Result struct {
	// Value is JSON, with numbers and strings as in JavaScript.
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
}

// Start runs Node for the rest of the test. It skips the test if Node isn't available or the
// parsers can't be installed.
func Start(tb testing.TB) *Node {
	tb.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		tb.Skip("Node isn't installed: what JavaScript makes of our documents is not tested")
	}
	folder, err := install(context.Background())
	if err != nil {
		tb.Skipf("the YAML parsers for Node can't be installed: what JavaScript makes of our documents is not tested (%v)", err)
	}
	script, err := files.ReadFile("node/reader.cjs")
	if err != nil {
		tb.Fatal(err)
	}
	// The test's own context ends before its cleanup does.
	cmd := exec.CommandContext(context.Background(), node, "-e", string(script), "--", folder)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	n := &Node{in: in, out: bufio.NewReaderSize(out, 1<<20)}
	tb.Cleanup(func() {
		_ = in.Close() // Node exits at the end of its input
		if err := cmd.Wait(); err != nil {
			tb.Errorf("node: %v", err)
		}
	})
	return n
}

// YAML returns how the npm packages `yaml` and `js-yaml` parse a document.
func (n *Node) YAML(t T, document []byte) (yaml, jsYAML Result) {
	t.Helper()
	var answer struct {
		YAML   Result `json:"yaml"`
		JSYAML Result `json:"js_yaml"`
	}
	n.request(t, map[string]string{"yaml": string(document)}, &answer)
	return answer.YAML, answer.JSYAML
}

// RegExp returns the error that new RegExp(pattern) throws, or "".
func (n *Node) RegExp(t T, pattern string) string {
	t.Helper()
	var answer Result
	n.request(t, map[string]string{"regexp": pattern}, &answer)
	return answer.Error
}

func (n *Node) request(t T, question, answer any) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	line, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.in.Write(append(line, '\n')); err != nil {
		t.Fatalf("node: %v", err)
	}
	got, err := n.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	if err := json.Unmarshal(got, answer); err != nil {
		t.Fatal(err)
	}
}

// Install downloads the packages that Start needs into the cache, unless they are there. Later
// tests download nothing. The error names the missing dependency.
func Install(ctx context.Context) error {
	if _, err := exec.LookPath("node"); err != nil {
		return errors.New("node is not on this machine")
	}
	_, err := install(ctx)
	return err
}

// maxAttempts bounds the calls of the registry, with a pause between them.
const maxAttempts = 3

// install puts the pinned packages into a cache folder that is named after the hash of the lock
// file. Two test binaries can do so concurrently.
func install(ctx context.Context) (string, error) {
	lock, err := files.ReadFile("node/package-lock.json")
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(lock)
	cache := cacheFolder()
	folder := filepath.Join(cache, "yaml-readers-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	building, err := os.MkdirTemp(cache, "building-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(building) }()
	for _, name := range []string{"package.json", "package-lock.json"} {
		content, err := files.ReadFile("node/" + name)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(building, name), content, 0o644); err != nil {
			return "", err
		}
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return "", errors.New("npm is not on this machine")
	}
	for attempt := 1; ; attempt++ {
		npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
		npm.Dir = building
		out, err := npm.CombinedOutput()
		if err == nil {
			break
		}
		if ctx.Err() != nil || attempt == maxAttempts {
			return "", fmt.Errorf("npm ci: %w: %s", err, bytes.TrimSpace(out))
		}
		time.Sleep(time.Duration(attempt) * 5 * time.Second)
	}
	if err := os.Rename(building, folder); err != nil {
		if _, statErr := os.Stat(folder); statErr != nil {
			return "", err
		}
	}
	return folder, nil
}

func cacheFolder() string {
	if folder := os.Getenv("ORGMODES_CACHE"); folder != "" {
		return folder
	}
	if folder, err := os.UserCacheDir(); err == nil {
		return filepath.Join(folder, "orgmodes")
	}
	return filepath.Join(os.TempDir(), "orgmodes")
}
