-- batch, content, part, token, node, lease (ms), most attempts. The lease's facts, or nil: step aside.
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

local function facts() return lease_facts(batch, queue, part, content) end

if holds(batch, part, content, token) then return facts() end -- asked again: the first answer was lost
if pull() and lease(batch, queue, part, content, token, node, lease_ms, most) then return facts() end
return nil
