-- The nodes that live, each with its facts. Those whose time is up are forgotten.
local known = call('HGETALL', P .. ':nodes')
for i = 1, #known, 2 do
  if cjson.decode(known[i + 1]).until_ms < now then call('HDEL', P .. ':nodes', known[i]) end
end
return call('HGETALL', P .. ':nodes')
