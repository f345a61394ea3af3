package auth

import "net/url"

// distinguishesClients reports whether the addresses of clients are known. The programs don't
// speak TLS themselves. With https, a proxy does, and unless it is trusted, all clients
// appear to have its address.
func distinguishesClients(public *url.URL, proxies bool) bool {
	return public.Scheme != "https" || proxies
}

// Warnings returns warnings about the configuration of sign-ins, one sentence or more each,
// which the program logs at startup. public and proxies are the Options Public and
// TrustsProxies. There are none if the scheme of public is https and proxies is true.
func Warnings(public *url.URL, proxies bool) (all []string) {
	if !distinguishesClients(public, proxies) {
		all = append(all, "PUBLIC_URL is https, so there is a proxy in front, but TRUSTED_PROXIES is empty: all requests appear to come from the proxy's address. "+
			"The audit log records that address, and wrong passwords are not counted by address. Set TRUSTED_PROXIES to the proxy's address or network")
	}
	if public.Scheme != "https" {
		all = append(all, "PUBLIC_URL is http: cookies are sent without Secure. Use http only on this machine; set PUBLIC_URL to an https address for anything else")
	}
	return all
}
