package config_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/config"
)

func TestNetworksContainAddressesInEveryNotation(t *testing.T) {
	n, err := config.ParseNetworks([]string{"10.0.0.0/8", " 192.0.2.7", "2001:db8::/32", "::ffff:198.51.100.1", "::ffff:203.0.113.0/120"})
	require.NoError(t, err)
	for addr, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "11.1.2.3": false, "192.0.2.7": true, "192.0.2.8": false,
		"2001:db8::1": true, "2001:db9::1": false, "198.51.100.1": true, "203.0.113.9": true, "::1": false, "2001:db8::1%eth0": true,
	} {
		require.Equal(t, want, n.Contains(netip.MustParseAddr(addr)), addr)
	}
	require.False(t, config.Networks(nil).Contains(netip.MustParseAddr("10.1.2.3")))
	require.False(t, n.Contains(netip.Addr{}))
}

func TestInvalidNetworks(t *testing.T) {
	for _, s := range []string{"", "here", "10.0.0.0/33", "10.0.0.0/8/8", "fe80::1%eth0", "10.0.0.1:80"} {
		_, err := config.ParseNetworks([]string{s})
		require.ErrorContains(t, err, "is neither an address nor a network", s)
	}
}
