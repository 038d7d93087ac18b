-- node.
allow_at_full_memory()
call('HDEL', P .. ':nodes', ARGV[2])
count_slots()
return 1
