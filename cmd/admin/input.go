package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"orgmodes/internal/upload"
)

// fileKind describes which files of a folder are read.
type fileKind struct {
	// noun names the contents of the files, extensions lists their extensions, for messages.
	noun, extensions string
	accepts          func(name string) bool
}

var (
	modeFiles     = fileKind{"modes", ".yaml, .yml, .json, .roomodes, .kilocodemodes", isModeFile}
	templateFiles = fileKind{"permission templates", ".json", func(name string) bool {
		return strings.EqualFold(filepath.Ext(name), ".json") && !strings.HasPrefix(name, ".")
	}}
)

// readInputs reads the arguments of a command: files, folders, or the standard input for "-".
// In a folder it reads only the files that match kind.
func (c *cli) readInputs(args []string, kind fileKind) ([]upload.File, error) {
	var files []upload.File
	for _, arg := range args {
		paths := []string{arg}
		if arg != "-" {
			about, err := os.Stat(arg)
			if err != nil {
				return nil, err
			}
			if about.IsDir() {
				if paths, err = kind.walk(arg); err != nil {
					return nil, err
				}
			}
		}
		for _, path := range paths {
			data, err := c.read(path)
			if err != nil {
				return nil, err
			}
			name := filepath.ToSlash(path)
			if path == "-" {
				name = "stdin"
			}
			files = append(files, upload.File{Name: name, Data: data})
		}
	}
	return files, nil
}

// walk returns the paths of the matching files below a folder, in lexical order. It skips
// the directories of other programs, such as .git.
func (k fileKind) walk(folder string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "node_modules", "__MACOSX"}, entry.Name()) && path != folder:
			return filepath.SkipDir
		case entry.Type().IsRegular() && k.accepts(entry.Name()):
			paths = append(paths, path)
		}
		if len(paths) > upload.MaxFiles {
			return fmt.Errorf("%s has more than %d files that could hold %s; specify the files or a subfolder", folder, upload.MaxFiles, k.noun)
		}
		return nil
	})
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("%s contains no files with %s (%s)", folder, k.noun, k.extensions)
	}
	return paths, err
}

func isModeFile(name string) bool {
	return slices.Contains([]string{".roomodes", ".kilocodemodes"}, name) ||
		slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(name))) && !strings.HasPrefix(name, "._")
}

// read returns the contents of a file, or the standard input for "-".
func (c *cli) read(name string) ([]byte, error) {
	from := c.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	// One byte more than the limit, so that a larger input is rejected and not truncated.
	return io.ReadAll(io.LimitReader(from, upload.MaxUploadBytes+1))
}

// progressInterval is the interval at which a running command reports progress.
const progressInterval = 2 * time.Second

// progress reports progress on the standard error until done is called.
func (c *cli) progress(what string) (done func()) {
	start, stop, ended := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(progressInterval)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				c.logf("%s … %s", what, time.Since(start).Round(time.Second))
			}
		}
	}()
	return func() { close(stop); <-ended }
}

// write writes data to a file, or to the standard output for "" and "-".
func (c *cli) write(name string, data []byte) error {
	if name == "" || name == "-" {
		_, err := c.stdout.Write(data)
		return err
	}
	return os.WriteFile(name, data, 0o644)
}
