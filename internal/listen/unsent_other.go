//go:build !linux

package listen

import "net"

// boundUnsent does nothing: this kernel has no such option.
func boundUnsent(net.Conn) {}
