-- node, its facts, for how long (ms). What it told before.
allow_at_full_memory()
local _, node, facts, for_ms = unpack(ARGV)
local entry = cjson.decode(facts)
entry.seen_ms, entry.until_ms = now, now + for_ms
local before = call('HGET', P .. ':nodes', node)
call('HSET', P .. ':nodes', node, cjson.encode(entry))
count_slots()
return before
