-- batch, order (order | failed | running), first, last (positions), state ('' for all).
-- Per document: content, entry, when it failed.
local _, batch, order, first, last, state = unpack(ARGV)
if not queue_of(batch) then return NO_BATCH end

-- What a document in progress has to tell stands in its live hash.
local function fill_in(content, entry)
  local live = live_key(batch, content)
  local field = call('HMGET', live, 'pages', 'node', 'reason')
  entry.a, entry.p = attempts_of(live), tonumber(field[1] or 0)
  entry.k = call('BITCOUNT', pages_key(batch, content))
  entry.w, entry.r = field[2] or nil, field[3] or nil
end

local function running()
  local contents, seen, position = {}, {}, 0
  for _, member in ipairs(call('ZRANGE', queue_key(queue_of(batch), 'leased'), 0, -1)) do
    local owner, _, content = parse_member(member)
    if owner == batch and not seen[content] then
      if position >= tonumber(first) and position <= tonumber(last) then table.insert(contents, content) end
      position = position + 1
    end
    seen[content] = true
  end
  return contents
end

local contents
if order == 'failed' then
  contents = call('ZRANGE', key(batch, 'failed'), first, last)
elseif order == 'running' then
  contents = running()
else
  contents = call('LRANGE', key(batch, 'order'), first, last)
end

local listed = {}
for _, content in ipairs(contents) do
  local entry = read_entry(batch, content)
  if state == '' or state_of(entry) == state then
    if not is_finished(entry) then fill_in(content, entry) end
    local died = entry.s == 'failed' and call('ZSCORE', key(batch, 'failed'), content) or '0'
    table.insert(listed, {content, cjson.encode(entry), died})
  end
end
return listed
