package middleware

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/config"
	"orgmodes/internal/listen"
)

// maxHops bounds how many proxies are followed.
const maxHops = 64

// Source returns the address that the request came from.
func Source(c *fiber.Ctx) string {
	source, _ := c.Locals(keySource).(string)
	return source
}

// sourceOf returns the peer's address or, behind trusted proxies, the address of their
// client. Of all headers that proxies set about the client, only X-Forwarded-For is
// read: it is a list to which each proxy appends its own peer. Headers that a proxy
// sets once (X-Real-IP, X-Forwarded-Host, X-Forwarded-Proto) come from the client if
// the proxy doesn't set them, and nothing here needs them.
func sourceOf(c *fiber.Ctx, trusted config.Networks) string {
	peer := listen.AddressOf(c.Context().RemoteAddr())
	if !peer.IsValid() {
		return c.Context().RemoteIP().String()
	}
	return forwardedFor(peer, c.Request().Header.PeekAll(fiber.HeaderXForwardedFor), trusted).String()
}

// forwardedFor walks all lines of X-Forwarded-For from the end, where the nearest proxy
// appended, as long as it finds trusted proxies. Anything before those can be made up.
// It stops at an entry that isn't an address, as such a list can't be trusted either.
func forwardedFor(addr netip.Addr, lines [][]byte, trusted config.Networks) netip.Addr {
	hops := 0
	for i := len(lines) - 1; i >= 0; i-- {
		for rest := lines[i]; rest != nil; {
			if !trusted.Contains(addr) || hops == maxHops {
				return addr
			}
			var hop []byte
			if comma := bytes.LastIndexByte(rest, ','); comma >= 0 {
				rest, hop = rest[:comma], rest[comma+1:]
			} else {
				rest, hop = nil, rest
			}
			next, ok := parseHop(string(bytes.TrimSpace(hop)))
			if !ok {
				return addr
			}
			addr = next
			hops++
		}
	}
	return addr
}

// parseHop parses an address as proxies write it: with or without a port, and an IPv6
// address with or without brackets. It drops the zone, which has a meaning only on the
// proxy's machine.
func parseHop(s string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return withPort.Addr().Unmap().WithZone(""), true
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if s, ok = strings.CutSuffix(inner, "]"); !ok || !strings.Contains(s, ":") {
			return netip.Addr{}, false
		}
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}
