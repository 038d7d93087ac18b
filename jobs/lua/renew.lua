-- batch, content, part, token, lease (ms).
allow_at_full_memory()
local _, batch, content, part, token, lease_ms = unpack(ARGV)
if not holds(batch, part, content, token) then
  acquit(batch, part, content, token)
  return LEASE_LOST
end
call('ZADD', queue_key(queue_of(batch), 'leased'), 'XX', now + lease_ms, member_of(batch, part, content))
return 1
