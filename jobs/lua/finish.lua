-- batch, content, part, token, outcome, grace (ms) of the caller to tell the store. Ends the document for all its parts.
allow_at_full_memory()
local _, batch, content, part, token, outcome, grace_ms = unpack(ARGV)
if not holds(batch, part, content, token) then return refuse(token, 'finish') end
local facts = cjson.decode(outcome)
conclude(batch, queue_of(batch), content, facts.state, facts)
leave_untold(batch, content, now + grace_ms)
remember(token, 'finish')
return 1
