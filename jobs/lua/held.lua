-- contents. For each 1 where a batch holds it.
local held = {}
for i = 2, #ARGV do table.insert(held, call('HEXISTS', holders_key(ARGV[i]), ARGV[i])) end
return held
