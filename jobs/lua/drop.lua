-- batch, then contents: they leave it and its counts. With none: the batch itself goes.
allow_at_full_memory()
local batch = ARGV[2]
local queue = queue_of(batch)

-- Somebody queued it again in the meantime.
local function stop(content)
  call('LREM', key(batch, 'fresh'), 1, content)
  conclude(batch, queue, content, 'cancelled', {fingerprint = '', reason = ''})
  return read_entry(batch, content)
end

local function drop(content)
  local entry = read_entry(batch, content)
  if not entry then return end -- dropped before
  if not is_finished(entry) then entry = stop(content) end
  uncount(batch, entry)
  call('HINCRBY', key(batch), entry.s, -1)
  call('HINCRBY', key(batch), 'documents', -1)
  call('HDEL', key(batch, 'documents'), content)
  call('LREM', key(batch, 'order'), 1, content)
  call('ZREM', key(batch, 'failed'), content)
  call('ZREM', UNTOLD, document_of(batch, content))
  if call('HINCRBY', holders_key(content), content, -1) <= 0 then call('HDEL', holders_key(content), content) end
end

for i = 3, #ARGV do drop(ARGV[i]) end
if #ARGV == 2 then
  if queue then call('ZREM', queue_key(queue, 'active'), batch) end
  call('ZREM', P .. ':batches', batch)
  call('DEL', key(batch), key(batch, 'documents'), key(batch, 'order'), key(batch, 'fresh'), key(batch, 'due'),
    key(batch, 'failed'))
end
return 1
