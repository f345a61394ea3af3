-- Shared by all scripts. KEYS[1] is meta, KEYS[2] rec, KEYS[3] the log.

-- The id of the data set that this server has now: it changes with a restart
-- and with a promotion. A server that doesn't tell (an in-process one) is
-- taken for always the same.
local function replication_id()
  local ok, info = pcall(redis.call, 'INFO', 'replication')
  if not ok or type(info) ~= 'string' then return 'unknown' end
  return string.match(info, 'master_replid:(%w+)') or 'unknown'
end

-- The fence: returns the incarnation under which this write is admitted, or
-- nil. An ordinary write needs a reconciled server; one of a reconciliation
-- needs that same reconciliation to be under way on this same data set.
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

-- Appends to the log under the next number of the contiguous counter. The
-- writes of a reconciliation are not logged: its resync entry stands for all.
local function append(reconcile, cap, ...)
  if reconcile ~= '' then return '0' end
  local n = whole(redis.call('HINCRBY', KEYS[1], 'n', 1))
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', cap, n .. '-0', ...)
  return n
end

-- Compares two versions, "epoch.revision.edition" or "epoch.version"; returns
-- -1, 0 or 1.
local function compare(a, b)
  local form = '^(%d+)%.(%d+)%.?(%d*)$'
  local x, y = {string.match(a, form)}, {string.match(b, form)}
  for i = 1, 3 do
    local m, n = tonumber(x[i]) or 0, tonumber(y[i]) or 0
    if m ~= n then return m < n and -1 or 1 end
  end
  return 0
end
