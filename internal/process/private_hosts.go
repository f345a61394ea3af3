package process

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// onlyHosts serves requests for an IP address, for localhost and its subdomains, and for the
// given hosts; it answers others with 421 (RFC 9110, section 15.5.20). Without it, a page in
// the browser of an operator could read the private port through a domain whose address its
// owner changes to that of the port (DNS rebinding). Such a page can't choose another Host
// than its domain. A request of HTTP/1.0 without Host is served: no browser sends one.
func onlyHosts(hosts []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isPrivateHost(r.Host, hosts) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusMisdirectedRequest)
		_, _ = w.Write([]byte("The private port is not served under this host name. Use its IP address or localhost, or add the name to the setting PRIVATE_HOSTS.\n"))
	})
}

// isPrivateHost reports whether the value of Host, with or without a port, is one to serve.
func isPrivateHost(host string, hosts []string) bool {
	if host == "" {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	// Browsers resolve localhost and its subdomains to the machine itself: RFC 6761, section 6.3.
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || slices.Contains(hosts, name)
}
