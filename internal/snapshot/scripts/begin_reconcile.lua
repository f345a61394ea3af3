-- KEYS: meta, rec, log
-- ARGV: incarnation, nonce
-- Answers with what was reconciled last (empty where meta is gone), so that
-- the caller knows whether what is here can be trusted at all.
local meta = redis.call('HMGET', KEYS[1], 'incarnation', 'replid', 'epoch')
if meta[1] and tonumber(meta[1]) > tonumber(ARGV[1]) then
  return {'older', '', meta[1], meta[3] or '0'}
end
local began = ARGV[1] .. ':' .. replication_id() .. ':' .. ARGV[2]
redis.call('SET', KEYS[2], began)
return {'begun', began, meta[1] or '', meta[3] or '0'}
