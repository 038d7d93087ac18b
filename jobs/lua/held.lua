-- contents. For each how many batches hold it.
local held = {}
for i = 2, #ARGV do table.insert(held, tonumber(call('HGET', holders_key(ARGV[i]), ARGV[i]) or 0)) end
return held
