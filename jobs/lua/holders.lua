-- batch, how many, then contents. These documents as far as they failed, and the first so many of the batch:
-- content, fingerprint, how many batches hold the content.
local _, batch, count = unpack(ARGV, 1, 3)
local held = {}
local function hold(content, entry)
  local holders = call('HGET', holders_key(content), content)
  table.insert(held, {content, entry.f or '', tonumber(holders)})
end
for i = 4, #ARGV do
  local entry = read_entry(batch, ARGV[i])
  if entry and entry.s == 'failed' then hold(ARGV[i], entry) end
end
for _, content in ipairs(count ~= '0' and call('LRANGE', key(batch, 'order'), 0, count - 1) or {}) do
  hold(content, read_entry(batch, content))
end
return held
