-- batch, content, part, token, node, pin ('' keeps it). The parts that were done are due again; pages that are in the
-- store need no more work. 0: a node lives that has what the document is pinned to, so it stays with it.
local _, batch, content, part, token, node, pin = unpack(ARGV)
if not holds(batch, part, content, token) then return LEASE_LOST end
local live = live_key(batch, content)

if pin ~= '' then
  local pinned = call('HGET', live, 'pin')
  if pinned and somebody_else_has(pinned, node) then return 0 end
  set_pin(live, pin, node)
end
call('HINCRBY', key(batch), 'pages_done', 0 - call('BITCOUNT', pages_key(batch, content)))
call('DEL', pages_key(batch, content))
call('HDEL', live, 'parts_done')
for other = 0, tonumber(call('HGET', live, 'parts') or 1) - 1 do
  if call('HDEL', live, 'f' .. other) == 1 and other ~= tonumber(part) then
    call('HDEL', live, 'a' .. other)
    make_due(batch, queue_of(batch), other, content, now)
  end
end
return 1
