-- KEYS: meta, rec, log
local meta = redis.call('HMGET', KEYS[1], 'incarnation', 'replid', 'epoch')
if not meta[1] then return {'unfilled', '0', '0'} end
if meta[2] ~= replication_id() then return {'replaced', meta[1], meta[3]} end
return {'filled', meta[1], meta[3]}
