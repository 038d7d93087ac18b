-- batch, content, part, token, pages, parts, node, pin. Pages and parts as they hold: who splits first decides for all.
local _, batch, content, part, token, pages, parts, node, pin = unpack(ARGV)
if not holds(batch, part, content, token) then return LEASE_LOST end
local live = live_key(batch, content)
if call('HSETNX', live, 'parts', parts) == 1 then
  call('HSET', live, 'pages', pages)
  call('HINCRBY', key(batch), 'pages', pages)
  if parts ~= '1' then set_pin(live, pin, node) end
  for other = 1, parts - 1 do make_due(batch, queue_of(batch), other, content, now) end
end
local there = call('HMGET', live, 'pages', 'parts')
return {tonumber(there[1]), tonumber(there[2])}
