-- queue, token, node, lease (ms), most attempts. The next due job, which no message was sent for, and its lease's facts;
-- or nil.
local _, queue, token, node, lease_ms, most = unpack(ARGV)

local function facts(member)
  local batch, part, content = parse_member(member)
  return {member, lease_facts(batch, queue, part, content)}
end

local function asked_before()
  local member = call('GET', P .. ':ended:' .. token)
  local batch, part, content = parse_member(member or '')
  return batch and holds(batch, part, content, token) and member
end

local before = asked_before() -- the answer was lost
if before then return facts(before) end
for _, batch in ipairs(call('ZRANGE', queue_key(queue, 'active'), 0, -1)) do
  local job = serve(queue, batch)
  if job then
    local part, content = parse_job(job)
    if lease(batch, queue, part, content, token, node, lease_ms, most) then
      local member = member_of(batch, part, content)
      remember(token, member)
      return facts(member)
    end
  end
end
return nil
