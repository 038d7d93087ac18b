-- batch, content, part, token, node, lease (ms), most attempts. A lease's facts: of this job, or of one that a dead
-- worker left; or nil: step aside.
local _, batch, content, part, token, node, lease_ms, most = unpack(ARGV)
local queue = queue_of(batch)
if not queue then return nil end
local live, member = live_key(batch, content), member_of(batch, part, content)

-- A new document's job that came by another way than `dispatch`. Rare, so a walk along the list will do.
local function pull_fresh()
  if part ~= '0' or call('EXISTS', live) == 1 then return false end
  return call('LREM', key(batch, 'fresh'), 1, content) > 0
end

local function pull()
  local lapses = tonumber(call('ZSCORE', queue_key(queue, 'leased'), member) or 0)
  if lapses > now then return false end
  if lapses > 0 then
    lapse(batch, queue, part, content, fell_silent(batch, part, content, lapses, lease_ms))
    return true
  end
  return call('ZREM', queue_key(queue, 'sent'), member) > 0
    or call('ZREM', key(batch, 'due'), job_of(part, content)) > 0
    or pull_fresh()
end

-- The message's job keeps its turn: it is due before others, and is sent again.
local function stand_back()
  if call('ZREM', queue_key(queue, 'sent'), member) == 1 then make_due(batch, queue, part, content, 0) end
end

local before = holds(batch, part, content, token) and member or asked_before(token)
if before then return lease_facts(before) end -- the answer was lost
local orphan = lease_orphan(queue, token, node, lease_ms, most)
if orphan then
  remember(token, orphan)
  stand_back()
  return lease_facts(orphan)
end
if pull() and lease(batch, queue, part, content, token, node, lease_ms, most) then return lease_facts(member) end
return nil
