-- KEYS: meta, rec, log, doc, revs
-- ARGV: reconcile, log cap, organization, version, committed_at, tags, field, value...
local reconcile, cap, org, version, committed, tags = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

local incarnation = admitted(reconcile)
if not incarnation then return {'fenced', '0', '', '0'} end

local have = redis.call('HMGET', KEYS[4], 'version', 'tags')
if have[1] then
  local order = compare(version, have[1])
  if order < 0 then return {'older', incarnation, have[1], '0'} end
  if order == 0 then
    return {have[2] == tags and 'retried' or 'conflict', incarnation, have[1], '0'}
  end
end

redis.call('DEL', KEYS[4])
redis.call('HSET', KEYS[4], 'tags', tags, unpack(ARGV, 7))
redis.call('HSET', KEYS[5], org, version)
local n = append(reconcile, cap, 'kind', 'doc', 'organization', org, 'version', version,
  'committed_at', committed, 'incarnation', incarnation)
return {'published', incarnation, have[1] or '', n}
