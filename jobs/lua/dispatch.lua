-- queue, room, window ('' for any). The jobs that are sent now: one of each batch in turn, the batch that waited longest
-- first; at most `room`, and no more than leave `window` jobs sent or leased.
local _, queue, room, window = unpack(ARGV)
local active, sent = queue_key(queue, 'active'), queue_key(queue, 'sent')
room = tonumber(room)
if window ~= '' then room = math.min(room, window - call('ZCARD', sent) - call('ZCARD', queue_key(queue, 'leased'))) end

local function pop_due(batch)
  local job = call('ZRANGEBYSCORE', key(batch, 'due'), '-inf', now, 'LIMIT', 0, 1)[1]
  if job then call('ZREM', key(batch, 'due'), job) end
  return job
end
local function pop_fresh(batch)
  local content = call('LPOP', key(batch, 'fresh'))
  return content and job_of(0, content)
end
-- Parts and retries take turns with new documents: one of 500 pages can't block the small ones.
local function pop(batch)
  if call('HINCRBY', key(batch), 'served', 1) % 2 == 0 then return pop_due(batch) or pop_fresh(batch) end
  return pop_fresh(batch) or pop_due(batch)
end
local function has_more(batch)
  return call('EXISTS', key(batch, 'due'), key(batch, 'fresh')) > 0
end

local jobs = {}
local function serve(batch)
  local job = pop(batch)
  if job then
    call('ZADD', sent, now, batch .. '/' .. job)
    call('ZADD', active, call('INCR', queue_key(queue, 'turn')), batch)
    table.insert(jobs, batch .. '/' .. job)
  end
  if not has_more(batch) then call('ZREM', active, batch) end
  return job
end

local served = true
while served and #jobs < room do
  served = false
  for _, batch in ipairs(call('ZRANGE', active, 0, -1)) do
    if #jobs >= room then break end
    if serve(batch) then served = true end
  end
end
return jobs
