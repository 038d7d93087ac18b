-- batch, content, part, token, outcome. Ends the document for all its parts.
local _, batch, content, part, token, outcome = unpack(ARGV)
if not holds(batch, part, content, token) then return refuse(token, 'finish') end
local facts = cjson.decode(outcome)
conclude(batch, queue_of(batch), content, facts.state, facts)
remember(token, 'finish')
return 1
