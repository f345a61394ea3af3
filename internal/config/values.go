package config

import (
	"errors"
	"log/slog"
	"net"
	"strconv"
)

// Secret is a value that must not be shown. It prints as dots, in logs too; string(s) is
// the value itself.
type Secret string

const hidden = "••••"

// String returns dots, or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString implements fmt.GoStringer, for %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler, which encoding/json uses.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Address is a host:port to listen on. An empty host means all interfaces; port 0 means
// any free port.
type Address string

// UnmarshalText parses host:port.
func (a *Address) UnmarshalText(text []byte) error {
	_, port, err := net.SplitHostPort(string(text))
	if err != nil {
		var addr *net.AddrError
		if errors.As(err, &addr) {
			return errors.New(addr.Err)
		}
		return err
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return errors.New("the port is not a number from 0 to 65535")
	}
	*a = Address(text)
	return nil
}

// Expected describes the format of an Address, for Problem.Expect.
func (*Address) Expected() string { return "host:port, such as 127.0.0.1:8080 or :8080" }
