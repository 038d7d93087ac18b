-- queue, token, node, lease (ms), most attempts. The next due job, which no message was sent for, or what a dead worker
-- left, and its lease's facts; or nil.
local _, queue, token, node, lease_ms, most = unpack(ARGV)

local function lease_due()
  for _, batch in ipairs(call('ZRANGE', queue_key(queue, 'active'), 0, -1)) do
    local job = serve(queue, batch)
    if job then
      local part, content = parse_job(job)
      if lease(batch, queue, part, content, token, node, lease_ms, most) then return member_of(batch, part, content) end
    end
  end
end

local before = asked_before(token) -- the answer was lost
if before then return lease_facts(before) end
local member = lease_orphan(queue, token, node, lease_ms, most) or lease_due()
if not member then return nil end
remember(token, member)
return lease_facts(member)
