-- KEYS: meta, rec, log
-- ARGV: log cap, incarnation, as_of, exclusions
-- A watermark describes the content of this Redis. It counts only if the incarnation under which
-- the exclusions were read is the one that was filled here.
local incarnation = admitted('')
if incarnation ~= ARGV[2] then return {'fenced', incarnation or '0', '', '0'} end
local n = append('', ARGV[1], 'kind', 'mark', 'as_of', ARGV[3], 'except', ARGV[4], 'incarnation', incarnation)
return {'published', incarnation, '', n}
