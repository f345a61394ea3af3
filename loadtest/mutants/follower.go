package main

const reader = "internal/reader/"

// followerMutants are mutants of how readers follow the log and determine freshness.
var followerMutants = []mutant{
	{
		name: "cursor-gap", promises: "3", mechanism: "an entry that isn't the next one means that something was missed",
		file: reader, old: `case e.N != c.last+1:`, new: `case false:`,
		proof: test("reader", "TestCursor"),
	},
	{
		name: "cursor-regression", promises: "3", mechanism: "a log that ends before where a reader is was lost",
		file: reader, old: `case tail < c.last:`, new: `case false:`,
		proof: test("reader", "TestCursor"),
	},
	{
		name: "cursor-resync", promises: "3", mechanism: "after a resync everything is compared",
		file: reader, old: `case e.Kind == pubstore.EntryResync:`, new: `case false:`,
		proof: test("reader", "TestCursor"),
	},
	{
		name: "cursor-incarnation", promises: "3", mechanism: "an entry of another incarnation is of another Redis",
		file: reader, old: `case e.Incarnation != c.incarnation:`, new: `case false:`,
		proof: test("reader", "TestCursor"),
	},
	{
		name: "idle-incarnation", promises: "3", mechanism: "a silent log of another incarnation is of another Redis",
		file: reader, old: `case incarnation != c.incarnation:`, new: `case false:`,
		proof: test("reader", "TestCursor"),
	},
	{
		name: "silence", promises: "3", mechanism: "a log without marks for the bound is left for whatever is Redis now",
		file: reader, old: `if f.clock.mono()-lastWatermark > f.silenceTimeout {`, new: `if false && f.clock.mono()-lastWatermark > f.silenceTimeout {`,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark"),
	},
	{
		name: "note-documents", promises: "3", mechanism: "a document's log entry marks the resident document stale",
		file: reader, old: `f.documents.handlePublished(id, e.Version)`, new: `_ = id`,
		proof: test("reader", "TestPublishedChangeBecomesVisible"),
	},
	{
		name: "note-tokens", promises: "3, 6", mechanism: "a token's log entry marks the resident token stale",
		file: reader, old: `f.tokens.handlePublished(e.Token, parseTokenVersion(e.TokenVersion))`, new: ``,
		proof: test("reader", "TestRevokedTokenIsRefused"),
	},
	{
		name: "resync-reloads", promises: "3", mechanism: "a comparison reloads the documents that differ",
		file: reader, old: `if err := f.documents.reload(ctx, behind); err != nil {`, new: `if err := error(nil); err != nil {`,
		proof: test("reader", "TestResyncFindsMissedChanges"),
	},
	{
		name: "resync-tokens", promises: "3, 6", mechanism: "a comparison takes over the tokens that differ",
		file: reader, old: `f.tokens.replace(h, prepareRecord(t, queried).markVerified(by))`, new: `_, _ = t, queried`,
		proof: test("reader", "TestResyncFindsMissedChanges"),
	},
	{
		name: "resync-one-server", promises: "3", mechanism: "a comparison restarts if another server answers",
		file: reader, old: `if by == unverified {
			return errInconsistent
		}
		behind :=`, new: `behind :=`,
		proof: test("reader", "TestComparisonFailsIfLaggingServerAnswers"),
	},
	{
		name: "resync-one-server-tokens", promises: "3, 6", mechanism: "a comparison of tokens restarts if another server answers",
		file: reader, old: `if by == unverified {
			return errInconsistent
		}
		for _, h := range batch {`, new: `for _, h := range batch {`,
		proof: test("reader", "TestComparisonFailsIfLaggingServerAnswers"),
	},
	{
		name: "resync-one-server-heads", promises: "3, 6", mechanism: "tokens whose versions another server answers were not compared",
		file: reader, old: `if by == unverified {
			return errInconsistent
		}
		var differ []token.Hash`, new: `var differ []token.Hash`,
		proof: test("reader", "TestComparisonFailsIfLaggingServerAnswers"),
	},
	{
		name: "resync-unusable-tokens", promises: "3, 6", mechanism: "a comparison reloads a token's record that counts for nothing",
		file: reader, old: `case !have.usable() || have.publishedVersion().Compare(has) < 0:`, new: `case have.publishedVersion().Compare(has) < 0:`,
		proof: test("reader", "TestComparisonLoadsOnlyDifferingTokens"),
	},
	{
		name: "suspect-flights", promises: "3", mechanism: "a comparison makes loads under way ask again",
		file: reader, old: `	for _, l := range s.inFlight {
		l.repeat = true
	}
`, new: ``,
		proof: test("reader", "TestLoadInFlightQueriesAgainAfterRecheck"),
	},
	{
		name: "load-asks-again", promises: "3", mechanism: "a load that was suspected is not taken for an answer",
		file: reader, old: `behind := l.repeat || l.lacks`, new: `behind := l.lacks`,
		proof: test("reader", "TestLoadInFlightQueriesAgainAfterRecheck"),
	},
	{
		name: "load-min-version", promises: "3", mechanism: "a load in progress must return at least the version announced since",
		file: reader, old: `return v.publishedVersion().Compare(l.minVersion) < 0`, new: `return false`,
		proof: test("reader", "TestLoadInFlightIncludesAnnouncedVersion"),
	},
	{
		name: "missing-tokens", promises: "6", mechanism: "a resident token that Redis lacks is looked up again once Redis has everything",
		file: reader, old: `f.missingTokens = append(f.missingTokens, h)`, new: ``,
		proof: test("reader", "TestTokenLostByRedisIsAcceptedUntilWatermark|TestComparisonLoadsOnlyDifferingTokens"),
	},
	{
		name: "greatest-as-of", promises: "3", mechanism: "a mark from before the one that counts does not move freshness back",
		file: reader, old: `case order < 0, order == 0 && next.segment <= have.segment:`, new: `case false:`,
		proof: test("reader", "TestLeaseNeverMovesBack"),
	},
	{
		name: "lease-exceptions", promises: "3", mechanism: "an organization that a mark excepts is as fresh as the exception says",
		file: reader, old: `if e, ok := l.organizations[id]; ok {`, new: `if e, ok := l.organizations[id]; false && ok {`,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark|TestLeaseNeverMovesBack|TestLeaseAgeIsTheGreaterOfBothClocks"),
	},
	{
		name: "lease-token-exceptions", promises: "3, 6", mechanism: "a token that a mark excepts is as fresh as the exception says",
		file: reader, old: `if e, ok := l.tokens[h]; ok {`, new: `if e, ok := l.tokens[h]; false && ok {`,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark|TestTokenIsTrustedForAuthMaxStale|TestAbsentTokenIsRefusedOnlyWhileFresh"),
	},
	{
		name: "exception-held", promises: "4", mechanism: "an exception takes nothing back of what an earlier lease said",
		file: reader, old: `if verified <= e.segment && e.knownUntil.After(e.since) {`, new: `if false {`,
		proof: test("reader", "TestExclusionKeepsEarlierFreshness"),
	},
	{
		name: "exception-up-to", promises: "3, 6", mechanism: "content loaded later is only as fresh as its exclusion allows",
		file: reader, old: `if verified <= e.segment && e.knownUntil.After(e.since) {`, new: `if e.knownUntil.After(e.since) {`,
		proof: test("reader", "TestExclusionKeepsEarlierFreshness"),
	},
	{
		name: "lease-runs-out", promises: "3", mechanism: "freshness runs out when no mark comes",
		file: reader, old: `&& l.age(minTime(knownUntil, principal.asOf), now) <= freshFor`, new: ``,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark"),
	},
	{
		name: "fresh-token-too", promises: "3, 6", mechanism: "an answer is only as fresh as its token's record",
		file: reader, old: `l.age(minTime(knownUntil, principal.asOf), now)`, new: `l.age(knownUntil, now)`,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark"),
	},
	{
		name: "age-monotonic", promises: "3", mechanism: "a wall clock that is set back makes nothing fresh",
		file: reader, old: `max(now.wall.Sub(asOf), now.mono-l.receivedAt+l.asOf.Sub(asOf))`, new: `now.wall.Sub(asOf)`,
		proof: test("reader", "TestLeaseAgeIsTheGreaterOfBothClocks"),
	},
	{
		name: "age-wall", promises: "3", mechanism: "a monotonic clock that stood still makes nothing fresh",
		file: reader, old: `max(now.wall.Sub(asOf), now.mono-l.receivedAt+l.asOf.Sub(asOf))`, new: `(now.mono - l.receivedAt + l.asOf.Sub(asOf))`,
		proof: test("reader", "TestLeaseAgeIsTheGreaterOfBothClocks"),
	},
	{
		name: "skew", promises: "3", mechanism: "the clocks of database and reader may differ",
		file: reader, old: `now.mono-l.receivedAt+l.asOf.Sub(asOf)) + skewAllowance`, new: `now.mono-l.receivedAt+l.asOf.Sub(asOf))`,
		proof: test("reader", "TestLeaseAgeIsTheGreaterOfBothClocks"),
	},
	{
		name: "settled", promises: "3", mechanism: "between a gap and the end of its resync nothing is fresh",
		file: reader, old: `if synced && l.covers(doc.verified)`, new: `if _ = synced; l.covers(doc.verified)`,
		proof: test("reader", "TestAnswersAreStaleDuringResync"),
	},
	{
		name: "covers", promises: "3", mechanism: "a watermark does not cover content loaded from another Redis since",
		file: reader, old: `return l != nil && verified <= l.segment`, new: `return l != nil`,
		proof: test("reader", "TestAnswerIsFreshOnlyWithRecentWatermark|TestSegmentVerifiesCompleteAnswers|TestLaggingRedisMakesAnswersStaleAndTokensUnknown"),
	},
	{
		name: "confirms", promises: "3", mechanism: "an answer older than the announced version confirms nothing",
		file: reader, old: `at.Incarnation != s.incarnation || at.N < reached`, new: `at.Incarnation != s.incarnation`,
		proof: test("reader", "TestSegmentVerifiesCompleteAnswers"),
	},
	{
		name: "confirms-incarnation", promises: "3", mechanism: "an answer of another incarnation confirms nothing",
		file: reader, old: `at.Incarnation != s.incarnation || at.N < reached`, new: `at.N < reached`,
		proof: test("reader", "TestSegmentVerifiesCompleteAnswers"),
	},
	{
		name: "outdated-is-stale", promises: "3", mechanism: "an answer with a newer announced version is stale",
		file: reader, old: `&& !doc.outdated() {`, new: `{`,
		proof: test("reader", "TestOutdatedDocumentIsServedAsStale"),
	},
}
