-- KEYS: meta, rec, log, doc, revs
-- ARGV: reconcile, log cap, organization, version, committed_at, tags,
--       number of indexes that the sender saw, field, SHA-1...,
--       number of fields that stay, field, length..., field, value...
local reconcile, cap, org, version, committed, tags = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local first = 9 + 2 * tonumber(ARGV[7])
local stay = tonumber(ARGV[first - 1])
local sent = first + 2 * stay

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

-- The fields that stay must be as the sender expects. The indexes, which every script writes
-- together with the fields that they describe, must be the ones that the sender saw. Each field must
-- have the length that the sender gave. Otherwise nothing is written, and the sender sends all fields.
local stays = {}
if stay > 0 then
  for i = 8, first - 3, 2 do
    if redis.sha1hex(redis.call('HGET', KEYS[4], ARGV[i]) or '') ~= ARGV[i + 1] then
      return {'changed', incarnation, have[1] or '', '0'}
    end
  end
  for i = first, sent - 2, 2 do
    if redis.call('HSTRLEN', KEYS[4], ARGV[i]) ~= tonumber(ARGV[i + 1]) then
      return {'changed', incarnation, have[1] or '', '0'}
    end
    stays[ARGV[i]] = true
  end
  for _, field in ipairs(redis.call('HKEYS', KEYS[4])) do
    if not stays[field] then redis.call('HDEL', KEYS[4], field) end
  end
else
  redis.call('DEL', KEYS[4])
end
redis.call('HSET', KEYS[4], 'tags', tags)
for i = sent, #ARGV, 1000 do -- unpacking more values than Lua's stack holds is an error
  redis.call('HSET', KEYS[4], unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
redis.call('HSET', KEYS[5], org, version)
local n = append(reconcile, cap, 'kind', 'doc', 'organization', org, 'version', version,
  'committed_at', committed, 'incarnation', incarnation)
return {'published', incarnation, have[1] or '', n}
