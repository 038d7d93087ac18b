-- batch, content, part, token. 1: all parts are done, and the caller keeps its lease to assemble them; 0: it is let go.
-- If the assembler dies, its lease lapses, its job is due again, and whoever takes it assembles.
allow_at_full_memory()
local _, batch, content, part, token = unpack(ARGV)
if not holds(batch, part, content, token) then return refuse(token, 'part_done') end
local live = live_key(batch, content)
if call('HSETNX', live, 'f' .. part, 1) == 1 then call('HINCRBY', live, 'parts_done', 1) end
if tonumber(call('HGET', live, 'parts_done')) == tonumber(call('HGET', live, 'parts') or 1) then return 1 end
release(batch, queue_of(batch), part, content)
remember(token, 'part_done')
return 0
