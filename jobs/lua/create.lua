-- batch, queue, recipe, created (ms, or '' for now). Its queue and recipe where it is there; else it is made, and nil.
local _, batch, queue, recipe, created = unpack(ARGV)
local there = call('HMGET', key(batch), 'queue', 'recipe')
if there[1] then return there end
local created_ms = created ~= '' and created or now
call('HSET', key(batch), 'queue', queue, 'recipe', recipe, 'created', created_ms)
call('ZADD', P .. ':batches', created_ms, batch)
return nil
