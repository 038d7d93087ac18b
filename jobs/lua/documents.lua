-- batch, order (order | failed | running), first, last (positions), state ('' for all).
-- How many positions were looked at, then per document in that state: content, entry, when it failed.
local _, batch, order, first, last, state = unpack(ARGV)
if not queue_of(batch) then return NO_BATCH end

-- What a document in progress has to tell stands in its live hash.
local function fill_in(content, entry)
  local live = live_key(batch, content)
  local field = call('HMGET', live, 'pages', 'node', 'reason')
  entry.a, entry.p = attempts_of(live), tonumber(field[1] or 0)
  entry.k = call('BITCOUNT', pages_key(batch, content))
  entry.w, entry.r = field[2] or nil, field[3] or nil
  return cjson.encode(entry)
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

-- Without decoding it: a batch of a million is walked through. No name can hold this: its quotes are escaped.
local function state_in(raw) return raw:match('"s":"(%a+)"') or 'queued' end

local entries = #contents > 0 and call('HMGET', key(batch, 'documents'), unpack(contents)) or {}
local listed = {#contents}
for i, content in ipairs(contents) do
  local raw, found = entries[i], entries[i] and state_in(entries[i])
  if found and (state == '' or found == state) then
    if found == 'queued' or found == 'running' then raw = fill_in(content, cjson.decode(raw)) end
    local died = found == 'failed' and call('ZSCORE', key(batch, 'failed'), content) or '0'
    table.insert(listed, {content, raw, died})
  end
end
return listed
