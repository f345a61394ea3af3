-- KEYS: meta, rec, log
-- ARGV: reconcile, log cap, epoch
local reconcile, cap, epoch = ARGV[1], ARGV[2], ARGV[3]
local incarnation = admitted(reconcile)
if not incarnation then return {'fenced', '0', '', '0'} end

-- The counter jumps to the server's clock in microseconds. That is above every number ever logged,
-- even by a server whose log is lost. A reader that waits for the entry after its last one gets this
-- one, detects the gap and compares everything.
local n = tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)
if last[1] then n = math.max(n, tonumber(string.match(last[1][1], '^%d+'))) end
local now = redis.call('TIME')
n = whole(math.max(n + 1, tonumber(now[1]) * 1000000 + tonumber(now[2])))

redis.call('HSET', KEYS[1], 'incarnation', incarnation, 'replid', replication_id(), 'epoch', epoch, 'n', n)
redis.call('XADD', KEYS[3], 'MAXLEN', '~', cap, n .. '-0', 'kind', 'resync', 'incarnation', incarnation)
redis.call('DEL', KEYS[2])
return {'published', incarnation, '', n}
