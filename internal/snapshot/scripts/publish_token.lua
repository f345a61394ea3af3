-- KEYS: meta, rec, log, tok
-- ARGV: reconcile, log cap, sha256, epoch.version, field, value...
local reconcile, cap, hash, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local incarnation = admitted(reconcile)
if not incarnation then return {'fenced', '0', '', '0'} end

local have = redis.call('HMGET', KEYS[4], 'epoch', 'version')
local before = have[1] and (have[1] .. '.' .. have[2]) or ''
if before ~= '' then
  local order = compare(version, before)
  if order < 0 then return {'older', incarnation, before, '0'} end
  if order == 0 then
    for i = 5, #ARGV, 2 do
      if redis.call('HGET', KEYS[4], ARGV[i]) ~= ARGV[i + 1] then
        return {'conflict', incarnation, before, '0'}
      end
    end
    return {'retried', incarnation, before, '0'}
  end
end

redis.call('HSET', KEYS[4], unpack(ARGV, 5))
local n = append(reconcile, cap, 'kind', 'token', 'token', hash, 'version', version, 'incarnation', incarnation)
return {'published', incarnation, before, n}
