-- KEYS: meta, rec, log, tok
-- ARGV: reconcile, log cap, sha256, epoch.version, changed_at, field, value...
local reconcile, cap, hash, version, changed = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local incarnation = admitted(reconcile)
if not incarnation then return {'fenced', '0', '', '0'} end

local have = redis.call('HMGET', KEYS[4], 'epoch', 'version', 'state', 'organizations')
local before = have[1] and (have[1] .. '.' .. have[2]) or ''
if before ~= '' then
  local order = compare(version, before)
  if order < 0 then return {'older', incarnation, before, '0'} end
  if order == 0 then
    for i = 6, #ARGV, 2 do
      if redis.call('HGET', KEYS[4], ARGV[i]) ~= ARGV[i + 1] then
        return {'conflict', incarnation, before, '0'}
      end
    end
    return {'retried', incarnation, before, '0'}
  end
end

-- taken_at is when access was narrowed, or 0 if it was not. Readers measure how long that takes to
-- reach them. It is determined here because only this script sees both records. A tombstone that
-- replaces a tombstone narrows nothing.
local is = {}
for i = 6, #ARGV, 2 do is[ARGV[i]] = ARGV[i + 1] end
local takes = is.state ~= 'active'
for org in string.gmatch(have[4] or '', '%S+') do
  if not string.find(' ' .. is.organizations .. ' ', ' ' .. org .. ' ', 1, true) then takes = true end
end
if have[3] and have[3] ~= 'active' then takes = false end
local taken = takes and changed or '0'

redis.call('HSET', KEYS[4], unpack(ARGV, 6))
local n = append(reconcile, cap, 'kind', 'token', 'token', hash, 'version', version, 'incarnation', incarnation,
  'taken_at', taken)
return {'published', incarnation, before, n}
