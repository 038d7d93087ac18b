-- batch, then per source: content, its entry, its name, its outcome ('' where it has none yet).
-- For each source: 1 where the content is new in the batch.
local batch = ARGV[2]
local queue = queue_of(batch)
if not queue then return NO_BATCH end
local MOST_NAMES = 100 -- a blank page submitted a million times must not make one huge entry

local function add_name(content, raw, name)
  local entry = cjson.decode(raw)
  for _, known in ipairs(entry.n) do
    if known == name then return end
  end
  if #entry.n >= MOST_NAMES then return end
  table.insert(entry.n, name)
  write_entry(batch, content, entry)
end

local function add_document(content, entry, outcome)
  call('HSET', key(batch, 'documents'), content, entry)
  call('RPUSH', key(batch, 'order'), content)
  call('HINCRBY', holders_key(content), content, 1)
  call('HINCRBY', key(batch), 'documents', 1)
  call('HINCRBY', key(batch), 'queued', 1)
  if outcome ~= '' then
    local facts = cjson.decode(outcome)
    conclude(batch, queue, content, facts.state, facts)
  else
    make_fresh(batch, queue, content)
  end
end

local added = {}
for i = 3, #ARGV, 4 do
  local content, entry, name, outcome = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local raw = call('HGET', key(batch, 'documents'), content)
  if raw then add_name(content, raw, name) else add_document(content, entry, outcome) end
  table.insert(added, raw and 0 or 1)
end
return added
