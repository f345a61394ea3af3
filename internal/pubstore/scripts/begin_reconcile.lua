-- KEYS: meta, rec, log
-- ARGV: incarnation, nonce
local before = redis.call('HGET', KEYS[1], 'incarnation')
if before and tonumber(before) >= tonumber(ARGV[1]) then return {'older', ''} end
local began = ARGV[1] .. ':' .. replication_id() .. ':' .. ARGV[2]
redis.call('SET', KEYS[2], began)
return {'begun', began}
