package main

// answerMutants are mutants of the answers to editors.
var answerMutants = []mutant{
	{
		name: "resident-never-older", promises: "2", mechanism: "a resident document is never replaced by an older one",
		file: reader, old: `if have.publishedAs().Compare(loaded.publishedAs()) > 0 {`, new: `if false {`,
		proof: test("reader", "TestNeverBackwards"),
	},
	{
		name: "ahead-look-again", promises: "2", mechanism: "Redis is asked again for a client that has seen something newer",
		file: reader, old: `doc = r.documents.lookAgain(k, doc)`, new: ``,
		proof: test("reader", "TestAClientThatIsAhead"),
	},
	{
		name: "ahead-not-modified", promises: "2", mechanism: "a client that has seen something newer is not sent back",
		file: reader, old: `return t.Epoch > version.Epoch || t.Epoch == version.Epoch && t.Revision > version.Revision`, new: `return false`,
		proof: test("reader", "TestAClientThatIsAhead"),
	},
	{
		name: "ahead-refuted", promises: "3", mechanism: "a client that has seen what never was gets the truth",
		file: reader, old: `return ok && r.held.After(met.Add(skewAllowance))`, new: `return false && ok && met.IsZero()`,
		proof: test("reader", "TestATagThatIsAheadOfTheTruth"),
	},
	{
		name: "ahead-refuted-late", promises: "2", mechanism: "a version is reported as never published only once that is known",
		file: reader, old: `return ok && r.held.After(met.Add(skewAllowance))`, new: `return ok && met.IsZero() == false`,
		proof: simulated(100),
	},
	{
		name: "ahead-is-stale", promises: "3", mechanism: "an answer that a client was ahead of is stale",
		file: reader, old: `fresh = false // there may be newer versions`, new: ``,
		proof: test("reader", "TestATagThatIsAheadOfTheTruth|TestAClientThatIsAhead"),
	},
	{
		name: "absence-drops-nothing", promises: "4", mechanism: "a document that Redis lacks stays where it is resident",
		file: reader, old: `spacing:   documentSpacing,`, new: `spacing:   documentSpacing, absent: true,`,
		proof: test("reader", "TestADocumentThatRedisLacksStays"),
	},
	{
		name: "missing-is-no-deletion", promises: "4", mechanism: "a document that the index lacks stays where it is resident",
		file: reader, old: `if f.documents.compared(k, found[names[i]], by) {`, new: `if _, there := found[names[i]]; !there {
				f.documents.memory.drop(k)
			} else if f.documents.compared(k, found[names[i]], by) {`,
		proof: test("reader", "TestADocumentThatRedisLacksStays"),
	},
	{
		name: "serves-what-is-resident", promises: "4", mechanism: "resident content is served without querying Redis",
		file: reader, old: `if doc, ok := d.resident(k); ok {
		return doc, hit, nil
	}`, new: `d.forget(k)`,
		proof: test("reader", "TestRedisIsKilledWhileWarm"),
	},
	{
		name: "outdated-is-served", promises: "4", mechanism: "an outdated document is served until its successor is there",
		file: reader, old: `func (d *document) usable() bool { return true }`, new: `func (d *document) usable() bool { return !d.outdated() }`,
		proof: test("reader", "TestAnOutdatedAnswerIsStale"),
	},
	{
		name: "one-flight", promises: "4", mechanism: "all who want one document wait for one load",
		file: reader, old: `f, joined := s.flights[k]
	if !joined {`, new: `f, joined := (*flight[V])(nil), false
	if !joined {`,
		proof: test("reader", "TestOneFlightPerKey"),
	},
	{
		name: "failed-reload", promises: "3, 4", mechanism: "a reload that fails is tried again",
		file: reader, old: `	if retry {
		wait :=`, new: `	if retry && false {
		wait :=`,
		proof: test("reader", "TestAReloadThatFailsIsTriedAgain"),
	},
	{
		name: "tombstone-served", promises: "4", mechanism: "a deleted organization is gone for editors, too",
		file: reader, old: `if doc.deleted {`, new: `if false {`,
		proof: test("reader", "TestADeletedOrganizationIsGone"),
	},
	{
		name: "digest-at-load", promises: "2, 4", mechanism: "a document whose coded bytes are damaged is not taken over",
		file: reader, old: `if sha256.Sum256(e.Bytes) != e.Digest {`, new: `if false {`,
		proof: test("reader", "TestDamagedDocumentsAreRefused"),
	},
	{
		name: "sum-at-load", promises: "2, 4", mechanism: "a document whose bytes aren't those of its tag is not taken over",
		file: pubstore, old: `if sha256.Sum256(body) != r.Sum {`, new: `if false {`,
		proof: test("reader", "TestDamagedDocumentsAreRefused"),
	},
	{
		name: "disk-checksum", promises: "4", mechanism: "a disk snapshot that is damaged is not used",
		file: reader, old: `if string(sum.Sum(nil)) != string(said) {`, new: `if false {`,
		proof: test("reader", "TestAFileThatIsDamaged"),
	},
	{
		name: "disk-age", promises: "3, 6", mechanism: "what comes from a disk snapshot is as old as the snapshot",
		file: reader, old: `mark := &lease{asOf: r.time(),`, new: `r.time()
		mark := &lease{asOf: d.clock.now().wall,`,
		proof: test("reader", "TestAStartWithoutRedisFromDisk"),
	},
	{
		name: "disk-unsure", promises: "3", mechanism: "what nothing confirmed stays unconfirmed on disk",
		file: reader, old: `if sure {`, new: `if _ = sure; true {`,
		proof: test("reader", "TestWhatIsUnsureStaysUnsureOnDisk"),
	},
	{
		name: "disk-never-older", promises: "2", mechanism: "a disk snapshot replaces nothing that is resident",
		file: reader, old: `if _, ok := s.memory.peek(k); !ok {`, new: `if true {`,
		proof: test("reader", "TestAFileReplacesNothing"),
	},
	{
		name: "opens", promises: "5", mechanism: "a token gets nothing of an organization that it does not open",
		file: reader, old: `if !who.record.opens(k.organization) {`, new: `if false {`,
		proof: test("reader", "TestNotYoursIsNotThere"),
	},
	{
		name: "opens-whole-id", promises: "5", mechanism: "an organization is told from another by all of its id",
		file: reader, old: `if string(id[:]) == all[:len(id)] {`, new: `if string(id[:8]) == all[:8] {`,
		proof: test("reader", "TestAnOrganizationIsItsWholeID"),
	},
	{
		name: "whole-key", promises: "5", mechanism: "a document is kept under all of its organization's id",
		file: reader, old: `if doc, ok := d.resident(k); ok {
		return doc, hit, nil`, new: `k.organization[15] = 0
	if doc, ok := d.resident(k); ok {
		return doc, hit, nil`,
		proof: test("reader", "TestNeverSomeoneElses"),
	},
	{
		name: "revoked", promises: "6", mechanism: "a revoked token is refused",
		file: reader, old: `case rec.revoked:
		return caller{}, standingRevoked`, new: `case false:
		return caller{}, standingRevoked`,
		proof: test("reader", "TestARevokedTokenIsRefused"),
	},
	{
		name: "expired", promises: "6", mechanism: "an expired token is refused",
		file: reader, old: `case rec.expired(now.wall):`, new: `case false:`,
		proof: test("reader", "TestTokensThatAreRefused"),
	},
	{
		name: "scope", promises: "5", mechanism: "a token that may not read is refused",
		file: reader, old: `case !rec.mayRead:`, new: `case false:`,
		proof: test("reader", "TestTokensThatAreRefused"),
	},
	{
		name: "outdated-token", promises: "6", mechanism: "a token with a newer announced version is not trusted",
		file: reader, old: `func (r record) usable() bool { return !r.superseded }`, new: `func (r record) usable() bool { return true }`,
		proof: test("reader", "TestAnOutdatedTokenIsNotTrusted"),
	},
	{
		name: "auth-max-stale", promises: "6", mechanism: "a token that nothing confirmed for too long is not trusted",
		file: reader, old: `case l.age(asOf, now) > t.maxStale:`, new: `case false:`,
		proof: test("reader", "TestHowLongATokenIsTrusted"),
	},
	{
		name: "token-confirmed", promises: "6", mechanism: "a token's record from a Redis that nothing is known of is not trusted",
		file: reader, old: `case !l.covers(rec.confirmed):
		return caller{}, standingUnknown`, new: `case l == nil:
		return caller{}, standingUnknown`,
		proof: test("reader", "TestALoadFromBeforeWhatTheLogToldOf"),
	},
	{
		name: "absence-while-fresh", promises: "6", mechanism: "a token that Redis lacks is refused only while Redis is known to have everything",
		file: reader, old: `if log == nil || !l.covers(log.number) || l.age(l.ofToken(h, unconfirmed), now) > freshFor {`, new: `if log == nil && l.covers(0) {`,
		proof: test("reader", "TestAbsenceIsARefusalOnlyWhileFresh"),
	},
	{
		name: "refused-for-a-while", promises: "6", mechanism: "a refused token is asked for again once a token was published",
		file: reader, old: `ok && g == generation {`, new: `ok && g <= generation {`,
		proof: test("reader", "TestARefusedTokenIsNotRefusedForGood"),
	},
	{
		name: "forged", promises: "4, 5", mechanism: "made-up tokens are refused without asking Redis",
		file: reader, old: `case token.Forged:
		return record{}, standingForged`, new: ``,
		proof: test("reader", "TestMadeUpTokensAskNobody"),
	},
	{
		name: "unknown-key-budget", promises: "4", mechanism: "tokens of an unknown key have a budget",
		file: reader, old: `verdict == token.UnknownKey && !t.unknown.take(now.mono)`, new: `false && !t.unknown.take(now.mono)`,
		proof: test("reader", "TestMadeUpTokensAskNobody|TestTokensThatAreRefused"),
	},
}
