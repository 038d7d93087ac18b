-- batch, content, part, token, node, lease (ms), most attempts. The lease's facts, or nil: step aside.
-- The attempt is counted before the document is touched: one that kills its worker has been counted.
local _, batch, content, part, token, node, lease_ms, most = unpack(ARGV)
local queue = queue_of(batch)
if not queue then return nil end
local live, member = live_key(batch, content), member_of(batch, part, content)

local function facts()
  local entry = read_entry(batch, content)
  local field = call('HMGET', live, 'a' .. part, 'pages', 'parts', 'pin')
  return {
    queue, call('HGET', key(batch), 'recipe'), entry.m, entry.z,
    tonumber(field[1]), tonumber(field[2] or 0), tonumber(field[3] or 1),
    call('HEXISTS', live, 'f' .. part), -- done before: what is left of it is to assemble
    field[4] or '',
  }
end

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

if holds(batch, part, content, token) then return facts() end -- asked again: the first answer was lost
if not pull() then return nil end
local attempts = tonumber(call('HGET', live, 'a' .. part) or 0)
if attempts >= tonumber(most) then
  condemn(batch, queue, content, killed_reason(attempts))
  return nil
end
call('HINCRBY', live, 'a' .. part, 1)
call('HINCRBY', live, 'leases', 1)
call('HSET', live, 't' .. part, token, 'n' .. part, node, 'node', node)
call('ZADD', queue_key(queue, 'leased'), now + lease_ms, member)
set_state(batch, content, 'running')
return facts()
