-- batch, how many, then contents. These documents as far as they failed, and the first so many of the batch:
-- content, how many batches hold it.
local _, batch, count = unpack(ARGV, 1, 3)
local held = {}
local function hold(content)
  local holders = call('HGET', holders_key(content), content)
  table.insert(held, {content, tonumber(holders)})
end
for i = 4, #ARGV do
  local entry = read_entry(batch, ARGV[i])
  if entry and entry.s == 'failed' then hold(ARGV[i]) end
end
for _, content in ipairs(count ~= '0' and call('LRANGE', key(batch, 'order'), 0, count - 1) or {}) do
  hold(content)
end
return held
