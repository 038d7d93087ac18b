-- batch, content. The store was told how the document ended. 0: it has not, or no more: take the outcome back.
local _, batch, content = unpack(ARGV)
if call('ZREM', UNTOLD, document_of(batch, content)) == 1 then return 1 end
local entry = read_entry(batch, content)
if not entry or not is_finished(entry) then return 0 end
leave_untold(batch, content, now) -- told by somebody else before: the caller may have written an older outcome over it
return 1
