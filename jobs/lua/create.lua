-- batch, queue, recipe, created (ms, or '' for now). 1: made; 0: it is there; error: it is there and differs.
local _, batch, queue, recipe, created = unpack(ARGV)
local there = call('HMGET', key(batch), 'queue', 'recipe')
if there[1] then
  if there[1] == queue and there[2] == recipe then return 0 end
  return redis.error_reply('OTHERBATCH it exists and differs')
end
local created_ms = created ~= '' and created or now
call('HSET', key(batch), 'queue', queue, 'recipe', recipe, 'created', created_ms)
call('ZADD', P .. ':batches', created_ms, batch)
return 1
