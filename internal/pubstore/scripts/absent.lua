-- KEYS: meta, rec, log, key
if redis.call('EXISTS', KEYS[4]) == 1 then return {'there'} end
return {admitted('') and 'filled' or 'unfilled'}
