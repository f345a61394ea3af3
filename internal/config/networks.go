package config

import (
	"fmt"
	"net/netip"
	"strings"
)

// Networks is a list of IP networks. A single address is a network with one address.
type Networks []netip.Prefix

// ParseNetworks parses addresses and networks in CIDR notation: 192.0.2.7,
// 10.0.0.0/8, 2001:db8::/32.
func ParseNetworks(list []string) (Networks, error) {
	out := make(Networks, 0, len(list))
	for _, s := range list {
		s = strings.TrimSpace(s)
		if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
			addr = addr.Unmap()
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network", s)
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		out = append(out, p)
	}
	return out, nil
}

// Contains reports whether an address is in one of the networks. It ignores the zone, and
// treats an IPv4-mapped IPv6 address as the IPv4 address.
func (n Networks) Contains(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range n {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
