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

// programLog is where a program's output goes: all of it to .local/NAME.log,
// what needs attention to the terminal too.
type programLog struct {
	name string
	mode logMode
	mu   sync.Mutex
	file *os.File
}

type logMode int

const (
	onlyFile logMode = iota
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
	if l.mode == onlyFile {
		return
	}
	if shown := forTerminal(text); shown != "" {
		fmt.Fprintf(os.Stderr, "%-7s| %s\n", l.name, shown)
	}
}

// forTerminal is a line of a JSON log in short, or nothing when it is no
// warning and no error. What is no JSON is a crash or the like: shown as it is.
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
