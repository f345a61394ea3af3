package main

const reader = "internal/reader/"

// followerMutants are mutants of how readers follow the log and determine freshness.
var followerMutants = []mutant{
	{
		name: "cursor-gap", promises: "3", mechanism: "a gap in the numbers of log entries causes a resync",
		file: reader, old: `case e.N != c.last+1:`, new: `case false:`,
		proof: test("reader", "TestCursor"),
	},
	{
		name: "cursor-regression", promises: "3", mechanism: "a log that ends before the reader's position causes a resync",
		file: reader, old: `case tail < c.last:`, new: `case false:`,
		proof: test("reader", "TestCursor"),
	},
	{
		name: "cursor-resync", promises: "3", mechanism: "a resync compares everything",
		file: reader, old: `case e.Kind == pubstore.EntryResync:`, new: `case false:`,
		proof: test("reader", "TestCursor"),
	},
	{
		name: "cursor-incarnation", promises: "3", mechanism: "a log entry of another incarnation causes a resync",
		file: reader, old: `case e.Incarnation != c.incarnation:`, new: `case false:`,
		proof: test("reader", "TestCursor"),
	},
	{
		name: "idle-incarnation", promises: "3", mechanism: "another incarnation is noticed even if the log is silent",
		file: reader, old: `case incarnation != c.incarnation:`, new: `case false:`,
		proof: test("reader", "TestCursor"),
	},
	{
		name: "silence", promises: "3", mechanism: "a connection without watermarks for too long is closed and opened again",
		file: reader, old: `if f.clock.mono()-lastWatermark > f.silenceTimeout {`, new: `if false && f.clock.mono()-lastWatermark > f.silenceTimeout {`,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark"),
	},
	{
		name: "note-documents", promises: "3", mechanism: "a document's log entry marks the resident document as stale",
		file: reader, old: `f.documents.handlePublished(id, e.Version)`, new: `_ = id`,
		proof: test("reader", "TestPublishedChangeBecomesVisible"),
	},
	{
		name: "note-tokens", promises: "3, 6", mechanism: "a token's log entry marks the resident token as stale",
		file: reader, old: `f.tokens.handlePublished(e.Token, parseTokenVersion(e.TokenVersion))`, new: ``,
		proof: test("reader", "TestRevokedTokenIsRefused"),
	},
	{
		name: "resync-reloads", promises: "3", mechanism: "a comparison reloads the documents that differ",
		file: reader, old: `if err := f.documents.reload(ctx, behind); err != nil {`, new: `if err := error(nil); err != nil {`,
		proof: test("reader", "TestResyncFindsMissedChanges"),
	},
	{
		name: "resync-tokens", promises: "3, 6", mechanism: "a comparison takes over the state of tokens that differ",
		file: reader, old: `f.tokens.replace(h, prepareRecord(t, queried).markVerified(by))`, new: `_, _ = t, queried`,
		proof: test("reader", "TestResyncFindsMissedChanges"),
	},
	{
		name: "resync-one-server", promises: "3", mechanism: "a comparison restarts if another server responds",
		file: reader, old: `if by == unverified {
			return errInconsistent
		}
		behind :=`, new: `behind :=`,
		proof: test("reader", "TestComparisonFailsIfLaggingServerAnswers"),
	},
	{
		name: "resync-one-server-tokens", promises: "3, 6", mechanism: "a comparison of tokens restarts if another server responds",
		file: reader, old: `if by == unverified {
			return errInconsistent
		}
		for _, h := range batch {`, new: `for _, h := range batch {`,
		proof: test("reader", "TestComparisonFailsIfLaggingServerAnswers"),
	},
	{
		name: "resync-one-server-versions", promises: "3, 6", mechanism: "versions of tokens that another server returned do not count as compared",
		file: reader, old: `if by == unverified {
			return errInconsistent
		}
		var differ []token.Hash`, new: `var differ []token.Hash`,
		proof: test("reader", "TestComparisonFailsIfLaggingServerAnswers"),
	},
	{
		name: "resync-unusable-tokens", promises: "3, 6", mechanism: "a comparison reloads a token whose record is unusable",
		file: reader, old: `case !have.usable() || have.publishedVersion().Compare(has) < 0:`, new: `case have.publishedVersion().Compare(has) < 0:`,
		proof: test("reader", "TestComparisonLoadsOnlyDifferingTokens"),
	},
	{
		name: "recheck-in-flight", promises: "3", mechanism: "a comparison makes loads in progress query again",
		file: reader, old: `	for _, l := range s.inFlight {
		l.repeat = true
	}
`, new: ``,
		proof: test("reader", "TestLoadInFlightQueriesAgainAfterRecheck"),
	},
	{
		name: "load-asks-again", promises: "3", mechanism: "a load that must query again does not return its first result",
		file: reader, old: `behind := l.repeat || l.lacks`, new: `behind := l.lacks`,
		proof: test("reader", "TestLoadInFlightQueriesAgainAfterRecheck"),
	},
	{
		name: "load-min-version", promises: "3", mechanism: "a load in progress returns at least the version announced since it began",
		file: reader, old: `return v.publishedVersion().Compare(l.minVersion) < 0`, new: `return false`,
		proof: test("reader", "TestLoadInFlightIncludesAnnouncedVersion"),
	},
	{
		name: "missing-tokens", promises: "6", mechanism: "a resident token that Redis lacks is looked up again once Redis is filled",
		file: reader, old: `f.missingTokens = append(f.missingTokens, h)`, new: ``,
		proof: test("reader", "TestTokenLostByRedisIsAcceptedUntilWatermark|TestComparisonLoadsOnlyDifferingTokens"),
	},
	{
		name: "greatest-as-of", promises: "3", mechanism: "a watermark older than the current one does not make content less fresh",
		file: reader, old: `case order < 0, order == 0 && next.segment <= have.segment:`, new: `case false:`,
		proof: test("reader", "TestLeaseNeverMovesBack"),
	},
	{
		name: "lease-exclusions", promises: "3", mechanism: "an organization that a watermark excludes is as fresh as the exclusion allows",
		file: reader, old: `if e, ok := l.organizations[id]; ok {`, new: `if e, ok := l.organizations[id]; false && ok {`,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark|TestLeaseNeverMovesBack|TestLeaseAgeIsTheGreaterOfBothClocks"),
	},
	{
		name: "lease-token-exclusions", promises: "3, 6", mechanism: "a token that a watermark excludes is as fresh as the exclusion allows",
		file: reader, old: `if e, ok := l.tokens[h]; ok {`, new: `if e, ok := l.tokens[h]; false && ok {`,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark|TestTokenIsTrustedForAuthMaxStale|TestAbsentTokenIsRefusedOnlyWhileFresh"),
	},
	{
		name: "exclusion-keeps-lease", promises: "4", mechanism: "an exclusion does not shorten an earlier lease",
		file: reader, old: `if verified <= e.segment && e.knownUntil.After(e.since) {`, new: `if false {`,
		proof: test("reader", "TestExclusionKeepsEarlierFreshness"),
	},
	{
		name: "exclusion-known-until", promises: "3, 6", mechanism: "content loaded later is only as fresh as its exclusion allows",
		file: reader, old: `if verified <= e.segment && e.knownUntil.After(e.since) {`, new: `if e.knownUntil.After(e.since) {`,
		proof: test("reader", "TestExclusionKeepsEarlierFreshness"),
	},
	{
		name: "lease-runs-out", promises: "3", mechanism: "content becomes stale when no watermark arrives",
		file: reader, old: `&& l.age(minTime(knownUntil, principal.asOf), now) <= freshFor`, new: ``,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark"),
	},
	{
		name: "fresh-token-too", promises: "3, 6", mechanism: "a response is only as fresh as the record of its token",
		file: reader, old: `l.age(minTime(knownUntil, principal.asOf), now)`, new: `l.age(knownUntil, now)`,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark"),
	},
	{
		name: "age-monotonic", promises: "3", mechanism: "setting the wall clock back makes nothing fresh",
		file: reader, old: `max(now.wall.Sub(asOf), now.mono-l.receivedAt+l.asOf.Sub(asOf))`, new: `now.wall.Sub(asOf)`,
		proof: test("reader", "TestLeaseAgeIsTheGreaterOfBothClocks"),
	},
	{
		name: "age-wall", promises: "3", mechanism: "a monotonic clock that stopped during suspension makes nothing fresh",
		file: reader, old: `max(now.wall.Sub(asOf), now.mono-l.receivedAt+l.asOf.Sub(asOf))`, new: `(now.mono - l.receivedAt + l.asOf.Sub(asOf))`,
		proof: test("reader", "TestLeaseAgeIsTheGreaterOfBothClocks"),
	},
	{
		name: "skew", promises: "3", mechanism: "the clocks of the database and the reader may differ by the tolerated skew",
		file: reader, old: `now.mono-l.receivedAt+l.asOf.Sub(asOf)) + skewAllowance`, new: `now.mono-l.receivedAt+l.asOf.Sub(asOf))`,
		proof: test("reader", "TestLeaseAgeIsTheGreaterOfBothClocks"),
	},
	{
		name: "synced", promises: "3", mechanism: "nothing is fresh from a gap in the log until the end of its resync",
		file: reader, old: `if synced && l.covers(doc.verified)`, new: `if _ = synced; l.covers(doc.verified)`,
		proof: test("reader", "TestAnswersAreStaleDuringResync"),
	},
	{
		name: "covers", promises: "3", mechanism: "a watermark does not cover content loaded from another Redis since",
		file: reader, old: `return l != nil && verified <= l.segment`, new: `return l != nil`,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark|TestSegmentVerifiesCompleteAnswers|TestLaggingRedisMakesAnswersStaleAndTokensUnknown"),
	},
	{
		name: "confirms", promises: "3", mechanism: "a result older than the announced version confirms nothing",
		file: reader, old: `at.Incarnation != s.incarnation || at.N < reached`, new: `at.Incarnation != s.incarnation`,
		proof: test("reader", "TestSegmentVerifiesCompleteAnswers"),
	},
	{
		name: "confirms-incarnation", promises: "3", mechanism: "a result of another incarnation confirms nothing",
		file: reader, old: `at.Incarnation != s.incarnation || at.N < reached`, new: `at.N < reached`,
		proof: test("reader", "TestSegmentVerifiesCompleteAnswers"),
	},
	{
		name: "outdated-is-stale", promises: "3", mechanism: "a response older than the announced version is stale",
		file: reader, old: `&& !doc.outdated() {`, new: `{`,
		proof: test("reader", "TestOutdatedDocumentIsServedAsStale"),
	},
}
