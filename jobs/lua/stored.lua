-- Per document: batch, content. The store was told how they ended. For each 0: it has not, or no more: take the outcome back.
allow_at_full_memory()
local function stored(batch, content)
  if call('ZREM', UNTOLD, document_of(batch, content)) == 1 then return 1 end
  local entry = read_entry(batch, content)
  if not entry or not is_finished(entry) then return 0 end
  leave_untold(batch, content, now) -- told by somebody else before: the caller may have written an older outcome over it
  return 1
end

local flags = {}
for i = 2, #ARGV, 2 do table.insert(flags, stored(ARGV[i], ARGV[i + 1])) end
return flags
