package main

import (
	"context"
	"strings"

	"orgmodes/internal/devstack"
)

// browserVariables finds or fetches the programs that browser tests need, before the
// timeout of any test starts, and returns their locations. Without them, those tests search
// on their own, and are skipped, or fail in CI.
func browserVariables(ctx context.Context) (extra []variable) {
	if chromium, err := devstack.FindChromium(ctx, logf); err != nil {
		logf("%v\nNOTE: tests that need a browser will be skipped.", err)
	} else {
		logf("testing with Chromium %s (from %s)", chromium.Version, chromium.From)
		for _, pair := range chromium.Variables() {
			name, value, _ := strings.Cut(pair, "=")
			extra = append(extra, variable{name, value})
		}
	}
	if axe, err := devstack.FindAxe(ctx, logf); err != nil {
		logf("%v\nNOTE: pages will not be checked with axe.", err)
	} else {
		extra = append(extra, variable{devstack.AxeVariable, axe})
	}
	return extra
}
