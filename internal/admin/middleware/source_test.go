package middleware_test

import (
	"bytes"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/admin/middleware"
	"orgmodes/internal/config"
)

// sourceFrom returns the source of a request from a peer with the given header lines.
func sourceFrom(t testing.TB, peer string, trusted []string, lines ...string) string {
	t.Helper()
	networks, err := config.ParseNetworks(trusted)
	require.NoError(t, err)
	// Behind Fiber, as in the programs.
	app := fiber.New(fiber.Config{Immutable: true})
	app.Use(middleware.RequestID(networks))
	var source string
	app.Get("/", func(c *fiber.Ctx) error { source = middleware.Source(c); return nil })
	var req fasthttp.Request
	req.SetRequestURI("/")
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		req.Header.Add(name, strings.TrimSpace(value))
	}
	addr := netip.MustParseAddr(peer)
	var ctx fasthttp.RequestCtx
	ctx.Init(&req, &net.TCPAddr{IP: addr.AsSlice(), Zone: addr.Zone(), Port: 4321}, nil)
	app.Handler()(&ctx)
	return source
}

func TestSourceFollowsTrustedProxiesOnly(t *testing.T) {
	const (
		client = "203.0.113.9"
		forged = "6.6.6.6"
		proxy  = "10.0.0.1"
	)
	trusted := []string{"10.0.0.0/8", "fd00::/8"}
	xff := func(values ...string) []string {
		lines := make([]string, len(values))
		for i, v := range values {
			lines[i] = "X-Forwarded-For: " + v
		}
		return lines
	}
	for name, c := range map[string]struct {
		peer    string
		trusted []string
		lines   []string
		want    string
	}{
		"no proxy is trusted":             {proxy, nil, xff(client), proxy},
		"the peer is no proxy":            {client, trusted, xff(forged), client},
		"no header":                       {proxy, trusted, nil, proxy},
		"one proxy":                       {proxy, trusted, xff(client), client},
		"client sends one, same line":     {proxy, trusted, xff(forged + ", " + client), client},
		"client sends one, own line":      {proxy, trusted, xff(forged, client), client},
		"client sends one, lower case":    {proxy, trusted, []string{"x-forwarded-for: " + forged, "X-Forwarded-For: " + client}, client},
		"client sends several lines":      {proxy, trusted, xff(forged, forged+", 10.0.0.7", client), client},
		"two proxies":                     {proxy, trusted, xff(forged + ", " + client + ",10.0.0.2"), client},
		"two proxies, a line each":        {proxy, trusted, xff(forged, client, "10.0.0.2"), client},
		"all are proxies":                 {proxy, trusted, xff("10.0.0.3, 10.0.0.2"), "10.0.0.3"},
		"proxy sends junk":                {proxy, trusted, xff(client + ", junk"), proxy},
		"proxy sends unknown (RFC 7239)":  {proxy, trusted, xff(client + ", unknown, 10.0.0.2"), "10.0.0.2"},
		"proxy sends nothing":             {proxy, trusted, xff(""), proxy},
		"proxy sends an empty element":    {proxy, trusted, xff(forged + ", "), proxy},
		"proxy's junk before the client":  {proxy, trusted, xff("junk, " + client), client},
		"with a port":                     {proxy, trusted, xff(client + ":5678"), client},
		"IPv6":                            {proxy, trusted, xff("2001:db8::1"), "2001:db8::1"},
		"IPv6 in brackets":                {proxy, trusted, xff("[2001:db8::1]"), "2001:db8::1"},
		"IPv6 with a port":                {proxy, trusted, xff("[2001:db8::1]:5678"), "2001:db8::1"},
		"IPv6 with a zone":                {proxy, trusted, xff("fe80::1%eth0"), "fe80::1"},
		"IPv6 with a zone and a port":     {proxy, trusted, xff("[fe80::1%eth0]:80"), "fe80::1"},
		"IPv4 in IPv6":                    {proxy, trusted, xff("::ffff:" + client), client},
		"IPv4 in IPv6, a proxy":           {proxy, trusted, xff(client + ", ::ffff:10.0.0.2"), client},
		"IPv4 in brackets is junk":        {proxy, trusted, xff("[" + client + "]"), proxy},
		"half a bracket is junk":          {proxy, trusted, xff("[2001:db8::1"), proxy},
		"port without a number is junk":   {proxy, trusted, xff(client + ":x"), proxy},
		"peer is IPv4 in IPv6":            {"::ffff:10.0.0.1", trusted, xff(client), client},
		"peer is IPv6 with a zone":        {"fd00::1%eth0", trusted, xff(client), client},
		"peer's own zone is left out":     {"fe80::1%eth0", trusted, xff(client), "fe80::1"},
		"X-Real-IP isn't read":            {proxy, trusted, []string{"X-Real-IP: " + forged}, proxy},
		"Forwarded isn't read":            {proxy, trusted, []string{"Forwarded: for=" + forged}, proxy},
		"True-Client-IP isn't read":       {proxy, trusted, []string{"True-Client-IP: " + forged, "CF-Connecting-IP: " + forged}, proxy},
		"more proxies than are followed":  {proxy, trusted, xff(client + strings.Repeat(",10.0.0.2", 200)), "10.0.0.2"},
		"a proxy named as network ::/0 v": {"2001:db8::5", []string{"2001:db8::/32"}, xff(forged, "2001:db8:ffff::1"), forged},
	} {
		require.Equal(t, c.want, sourceFrom(t, c.peer, c.trusted, c.lines...), name)
	}
}

// FuzzSourceIsNeverChosenByTheClient sends arbitrary header lines through a proxy. The
// proxy appends the client's address to the last line or in a separate line.
func FuzzSourceIsNeverChosenByTheClient(f *testing.F) {
	for _, s := range []string{"", "6.6.6.6", "6.6.6.6, 10.0.0.2", "10.0.0.2", ",", "[::1]:1, ", "junk\x00", "10.0.0.2\n10.0.0.3", "\"6.6.6.6\"", "::ffff:10.0.0.9"} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, sent []byte, ownLine bool) {
		const client = "203.0.113.9"
		var lines []string
		for line := range bytes.SplitSeq(sent, []byte("\n")) {
			lines = append(lines, "X-Forwarded-For: "+string(line))
		}
		require.Equal(t, client, sourceFrom(t, client, []string{"10.0.0.0/8"}, lines...), "without a proxy")
		if ownLine {
			lines = append(lines, "X-Forwarded-For: "+client)
		} else {
			lines[len(lines)-1] += ", " + client
		}
		require.Equal(t, client, sourceFrom(t, "10.0.0.1", []string{"10.0.0.0/8"}, lines...), "through one")
		lines = append(lines, "X-Forwarded-For: 10.0.0.1")
		require.Equal(t, client, sourceFrom(t, "10.0.0.2", []string{"10.0.0.0/8"}, lines...), "through two")
	})
}
