package devstack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// Chromium is a browser that tests can drive.
type Chromium struct {
	*Program
	// Env is the whole environment to start it with.
	Env []string
}

// The variables for a Chromium that was found before, so that tests neither search nor
// download: its path and its LD_LIBRARY_PATH.
const (
	chromiumVariable     = "ORGMODES_CHROMIUM"
	chromiumPathVariable = "ORGMODES_CHROMIUM_LD_PATH"
)

// Variables returns environment variables, as NAME=value, with which FindChromium in
// another process returns c without a search.
func (c *Chromium) Variables() []string {
	return []string{chromiumVariable + "=" + c.Bin, chromiumPathVariable + "=" + c.LibPath}
}

// FindChromium returns a Chromium that runs here: the one that ORGMODES_CHROMIUM names, or
// else a headless shell, the machine's or a downloaded one, or else the machine's browser.
// The shell is the same engine without a browser's windows around it, and takes half the
// CPU. The error lists the attempts.
func FindChromium(ctx context.Context, logf Logf) (*Chromium, error) {
	if file := os.Getenv(chromiumVariable); file != "" {
		return newChromium(&Program{Bin: file, LibPath: os.Getenv(chromiumPathVariable), From: "found before"}), nil
	}
	sources := []source{
		{"shell", onMachine("chromium-headless-shell", "chrome-headless-shell")},
		{"apt", func(ctx context.Context) (*Program, error) { return chromiumFromApt(ctx, logf) }},
		{"machine", onMachine("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")},
	}
	const variable = "ORGMODES_CHROMIUM_FROM"
	p, err := findFirst(ctx, sources, os.Getenv(variable), variable,
		"no Chromium was found: install chromium. Tried:")
	if err != nil {
		return nil, err
	}
	return newChromium(p), nil
}

func newChromium(p *Program) *Chromium {
	c := &Chromium{Program: p, Env: p.environ()}
	if dir, _, fetched := strings.Cut(p.Bin, "/usr/lib/chromium/"); fetched && p.LibPath != "" {
		c.Env = append(c.Env, "FONTCONFIG_FILE="+filepath.Join(dir, fontsConf))
	}
	// Tests that share it append to Env; with the capacity clipped, each gets a copy.
	c.Env = slices.Clip(c.Env)
	return c
}

func checkChromium(ctx context.Context, file, lib, from string) (*Program, error) {
	p := &Program{Bin: file, LibPath: lib, From: from}
	// "Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)".
	out, err := run(ctx, "/", p.environ(), file, "--version", "--no-sandbox")
	if err != nil {
		return nil, err
	}
	p.Version = versionNumber.FindString(out)
	return p, nil
}

// onMachine finds the first of several programs on PATH.
func onMachine(names ...string) func(context.Context) (*Program, error) {
	return func(ctx context.Context) (*Program, error) {
		if ignoreMachine() {
			return nil, errIgnored
		}
		for _, name := range names {
			if file, err := exec.LookPath(name); err == nil {
				return checkChromium(ctx, file, "", "this machine")
			}
		}
		return nil, fmt.Errorf("none of %s is on PATH", strings.Join(names, ", "))
	}
}

// fontsConf is the file that tells the downloaded Chromium where its fonts are.
const fontsConf = "fonts.conf"

// headlessShell names both a Debian package and the program in it.
const headlessShell = "chromium-headless-shell"

func chromiumFromApt(ctx context.Context, logf Logf) (*Program, error) {
	cache, err := CacheDir()
	if err != nil {
		return nil, err
	}
	dir, err := install(cache, "headless-shell-apt-"+release()+"-"+runtime.GOARCH, func(dir string) error {
		a, err := newApt(cache, logf)
		if err != nil {
			return err
		}
		for !a.has(ctx, headlessShell) {
			if err := a.updateLists(ctx); err != nil {
				return err
			}
		}
		logf("fetching a headless Chromium and fonts, about 110 MB, once ...")
		if err := a.unpack(ctx, dir, skippedForHeadless, headlessShell, "chromium-common",
			"fonts-dejavu-core", "fonts-noto-color-emoji", "fonts-wqy-microhei"); err != nil {
			return err
		}
		return writeFontsConf(dir)
	})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "usr", "lib", "chromium", headlessShell)
	if !exists(file) {
		return nil, fmt.Errorf("%s holds no %s", dir, headlessShell)
	}
	// libpulse expects one of its parts in a directory that only its installed package sets
	// up.
	lib := libPath(dir)
	if more, err := filepath.Glob(filepath.Join(dir, "usr/lib/*-linux-*/pulseaudio")); err == nil {
		lib = strings.Join(append(more, lib), ":")
	}
	return checkChromium(ctx, file, lib, "a Debian package")
}

// skippedForHeadless matches libraries that a headless browser doesn't need.
var skippedForHeadless = regexp.MustCompile(`^(libgl1-mesa-dri|libllvm\d+|libc6|libpam.*|libsystemd.*)$`)

// writeFontsConf configures the fonts in dir. The directory gets its final name only later,
// so their path is relative to the file.
func writeFontsConf(dir string) error {
	return os.WriteFile(filepath.Join(dir, fontsConf), []byte(`<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family><family>WenQuanYi Micro Hei</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`), 0o644)
}
