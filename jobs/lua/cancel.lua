-- batch. How many documents were cancelled; again until it is 0, so that no call holds Redis up.
allow_at_full_memory()
local batch = ARGV[2]
local queue = queue_of(batch)
if not queue then return NO_BATCH end
local AT_ONCE = 500
local NOTHING = {fingerprint = '', reason = ''}

local function cancel(content)
  if is_finished(read_entry(batch, content)) then return 0 end -- another of its parts was met before
  conclude(batch, queue, content, 'cancelled', NOTHING)
  return 1
end

local cancelled = 0
for _, content in ipairs(call('LPOP', key(batch, 'fresh'), AT_ONCE) or {}) do
  cancelled = cancelled + cancel(content)
end
if cancelled > 0 then return cancelled end
for _, job in ipairs(call('ZRANGE', key(batch, 'due'), 0, AT_ONCE - 1)) do
  local _, content = parse_job(job)
  cancelled = cancelled + cancel(content)
end
if cancelled > 0 then return cancelled end
for _, name in ipairs({'sent', 'leased'}) do -- as long as the window, not as the backlog
  for _, member in ipairs(call('ZRANGE', queue_key(queue, name), 0, -1)) do
    local owner, _, content = parse_member(member)
    if owner == batch then cancelled = cancelled + cancel(content) end
  end
end
return cancelled
