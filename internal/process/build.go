package process

import (
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
)

// version is set with -ldflags "-X orgmodes/internal/process.version=...".
var version string

// Build says what is running.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source, where the build knew it
	Go       string `json:"go"`
}

// BuildOf returns what this program was built from.
func BuildOf() Build {
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

// RegisterBuild adds orgmodes_build_info to a registry, which is always 1 and
// carries version, revision and Go version as labels.
func RegisterBuild(registry prometheus.Registerer) error {
	b := BuildOf()
	return registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "orgmodes_build_info", Help: "What is running; always 1.",
		ConstLabels: prometheus.Labels{"version": b.Version, "revision": b.Revision, "go": b.Go},
	}, func() float64 { return 1 }))
}
