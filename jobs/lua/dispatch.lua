-- room ('': what the window leaves), queues. The jobs that are sent now, {queue, job...} for each queue: one of each
-- batch in turn, the batch that waited longest first.
local WINDOW_PER_SLOT, SMALLEST_WINDOW = 2, 8 -- jobs sent or leased for each that the fleet works on at once; the fewest
local REFILL = 1 / 3 -- of the window: a call that finds less room than that writes nothing to Redis' disk

local function room_in_window(queue)
  local window = math.max(SMALLEST_WINDOW, WINDOW_PER_SLOT * (call('GET', SLOTS) or 0))
  local room = window - call('ZCARD', queue_key(queue, 'sent')) - call('ZCARD', queue_key(queue, 'leased'))
  return room >= window * REFILL and room or 0
end

local function dispatch(queue, room)
  local jobs, served = {queue}, true
  while served and #jobs <= room do
    served = false
    for _, batch in ipairs(call('ZRANGE', queue_key(queue, 'active'), 0, -1)) do
      if #jobs > room then break end
      local job = serve(queue, batch)
      if job then
        call('ZADD', queue_key(queue, 'sent'), now, batch .. '/' .. job)
        table.insert(jobs, batch .. '/' .. job)
        served = true
      end
    end
  end
  return jobs
end

local sent = {}
for i = 3, #ARGV do
  local room = ARGV[2] ~= '' and tonumber(ARGV[2]) or room_in_window(ARGV[i])
  table.insert(sent, dispatch(ARGV[i], room))
end
return sent
