-- Shared by all scripts. KEYS[1] is meta, KEYS[2] rec, KEYS[3] the log.

-- replication_id returns the id of the server's current data set, which changes on restart and on
-- promotion. A server that doesn't report it (an in-process one) is assumed never to change.
local function replication_id()
  local ok, info = pcall(redis.call, 'INFO', 'replication')
  if not ok or type(info) ~= 'string' then return 'unknown' end
  return string.match(info, 'master_replid:(%w+)') or 'unknown'
end

-- admitted is the fence. It returns the incarnation under which this write is admitted, or nil. An
-- ordinary write requires a reconciled server. A write of a reconciliation requires that the same
-- reconciliation is in progress on the same data set.
local function admitted(reconcile)
  local id = replication_id()
  if reconcile == '' then
    local meta = redis.call('HMGET', KEYS[1], 'incarnation', 'replid')
    if not meta[1] or meta[2] ~= id then return nil end
    return meta[1]
  end
  if redis.call('GET', KEYS[2]) ~= reconcile then return nil end
  local incarnation, began = string.match(reconcile, '^(%d+):(%w+):')
  if began ~= id then return nil end
  return incarnation
end

local function whole(n) return string.format('%.0f', n) end

-- append adds an entry to the log under the next number of the contiguous counter. Writes of a
-- reconciliation are not logged: its resync entry covers all of them.
local function append(reconcile, cap, ...)
  if reconcile ~= '' then return '0' end
  local n = whole(redis.call('HINCRBY', KEYS[1], 'n', 1))
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', cap, n .. '-0', ...)
  return n
end

-- compare compares two versions, "epoch.revision.edition" or "epoch.version". It returns -1, 0
-- or 1.
local function compare(a, b)
  local form = '^(%d+)%.(%d+)%.?(%d*)$'
  local x, y = {string.match(a, form)}, {string.match(b, form)}
  for i = 1, 3 do
    local m, n = tonumber(x[i]) or 0, tonumber(y[i]) or 0
    if m ~= n then return m < n and -1 or 1 end
  end
  return 0
end
