package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// programLog writes a program's output to .local/NAME.log, and warnings and errors to the
// terminal too.
type programLog struct {
	name string
	mode logMode
	mu   sync.Mutex
	file *os.File
}

type logMode int

const (
	toFileOnly logMode = iota
	warningsToTerminal
)

func openLog(local, name string, mode logMode) (*programLog, error) {
	file, err := os.OpenFile(filepath.Join(local, name+".log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o600)
	return &programLog{name: name, mode: mode, file: file}, err
}

func (l *programLog) line(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintln(l.file, text)
	if l.mode == toFileOnly {
		return
	}
	if shown := forTerminal(text); shown != "" {
		fmt.Fprintf(os.Stderr, "%-7s| %s\n", l.name, shown)
	}
}

// forTerminal returns a short form of a JSON log line, or "" if its level is below warning.
// A line that isn't JSON, such as part of a crash, is returned unchanged.
func forTerminal(text string) string {
	var record map[string]any
	if err := json.Unmarshal([]byte(text), &record); err != nil {
		return text
	}
	var level slog.Level
	name, _ := record["level"].(string)
	if err := level.UnmarshalText([]byte(name)); err == nil && level < slog.LevelWarn {
		return ""
	}
	message, _ := record["msg"].(string)
	var rest []string
	for key, value := range record {
		if key != "level" && key != "msg" && key != "time" {
			rest = append(rest, fmt.Sprintf("%s=%v", key, value))
		}
	}
	slices.Sort(rest)
	return strings.TrimSpace(strings.Join(append([]string{name, message}, rest...), " "))
}
