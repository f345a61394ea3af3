package process

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// NewLogger returns the program's logger, which writes to f: level is debug,
// info, warn or error ("" means info), and format is text or json ("" means
// text on a terminal and json elsewhere).
func NewLogger(f *os.File, level, format string) (*slog.Logger, error) {
	var options slog.HandlerOptions
	if level != "" {
		var l slog.Level
		if err := l.UnmarshalText([]byte(level)); err != nil {
			return nil, fmt.Errorf("LOG_LEVEL=%q: expected debug, info, warn or error", level)
		}
		options.Level = l
	}
	switch strings.ToLower(format) {
	case "":
		if IsTerminal(f) {
			return slog.New(slog.NewTextHandler(f, &options)), nil
		}
		return slog.New(slog.NewJSONHandler(f, &options)), nil
	case "text":
		return slog.New(slog.NewTextHandler(f, &options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(f, &options)), nil
	}
	return nil, fmt.Errorf("LOG_FORMAT=%q: expected text or json", format)
}

// IsTerminal reports whether f is a terminal, or another character device than /dev/null.
func IsTerminal(f *os.File) bool {
	stat, err := f.Stat()
	return err == nil && stat.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}
