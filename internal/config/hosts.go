package config

import (
	"fmt"
	"strings"
)

// ParseHosts parses host names, without port, as a client sends them in Host. It returns them
// in lower case, without a dot at the end.
func ParseHosts(list []string) ([]string, error) {
	out := make([]string, 0, len(list))
	for _, s := range list {
		name := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), "."))
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
			return nil, fmt.Errorf("%q is not a host name without a port", s)
		}
		out = append(out, name)
	}
	return out, nil
}
