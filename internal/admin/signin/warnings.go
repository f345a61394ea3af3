package signin

import "net/url"

// tellsApart reports whether we know where people come from. We don't speak TLS
// ourselves: with https a proxy does, and unless it is believed everybody has its
// address.
func tellsApart(public *url.URL, proxies bool) bool { return public.Scheme != "https" || proxies }

// Warnings are what an operator should know of how people sign in, given the address
// that they know us by and whether any proxy is believed; none where all is well.
func Warnings(public *url.URL, proxies bool) (all []string) {
	if !tellsApart(public, proxies) {
		all = append(all, "PUBLIC_URL is https, so a proxy is in front, and TRUSTED_PROXIES is empty: everybody seems to come from the proxy's address. "+
			"The audit log names that one, and wrong passwords are not counted by address. Set TRUSTED_PROXIES to the proxy's address or network")
	}
	if public.Scheme != "https" {
		all = append(all, "PUBLIC_URL is http: cookies go without Secure. That is for this machine only; set PUBLIC_URL to an https address for anything else")
	}
	return all
}
