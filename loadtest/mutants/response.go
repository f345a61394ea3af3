package main

// responseMutants are mutants of the answers to editors.
var responseMutants = []mutant{
	{
		name: "resident-never-older", promises: "2", mechanism: "a resident document is never replaced by an older one",
		file: reader, old: `if have.publishedVersion().Compare(loaded.publishedVersion()) > 0 {`, new: `if false {`,
		proof: test("reader", "TestOlderVersionNeverReplacesNewer"),
	},
	{
		name: "ahead-reload", promises: "2", mechanism: "a client with a newer version makes the reader query Redis again",
		file: reader, old: `doc = r.documents.checkForNewer(k, doc)`, new: ``,
		proof: test("reader", "TestClientWithNewerTagCausesRecheck"),
	},
	{
		name: "ahead-not-modified", promises: "2", mechanism: "a client with a newer version is not sent back to an older one",
		file: reader, old: `return t.Epoch > version.Epoch || t.Epoch == version.Epoch && t.Revision > version.Revision`, new: `return false`,
		proof: test("reader", "TestClientWithNewerTagCausesRecheck"),
	},
	{
		name: "ahead-refuted", promises: "3", mechanism: "a client with a version that never existed gets the current one",
		file: reader, old: `return ok && c.knownUntil.After(firstSeen.Add(skewAllowance))`, new: `return false && ok && firstSeen.IsZero()`,
		proof: test("reader", "TestTagOfNonexistentVersionIsReplacedOnceDisproved"),
	},
	{
		name: "ahead-refuted-late", promises: "2", mechanism: "a version counts as never published only once that is certain",
		file: reader, old: `return ok && c.knownUntil.After(firstSeen.Add(skewAllowance))`, new: `return ok && firstSeen.IsZero() == false`,
		proof: simulated(100),
	},
	{
		name: "ahead-is-stale", promises: "3", mechanism: "a response to a client with a newer version is stale",
		file: reader, old: `fresh = false // there may be newer versions`, new: ``,
		proof: test("reader", "TestTagOfNonexistentVersionIsReplacedOnceDisproved|TestClientWithNewerTagCausesRecheck"),
	},
	{
		name: "absence-drops-nothing", promises: "4", mechanism: "a document that Redis lacks stays resident",
		file: reader, old: `reloadInterval: documentReloadInterval,`, new: `reloadInterval: documentReloadInterval, removeAbsent: true,`,
		proof: test("reader", "TestDocumentMissingFromRedisStays"),
	},
	{
		name: "missing-is-no-deletion", promises: "4", mechanism: "a document that the index lacks stays resident",
		file: reader, old: `if f.documents.compareVersion(k, found[names[i]], by) {`, new: `if _, there := found[names[i]]; !there {
				f.documents.backend.remove(k)
			} else if f.documents.compareVersion(k, found[names[i]], by) {`,
		proof: test("reader", "TestDocumentMissingFromRedisStays"),
	},
	{
		name: "serves-what-is-resident", promises: "4", mechanism: "resident content is served without a query",
		file: reader, old: `if doc, ok := d.resident(k); ok {
		return doc, hit, nil
	}`, new: `d.remove(k)`,
		proof: test("reader", "TestWarmReaderSurvivesKilledRedis"),
	},
	{
		name: "outdated-is-served", promises: "4", mechanism: "an outdated document is served until the newer one is loaded",
		file: reader, old: `func (d *document) usable() bool { return true }`, new: `func (d *document) usable() bool { return !d.outdated() }`,
		proof: test("reader", "TestOutdatedDocumentIsServedAsStale"),
	},
	{
		name: "one-load", promises: "4", mechanism: "concurrent requests for a document share one load",
		file: reader, old: `l, joined := s.inFlight[k]
	if !joined {
		floor`, new: `l, joined := (*load[V])(nil), false
	if !joined {
		floor`,
		proof: test("reader", "TestConcurrentFetchesShareOneLoad"),
	},
	{
		name: "failed-reload", promises: "3, 4", mechanism: "a reload that fails is retried",
		file: reader, old: `	if retry {
		wait :=`, new: `	if retry && false {
		wait :=`,
		proof: test("reader", "TestFailedReloadIsRetried"),
	},
	{
		name: "tombstone-served", promises: "4", mechanism: "a deleted organization is reported as deleted to editors",
		file: reader, old: `if doc.deleted {`, new: `if false {`,
		proof: test("reader", "TestDeletedOrganizationIsNotFound"),
	},
	{
		name: "digest-at-load", promises: "2, 4", mechanism: "a document whose compressed bytes are damaged is not loaded",
		file: reader, old: `if sha256.Sum256(e.Bytes) != e.Digest {`, new: `if false {`,
		proof: test("reader", "TestDamagedDocumentsAreRefused"),
	},
	{
		name: "sum-at-load", promises: "2, 4", mechanism: "a document whose bytes do not match its ETag is not loaded",
		file: pubstore, old: `if sha256.Sum256(body) != r.Sum {`, new: `if false {`,
		proof: test("reader", "TestDamagedDocumentsAreRefused"),
	},
	{
		name: "disk-checksum", promises: "4", mechanism: "a damaged snapshot on disk is not used",
		file: reader, old: `if string(sum.Sum(nil)) != string(want) {`, new: `if false {`,
		proof: test("reader", "TestDamagedSnapshotOnDiskIsIgnored"),
	},
	{
		name: "disk-age", promises: "3, 6", mechanism: "content from a snapshot on disk is as old as the snapshot",
		file: reader, old: `restored := &lease{asOf: r.time(),`, new: `r.time()
		restored := &lease{asOf: d.clock.now().wall,`,
		proof: test("reader", "TestStartWithoutRedisServesSnapshotOnDisk"),
	},
	{
		name: "disk-unverified", promises: "3", mechanism: "content that was unverified when saved to disk is still unverified when read",
		file: reader, old: `if verified {`, new: `if _ = verified; true {`,
		proof: test("reader", "TestDiskRestoreKeepsUnverifiedUnverified"),
	},
	{
		name: "disk-never-older", promises: "2", mechanism: "a snapshot on disk replaces no resident content",
		file: reader, old: `if _, ok := s.backend.peek(k); !ok {`, new: `if true {`,
		proof: test("reader", "TestSnapshotOnDiskReplacesNoResidentValue"),
	},
	{
		name: "grants", promises: "5", mechanism: "a token gives access only to the organizations that it grants",
		file: reader, old: `if !principal.record.grants(k.organization) {`, new: `if false {`,
		proof: test("reader", "TestForbiddenOrganizationLooksAbsent"),
	},
	{
		name: "grants-whole-id", promises: "5", mechanism: "organizations are distinguished by the whole id",
		file: reader, old: `if string(id[:]) == all[:len(id)] {`, new: `if string(id[:8]) == all[:8] {`,
		proof: test("reader", "TestOrganizationIDsAreComparedInFull"),
	},
	{
		name: "whole-key", promises: "5", mechanism: "documents are stored under the whole id of the organization",
		file: reader, old: `if doc, ok := d.resident(k); ok {
		return doc, hit, nil`, new: `k.organization[15] = 0
	if doc, ok := d.resident(k); ok {
		return doc, hit, nil`,
		proof: test("reader", "TestBodyAlwaysBelongsToRequestedOrganization"),
	},
	{
		name: "revoked", promises: "6", mechanism: "a revoked token is refused",
		file: reader, old: `case rec.revoked:
		return caller{}, authRevoked`, new: `case false:
		return caller{}, authRevoked`,
		proof: test("reader", "TestRevokedTokenIsRefused"),
	},
	{
		name: "expired", promises: "6", mechanism: "an expired token is refused",
		file: reader, old: `case rec.expired(now.wall):`, new: `case false:`,
		proof: test("reader", "TestInvalidTokensAreRefused"),
	},
	{
		name: "scope", promises: "5", mechanism: "a token without the scope read is refused",
		file: reader, old: `case !rec.canRead:`, new: `case false:`,
		proof: test("reader", "TestInvalidTokensAreRefused"),
	},
	{
		name: "outdated-token", promises: "6", mechanism: "a token with a newer announced version is not trusted",
		file: reader, old: `func (r record) usable() bool { return !r.newerKnown }`, new: `func (r record) usable() bool { return true }`,
		proof: test("reader", "TestOutdatedTokenIsNotTrusted"),
	},
	{
		name: "auth-max-stale", promises: "6", mechanism: "a token that has been unverified for too long is not trusted",
		file: reader, old: `case l.age(asOf, now) > t.maxStale:`, new: `case false:`,
		proof: test("reader", "TestTokenIsTrustedForAuthMaxStale"),
	},
	{
		name: "token-verified", promises: "6", mechanism: "a token's record from a Redis of unknown state is not trusted",
		file: reader, old: `case !l.covers(rec.verified):
		return caller{}, authUnknown`, new: `case l == nil:
		return caller{}, authUnknown`,
		proof: test("reader", "TestLaggingRedisMakesAnswersStaleAndTokensUnknown"),
	},
	{
		name: "absence-while-fresh", promises: "6", mechanism: "a token that Redis lacks is refused only while Redis is known to be complete",
		file: reader, old: `if log == nil || !l.covers(log.number) || l.age(l.tokenAsOf(h, unverified), now) > freshFor {`, new: `if log == nil && l.covers(0) {`,
		proof: test("reader", "TestAbsentTokenIsRefusedOnlyWhileFresh"),
	},
	{
		name: "refused-for-a-while", promises: "6", mechanism: "a refused token is looked up again once any token was published",
		file: reader, old: `ok && g == generation {`, new: `ok && g <= generation {`,
		proof: test("reader", "TestRefusedTokenIsAcceptedOncePublished"),
	},
	{
		name: "forged", promises: "4, 5", mechanism: "forged tokens are refused without a query",
		file: reader, old: `case token.Forged:
		return record{}, authForged`, new: ``,
		proof: test("reader", "TestForgedTokensAreRefusedAndUnknownKeysRateLimited"),
	},
	{
		name: "unknown-key-budget", promises: "4", mechanism: "lookups of tokens with an unknown key are limited",
		file: reader, old: `verdict == token.UnknownKey && !t.unknownKeyLimiter.allow(now.mono)`, new: `false && !t.unknownKeyLimiter.allow(now.mono)`,
		proof: test("reader", "TestForgedTokensAreRefusedAndUnknownKeysRateLimited|TestInvalidTokensAreRefused"),
	},
}
