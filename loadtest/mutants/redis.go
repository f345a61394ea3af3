package main

const (
	scripts  = "internal/pubstore/scripts/"
	pubstore = "internal/pubstore/"
)

// redisMutants are mutants of the scripts and of the client code for Redis.
var redisMutants = []mutant{
	{
		name: "fence-replaced", promises: "1, 3, 4", mechanism: "the scripts refuse a Redis that was restarted or promoted since it was filled, by its replication id",
		file: scripts + "prelude.lua", old: `if not meta[1] or meta[2] ~= id then return nil end`, new: `if not meta[1] then return nil end`,
		proof: test("pubstore", "TestUnknownRedisRefusesOrdinaryWrites"),
	},
	{
		name: "fence-empty", promises: "1, 3, 4", mechanism: "the scripts refuse a Redis that has not been filled",
		file: scripts + "prelude.lua", old: `if not meta[1] or meta[2] ~= id then return nil end`, new: `if not meta[1] then return '1' end if meta[2] ~= id then return nil end`,
		proof: test("pubstore", "TestUnknownRedisRefusesOrdinaryWrites"),
	},
	{
		name: "document-older", promises: "2", mechanism: "the document script refuses an older version",
		file: scripts + "publish_document.lua", old: `if order < 0 then return {'older', incarnation, have[1], '0'} end`, new: ``,
		proof: test("pubstore", "TestOlderVersionNeverReplacesNewer"),
	},
	{
		name: "document-epoch", promises: "2", mechanism: "versions are compared by epoch first, then by revision",
		file: scripts + "prelude.lua", old: `for i = 1, 3 do`, new: `for i = 2, 3 do`,
		proof: test("pubstore", "TestOlderVersionNeverReplacesNewer"),
	},
	{
		name: "versions-as-numbers", promises: "2", mechanism: "the parts of a version are compared as numbers, not as strings",
		file: scripts + "prelude.lua", old: `tonumber(x[i]) or 0, tonumber(y[i]) or 0`, new: `x[i] or '', y[i] or ''`,
		proof: test("pubstore", "TestConcurrentPublicationsLeaveNewest"),
	},
	{
		name: "document-conflict", promises: "2", mechanism: "an equal version with different content is reported as a conflict, not as a retry",
		file: scripts + "publish_document.lua", old: `have[2] == tags and 'retried' or 'conflict'`, new: `'retried'`,
		proof: test("pubstore", "TestSameVersionIsUnchangedOrConflict"),
	},
	{
		name: "token-older", promises: "6", mechanism: "the token script refuses an older record, so a tombstone is final",
		file: scripts + "publish_token.lua", old: `if order < 0 then return {'older', incarnation, before, '0'} end`, new: ``,
		proof: test("pubstore", "TestTokenRecordRoundTripAndRevocationIsFinal"),
	},
	{
		name: "token-conflict", promises: "6", mechanism: "an equal version of a token with a different state is reported as a conflict, not as a retry",
		file: scripts + "publish_token.lua", old: `return {'conflict', incarnation, before, '0'}`, new: `return {'retried', incarnation, before, '0'}`,
		proof: test("pubstore", "TestTokenRecordRoundTripAndRevocationIsFinal"),
	},
	{
		name: "token-tombstone", promises: "6", mechanism: "a revoked token's record is marked revoked",
		file: pubstore, old: `state = stateRevoked`, new: `state = stateActive`,
		proof: test("pubstore", "TestTokenRecordRoundTripAndRevocationIsFinal"),
	},
	{
		name: "document-logged", promises: "3", mechanism: "a document and its log entry are written atomically",
		file: scripts + "publish_document.lua", old: `local n = append(reconcile, cap, 'kind', 'doc', 'organization', org, 'version', version,
  'committed_at', committed, 'incarnation', incarnation)`, new: `local n = '0'`,
		proof: test("pubstore", "TestLogIsContiguousAndNamesPublications"),
	},
	{
		name: "token-logged", promises: "3, 6", mechanism: "a token's record and its log entry are written atomically",
		file: scripts + "publish_token.lua", old: `local n = append(reconcile, cap, 'kind', 'token', 'token', hash, 'version', version, 'incarnation', incarnation,
  'taken_at', taken)`, new: `local n = '0'`,
		proof: test("pubstore", "TestLogIsContiguousAndNamesPublications"),
	},
	{
		name: "document-indexed", promises: "1, 3", mechanism: "a document and its index entry are written atomically",
		file: scripts + "publish_document.lua", old: `redis.call('HSET', KEYS[5], org, version)`, new: ``,
		proof: test("worker", "TestWritesLostInFailoverAreRepublished|TestRedisAheadHaltsUntilEpochIsRaised|TestFlushedRedisIsRefilled"),
	},
	{
		name: "log-contiguous", promises: "3", mechanism: "the numbers of log entries have no gaps",
		file: scripts + "prelude.lua", old: `redis.call('HINCRBY', KEYS[1], 'n', 1)`, new: `redis.call('HINCRBY', KEYS[1], 'n', 2)`,
		proof: test("pubstore", "TestLogIsContiguousAndNamesPublications"),
	},
	{
		name: "resync-jump", promises: "3", mechanism: "refilling Redis raises the counter above every logged entry",
		file: scripts + "finish_reconcile.lua", old: `n = whole(math.max(n + 1, tonumber(now[1]) * 1000000 + tonumber(now[2])))`, new: `n = whole(n + 1)`,
		proof: test("pubstore", "TestResyncEntryFollowsAllLoggedEntries"),
	},
	{
		name: "resync-entry", promises: "3", mechanism: "refilling Redis logs an entry that makes readers compare everything",
		file: scripts + "finish_reconcile.lua", old: `redis.call('XADD', KEYS[3], 'MAXLEN', '~', cap, n .. '-0', 'kind', 'resync', 'incarnation', incarnation)`, new: ``,
		proof: test("pubstore", "TestReconciliationWritesBehindFence"),
	},
	{
		name: "reconcile-same-server", promises: "1, 4", mechanism: "a reconciliation completes only on the data set on which it began",
		file: scripts + "prelude.lua", old: `if began ~= id then return nil end`, new: ``,
		proof: test("pubstore", "TestInterruptedReconciliationDoesNotFinish"),
	},
	{
		name: "reconcile-current", promises: "1, 4", mechanism: "a reconciliation completes only if no other one has begun since",
		file: scripts + "prelude.lua", old: `if redis.call('GET', KEYS[2]) ~= reconcile then return nil end`, new: ``,
		proof: test("pubstore", "TestInterruptedReconciliationDoesNotFinish"),
	},
	{
		name: "reconcile-nonce", promises: "1", mechanism: "two reconciliations under one incarnation are told apart by a nonce",
		file: scripts + "begin_reconcile.lua", old: `.. ':' .. ARGV[2]`, new: `.. ':0'`,
		proof: test("pubstore", "TestInterruptedReconciliationDoesNotFinish|TestLeaderCannotFinishReconciliationOfAnother"),
	},
	{
		name: "reconcile-newer-only", promises: "1, 2", mechanism: "a reconciliation under an older incarnation is refused",
		file: scripts + "begin_reconcile.lua", old: `if before and tonumber(before) >= tonumber(ARGV[1]) then return {'older', ''} end`, new: ``,
		proof: test("pubstore", "TestInterruptedReconciliationDoesNotFinish"),
	},
	{
		name: "watermark-incarnation", promises: "3", mechanism: "a watermark counts only under the incarnation under which its exclusions were read",
		file: scripts + "mark.lua", old: `if incarnation ~= ARGV[2] then`, new: `if not incarnation then`,
		proof: test("pubstore", "TestWatermarkIsLoggedWithExclusions"),
	},
	{
		name: "state-replaced", promises: "1, 4", mechanism: "Redis reports whether it was restarted or promoted since it was filled",
		file: scripts + "state.lua", old: `if meta[2] ~= replication_id() then return {'replaced', meta[1], meta[3]} end`, new: ``,
		proof: test("pubstore", "TestUnknownRedisRefusesOrdinaryWrites"),
	},
	{
		name: "absent-only-if-filled", promises: "4, 6", mechanism: "a key that a promoted Redis lacks is not treated as absent",
		file: scripts + "absent.lua", old: `admitted('') and 'filled' or 'unfilled'`, new: `'filled'`,
		proof: test("pubstore", "TestUnknownRedisRefusesOrdinaryWrites|TestPromotedReplicaReportsNoAbsence"),
	},
	{
		name: "incomplete-document", promises: "2, 4", mechanism: "an incomplete document is not served",
		file: pubstore, old: `if len(enc.Bytes) != c.Length {`, new: `if false {`,
		proof: test("pubstore", "TestIncompleteDocumentIsAnError"),
	},
	{
		name: "watermark-before-position", promises: "3", mechanism: "a watermark from before a failover is ignored",
		file: pubstore, old: `err == nil && e.Incarnation == at.Incarnation; !ours {`, new: `err == nil; !ours {`,
		proof: test("pubstore", "TestTailIgnoresWatermarksOfOtherIncarnations"),
	},
}
