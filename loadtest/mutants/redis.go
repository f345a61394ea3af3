package main

const (
	scripts  = "internal/pubstore/scripts/"
	pubstore = "internal/pubstore/"
)

// redisMutants are mutants of the scripts and of the client code for Redis.
var redisMutants = []mutant{
	{
		name: "fence-replaced", promises: "1, 3, 4", mechanism: "the fence: scripts refuse a restarted or promoted Redis, known by its replication id",
		file: scripts + "prelude.lua", old: `if not meta[1] or meta[2] ~= id then return nil end`, new: `if not meta[1] then return nil end`,
		proof: test("pubstore", "TestUnknownRedisRefusesOrdinaryWrites"),
	},
	{
		name: "fence-empty", promises: "1, 3, 4", mechanism: "the fence: scripts refuse a Redis that has not been filled",
		file: scripts + "prelude.lua", old: `if not meta[1] or meta[2] ~= id then return nil end`, new: `if not meta[1] then return '1' end if meta[2] ~= id then return nil end`,
		proof: test("pubstore", "TestUnknownRedisRefusesOrdinaryWrites"),
	},
	{
		name: "document-older", promises: "2", mechanism: "the document script refuses an older version",
		file: scripts + "publish_document.lua", old: `if order < 0 then return {'older', incarnation, have[1], '0'} end`, new: ``,
		proof: test("pubstore", "TestOlderVersionNeverReplacesNewer"),
	},
	{
		name: "document-epoch", promises: "2", mechanism: "a version's epoch counts before its revision",
		file: scripts + "prelude.lua", old: `for i = 1, 3 do`, new: `for i = 2, 3 do`,
		proof: test("pubstore", "TestOlderVersionNeverReplacesNewer"),
	},
	{
		name: "versions-as-numbers", promises: "2", mechanism: "versions are compared as numbers, not as texts",
		file: scripts + "prelude.lua", old: `tonumber(x[i]) or 0, tonumber(y[i]) or 0`, new: `x[i] or '', y[i] or ''`,
		proof: test("pubstore", "TestConcurrentPublicationsLeaveNewest"),
	},
	{
		name: "document-conflict", promises: "2", mechanism: "an equal version with other content is an alarm, not a retry",
		file: scripts + "publish_document.lua", old: `have[2] == tags and 'retried' or 'conflict'`, new: `'retried'`,
		proof: test("pubstore", "TestSameVersionIsUnchangedOrConflict"),
	},
	{
		name: "token-older", promises: "6", mechanism: "the token script refuses an older record: a tombstone stays",
		file: scripts + "publish_token.lua", old: `if order < 0 then return {'older', incarnation, before, '0'} end`, new: ``,
		proof: test("pubstore", "TestTokenRecordRoundTripAndRevocationIsFinal"),
	},
	{
		name: "token-conflict", promises: "6", mechanism: "an equal version of a token with another state is an alarm, not a retry",
		file: scripts + "publish_token.lua", old: `return {'conflict', incarnation, before, '0'}`, new: `return {'retried', incarnation, before, '0'}`,
		proof: test("pubstore", "TestTokenRecordRoundTripAndRevocationIsFinal"),
	},
	{
		name: "token-tombstone", promises: "6", mechanism: "a revoked token's record is marked revoked",
		file: pubstore, old: `state = stateRevoked`, new: `state = stateActive`,
		proof: test("pubstore", "TestTokenRecordRoundTripAndRevocationIsFinal"),
	},
	{
		name: "document-logged", promises: "3", mechanism: "a document and its log entry are written together",
		file: scripts + "publish_document.lua", old: `local n = append(reconcile, cap, 'kind', 'doc', 'organization', org, 'version', version,
  'committed_at', committed, 'incarnation', incarnation)`, new: `local n = '0'`,
		proof: test("pubstore", "TestLogIsContiguousAndNamesPublications"),
	},
	{
		name: "token-logged", promises: "3, 6", mechanism: "a token's record and its log entry are written together",
		file: scripts + "publish_token.lua", old: `local n = append(reconcile, cap, 'kind', 'token', 'token', hash, 'version', version, 'incarnation', incarnation,
  'taken_at', taken)`, new: `local n = '0'`,
		proof: test("pubstore", "TestLogIsContiguousAndNamesPublications"),
	},
	{
		name: "document-indexed", promises: "1, 3", mechanism: "a document and its place in the index are written together",
		file: scripts + "publish_document.lua", old: `redis.call('HSET', KEYS[5], org, version)`, new: ``,
		proof: test("worker", "TestWritesLostInFailoverAreRepublished|TestRedisAheadHaltsUntilEpochIsRaised|TestFlushedRedisIsRefilled"),
	},
	{
		name: "log-contiguous", promises: "3", mechanism: "the log's counter has no gaps",
		file: scripts + "prelude.lua", old: `redis.call('HINCRBY', KEYS[1], 'n', 1)`, new: `redis.call('HINCRBY', KEYS[1], 'n', 2)`,
		proof: test("pubstore", "TestLogIsContiguousAndNamesPublications"),
	},
	{
		name: "resync-jump", promises: "3", mechanism: "the counter jumps above every logged entry when Redis is refilled",
		file: scripts + "finish_reconcile.lua", old: `n = whole(math.max(n + 1, tonumber(now[1]) * 1000000 + tonumber(now[2])))`, new: `n = whole(n + 1)`,
		proof: test("pubstore", "TestResyncEntryFollowsAllLoggedEntries"),
	},
	{
		name: "resync-entry", promises: "3", mechanism: "a refilled Redis makes readers compare everything",
		file: scripts + "finish_reconcile.lua", old: `redis.call('XADD', KEYS[3], 'MAXLEN', '~', cap, n .. '-0', 'kind', 'resync', 'incarnation', incarnation)`, new: ``,
		proof: test("pubstore", "TestReconciliationWritesBehindFence"),
	},
	{
		name: "reconcile-same-server", promises: "1, 4", mechanism: "a reconciliation ends only on the data set that it began on",
		file: scripts + "prelude.lua", old: `if began ~= id then return nil end`, new: ``,
		proof: test("pubstore", "TestInterruptedReconciliationDoesNotFinish"),
	},
	{
		name: "reconcile-under-way", promises: "1, 4", mechanism: "a reconciliation ends only where it is still the one under way",
		file: scripts + "prelude.lua", old: `if redis.call('GET', KEYS[2]) ~= reconcile then return nil end`, new: ``,
		proof: test("pubstore", "TestInterruptedReconciliationDoesNotFinish"),
	},
	{
		name: "reconcile-nonce", promises: "1", mechanism: "two reconciliations under one incarnation are told apart",
		file: scripts + "begin_reconcile.lua", old: `.. ':' .. ARGV[2]`, new: `.. ':0'`,
		proof: test("pubstore", "TestInterruptedReconciliationDoesNotFinish|TestLeaderCannotFinishReconciliationOfAnother"),
	},
	{
		name: "reconcile-newer-only", promises: "1, 2", mechanism: "a reconciliation under an older incarnation does not begin",
		file: scripts + "begin_reconcile.lua", old: `if before and tonumber(before) >= tonumber(ARGV[1]) then return {'older', ''} end`, new: ``,
		proof: test("pubstore", "TestInterruptedReconciliationDoesNotFinish"),
	},
	{
		name: "mark-incarnation", promises: "3", mechanism: "a mark counts only under the incarnation that its exceptions were read under",
		file: scripts + "mark.lua", old: `if incarnation ~= ARGV[2] then`, new: `if not incarnation then`,
		proof: test("pubstore", "TestWatermarkIsLoggedWithExclusions"),
	},
	{
		name: "state-replaced", promises: "1, 4", mechanism: "Redis reports that it was restarted or promoted since it was filled",
		file: scripts + "state.lua", old: `if meta[2] ~= replication_id() then return {'replaced', meta[1], meta[3]} end`, new: ``,
		proof: test("pubstore", "TestUnknownRedisRefusesOrdinaryWrites"),
	},
	{
		name: "absent-only-if-filled", promises: "4, 6", mechanism: "what a promoted Redis lacks is not taken for absent",
		file: scripts + "absent.lua", old: `admitted('') and 'filled' or 'unfilled'`, new: `'filled'`,
		proof: test("pubstore", "TestUnknownRedisRefusesOrdinaryWrites|TestPromotedReplicaReportsNoAbsence"),
	},
	{
		name: "half-a-document", promises: "2, 4", mechanism: "a document of which a part is missing is not served",
		file: pubstore, old: `if len(enc.Bytes) != c.Length {`, new: `if false {`,
		proof: test("pubstore", "TestIncompleteDocumentIsAnError"),
	},
	{
		name: "mark-before-position", promises: "3", mechanism: "a mark from before another Redis took over does not count",
		file: pubstore, old: `err == nil && e.Incarnation == at.Incarnation; !ours {`, new: `err == nil; !ours {`,
		proof: test("pubstore", "TestTailIgnoresWatermarksOfOtherIncarnations"),
	},
}
