-- batch, content, part, token, reason, delay (ms), counted (1 or 0), most attempts, log (a JSON array, or '').
-- The job is due again after the delay; an attempt that does not count is given back.
allow_at_full_memory()
local _, batch, content, part, token, reason, delay_ms, counted, most, log = unpack(ARGV)
if not holds(batch, part, content, token) then
  if counted == '0' then acquit(batch, part, content, token) end
  return refuse(token, 'put_back')
end
local live, queue = live_key(batch, content), queue_of(batch)
remember(token, 'put_back')
if log ~= '' then call('HSET', live, 'log', log) end
if counted == '1' and tonumber(call('HGET', live, 'a' .. part)) >= tonumber(most) then
  condemn(batch, queue, content, reason)
  return 1
end
if counted == '0' then call('HINCRBY', live, 'a' .. part, -1) end
if reason ~= '' then call('HSET', live, 'reason', reason) end
release(batch, queue, part, content)
make_due(batch, queue, part, content, now + delay_ms)
return 1
