-- node, queues. A worker starts under this name: what its predecessor held is due again. How many jobs.
local _, node = unpack(ARGV)

local function bring_back(queue)
  local count = 0
  for _, member in ipairs(call('ZRANGE', queue_key(queue, 'leased'), 0, -1)) do
    local batch, part, content = parse_member(member)
    if call('HGET', live_key(batch, content), 'n' .. part) == node then
      lapse(batch, queue, part, content, true)
      make_orphan(batch, queue, part, content)
      count = count + 1
    end
  end
  return count
end

local brought_back = 0
for i = 3, #ARGV do brought_back = brought_back + bring_back(ARGV[i]) end
return brought_back
