-- batch, from (undone: failed or cancelled | finished), recipe ('' keeps it), then contents. How many are queued again,
-- as if new.
local _, batch, from, recipe = unpack(ARGV, 1, 4)
local queue = queue_of(batch)
if not queue then return NO_BATCH end
if recipe ~= '' then call('HSET', key(batch), 'recipe', recipe) end

local function requeue(content)
  local entry = read_entry(batch, content)
  if not entry or not is_finished(entry) or (from == 'undone' and entry.s == 'done') then return 0 end
  uncount(batch, entry)
  call('ZREM', key(batch, 'failed'), content)
  call('ZREM', UNTOLD, document_of(batch, content))
  move(batch, entry, 'queued')
  write_entry(batch, content, {n = entry.n, m = entry.m, z = entry.z})
  make_fresh(batch, queue, content)
  return 1
end

local requeued = 0
for i = 5, #ARGV do requeued = requeued + requeue(ARGV[i]) end
return requeued
