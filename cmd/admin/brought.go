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

// kindOfFile describes which files of a folder are read.
type kindOfFile struct {
	// what names the contents of the files, endings lists their extensions, for messages.
	what, endings string
	may           func(name string) bool
}

var (
	filesOfModes     = kindOfFile{"modes", ".yaml, .yml, .json, .roomodes, .kilocodemodes", mayHoldModes}
	filesOfTemplates = kindOfFile{"permission templates", ".json", func(name string) bool {
		return strings.EqualFold(filepath.Ext(name), ".json") && !strings.HasPrefix(name, ".")
	}}
)

// bring reads the arguments of a command: files, folders, or the standard input for "-".
// In a folder it reads only the files that match kind.
func (c *cli) bring(args []string, kind kindOfFile) ([]upload.File, error) {
	var brought []upload.File
	for _, arg := range args {
		paths := []string{arg}
		if arg != "-" {
			about, err := os.Stat(arg)
			if err != nil {
				return nil, err
			}
			if about.IsDir() {
				if paths, err = kind.below(arg); err != nil {
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
			brought = append(brought, upload.File{Name: name, Data: data})
		}
	}
	return brought, nil
}

// below returns the paths of the matching files below a folder, in lexical order. It skips
// the directories of other programs, such as .git.
func (k kindOfFile) below(folder string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "node_modules", "__MACOSX"}, entry.Name()) && path != folder:
			return filepath.SkipDir
		case entry.Type().IsRegular() && k.may(entry.Name()):
			paths = append(paths, path)
		}
		if len(paths) > upload.MaxFiles {
			return fmt.Errorf("%s has more than %d files that could hold %s; specify the files or a subfolder", folder, upload.MaxFiles, k.what)
		}
		return nil
	})
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("%s contains no files with %s (%s)", folder, k.what, k.endings)
	}
	return paths, err
}

func mayHoldModes(name string) bool {
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

// patience is the interval at which a running command reports progress.
const patience = 2 * time.Second

// working reports progress on the standard error until done is called.
func (c *cli) working(what string) (done func()) {
	start, stop, ended := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(patience)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				c.note("%s … %s", what, time.Since(start).Round(time.Second))
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
