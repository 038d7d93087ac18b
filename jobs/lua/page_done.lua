-- batch, content, part, token, page (from 1). 1 where it was not known as done.
allow_at_full_memory()
local _, batch, content, part, token, page = unpack(ARGV)
if not holds(batch, part, content, token) then return LEASE_LOST end
if call('SETBIT', pages_key(batch, content), page - 1, 1) == 1 then return 0 end
call('HINCRBY', key(batch), 'pages_done', 1)
return 1
