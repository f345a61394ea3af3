package process

import (
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
)

// version is set with -ldflags "-X orgmodes/internal/process.version=...".
var version string

// Build describes the running build.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source; "" if the build has no VCS information
	Go       string `json:"go"`
}

// BuildInfo returns the build of this program.
func BuildInfo() Build {
	b := Build{Version: version, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = s.Value
			}
		}
	}
	if b.Version == "" {
		b.Version = "dev"
	}
	return b
}

// RegisterBuild registers the gauge orgmodes_build_info. Its value is always 1; its labels
// are the version, the revision and the Go version.
func RegisterBuild(registry prometheus.Registerer) error {
	b := BuildInfo()
	return registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "orgmodes_build_info", Help: "The running build; always 1.",
		ConstLabels: prometheus.Labels{"version": b.Version, "revision": b.Revision, "go": b.Go},
	}, func() float64 { return 1 }))
}
