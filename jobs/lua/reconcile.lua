-- lease (ms), lost after (ms), gone after (ms), most attempts, then per queue: its name, the messages waiting in it.
-- {lapsed, lost, untold...}, or nil: another did it a moment ago.
local _, lease_ms, lost_ms, gone_ms, most = unpack(ARGV)
if not call('SET', P .. ':reconciled', 1, 'NX', 'PX', math.ceil(lease_ms / 15)) then return nil end
local AT_ONCE = 1000 -- keeps the script under some 10 ms; the rest has its turn at the next call

local function bring_back_lapsed(queue)
  local lapsed = call('ZRANGEBYSCORE', queue_key(queue, 'leased'), '-inf', now, 'LIMIT', 0, AT_ONCE)
  for _, member in ipairs(lapsed) do
    local batch, part, content = parse_member(member)
    local lapses = call('ZSCORE', queue_key(queue, 'leased'), member)
    if lapses then -- else another part of its document was condemned in this very loop
      lapse(batch, queue, part, content, fell_silent(batch, part, content, lapses, lease_ms))
      local attempts = tonumber(call('HGET', live_key(batch, content), 'a' .. part))
      if attempts >= tonumber(most) then
        condemn(batch, queue, content, killed_reason(attempts))
      else
        make_orphan(batch, queue, part, content)
      end
    end
  end
  return #lapsed
end

local function send_again(queue, before, at_most)
  local lost = call('ZRANGEBYSCORE', queue_key(queue, 'sent'), '-inf', before, 'LIMIT', 0, at_most)
  for _, member in ipairs(lost) do
    local batch, part, content = parse_member(member)
    call('ZREM', queue_key(queue, 'sent'), member)
    make_due(batch, queue, part, content, now)
  end
  return #lost
end

-- First in, first out: of the jobs that were sent and not taken, the newest wait in the queue, and the others have left it.
-- Where strange messages wait among them that tells nothing, and only `gone` counts. A message that turns up after
-- all finds its job taken, and is dropped.
local function bring_back_lost(queue, waiting)
  local left = math.max(0, call('ZCARD', queue_key(queue, 'sent')) - waiting)
  return send_again(queue, now - lost_ms, math.min(left, AT_ONCE)) + send_again(queue, now - gone_ms, AT_ONCE)
end

local found = {0, 0}
for i = 6, #ARGV, 2 do
  found[1] = found[1] + bring_back_lapsed(ARGV[i])
  found[2] = found[2] + bring_back_lost(ARGV[i], tonumber(ARGV[i + 1]))
end
for _, member in ipairs(call('ZRANGEBYSCORE', UNTOLD, '-inf', now, 'LIMIT', 0, 100)) do
  local batch, content = member:sub(1, -34), member:sub(-32)
  table.insert(found, {batch, content, cjson.encode(read_entry(batch, content))})
end
return found
